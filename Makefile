# make run    environment, demo lake, the briefings once, then the dashboards (ARGS=--no-serve stops after the briefings)
# make test   environment, style, types, layers, tests; those in the browser last and alone, because they keep time
VENV ?= .venv
LAKE ?= var/lake
OUT ?= out
ARGS ?=
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: run test setup setup-test lock words bench clean

run: setup
	$(VENV)/bin/gzeco start --lake $(LAKE) --out $(OUT) $(ARGS)

test: setup-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pytest -n 2 -m "not ui" $(ARGS)
	$(VENV)/bin/pytest -m ui $(ARGS)

setup:
	@sh tools/setup.sh $(VENV)

setup-test:
	@sh tools/setup.sh $(VENV) test

# The lock holds versions and hashes, no addresses; environment.yml follows it.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra dev \
		--python-version 3.12 pyproject.toml -o requirements.lock
	$(VENV)/bin/python tools/environment.py

# On the public data sets beside the checkout (docs/experiments.md); hours on two cores. Peers: uv pip install -e .[bench]
bench: setup
	for name in aqi forecast plume puff particles inversion openair trajectory factorisation normalisation fusion refresh \
			outlook weather_ahead hazard_spread dlnm burden text trace; do \
		$(VENV)/bin/python benchmarks/$$name.py || exit 1; done

clean:
	rm -rf $(VENV) .cache var out
