"""Distributed-lag models beside R dlnm and PyPI dlnmpy on the same data: agreement, and CPU time of the whole task.

The task is cross-basis, fit and prediction of the R vignette's PM10 model on all days found. Peers that are not
installed are said to be missing. Run: python benchmarks/dlnm.py [--data FOLDER] [--repeat N] [--coverage N]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from gzeco_lib.experiments.health_chicago import daily  # noqa: E402
from gzeco_lib.methods import dlnm  # noqa: E402
from gzeco_lib.methods.dlnm.terms import levels, seasonal, smooth, weekdays  # noqa: E402

AT = np.arange(21)
R_SCRIPT = """
suppressMessages({library(dlnm); library(splines)})
d <- read.csv("data.csv")
run <- function() {
  pm <- crossbasis(d$pm10, lag=15, argvar=list(fun="lin"), arglag=list(fun="poly", degree=4))
  temp <- crossbasis(d$temp, lag=3, argvar=list(df=5), arglag=list(fun="strata", breaks=1))
  model <- glm(death ~ pm + temp + ns(time, DF) + dow, family=quasipoisson(), d)
  crosspred(pm, model, at=0:20, cumul=TRUE)
}
run()
used <- system.time(for (i in 1:REPEAT) p <- run())
cat(sum(used[1:2]) / REPEAT, "\\n", file="out.txt")
write.table(format(cbind(p$allfit, p$allse, p$matfit, p$matse), digits=17), "out.txt", append=TRUE,
            quote=FALSE, row.names=FALSE, col.names=FALSE)
"""


def knots_of_time(data: pd.DataFrame) -> int:
    """Seven degrees of freedom a year, 98 for the fourteen years of the vignette."""
    return max(round(7 * len(data) / 365.25), 1)


def ours(data: pd.DataFrame) -> np.ndarray:
    """Effect and standard error, overall and by lag (value, 2 + 2 x lag)."""
    pm = dlnm.CrossBasis.of(data["pm10"], dlnm.Linear(), dlnm.Polynomial(4), 15)
    temperature = dlnm.CrossBasis.of(data["temp"], dlnm.Natural(5), dlnm.Strata((1,)), 3)
    terms = {
        "pm10": pm.columns(data["pm10"]), "temperature": temperature.columns(data["temp"]),
        "time": smooth(data["time"], knots_of_time(data)), "day": levels(data["dow"]),
    }  # fmt: skip
    fit = dlnm.quasi_poisson(terms, data["death"])
    p = dlnm.predict(pm, *fit.of("pm10"), at=AT)
    return np.column_stack([p.overall, p.overall_se, p.by_lag, p.by_lag_se])


def dlnmpy_(data: pd.DataFrame) -> np.ndarray:
    """The same by PyPI dlnmpy; raises ImportError where it is not installed."""
    import dlnmpy

    pm = dlnmpy.crossbasis(data["pm10"], lag=15, argvar={"fun": "lin"}, arglag={"fun": "poly", "degree": 4})
    temp = dlnmpy.crossbasis(data["temp"], lag=3, argvar={"df": 5}, arglag={"fun": "strata", "breaks": [1]})
    season = dlnmpy.onebasis(data["time"], fun="ns", df=knots_of_time(data))
    parts = [pm.to_dataframe("pm"), temp.to_dataframe("temp"), season.to_dataframe("time")]
    frame = data[["death", "dow"]].join(parts)
    formula = "death ~ dow + " + " + ".join(name for part in parts for name in part)
    model = dlnmpy.fit_glm(formula, frame, family="quasipoisson")
    p = dlnmpy.crosspred(pm, model, at=AT, cumul=True, name="pm")
    return np.column_stack([p.allfit, p.allse, np.asarray(p.matfit), np.asarray(p.matse)])


def r_dlnm(data: pd.DataFrame, repeat: int) -> tuple[np.ndarray, float]:
    """The same by R dlnm and its CPU time a run; raises ImportError where R or dlnm is not installed."""
    rscript = shutil.which("Rscript")
    if (
        not rscript
        or subprocess.run([rscript, "-e", "library(dlnm)"], capture_output=True, check=False).returncode
    ):
        raise ImportError("R dlnm")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        data.reset_index().to_csv(folder / "data.csv", index=False)
        script = R_SCRIPT.replace("REPEAT", str(repeat)).replace("DF", str(knots_of_time(data)))
        (folder / "run.R").write_text(script)
        subprocess.run([rscript, "run.R"], cwd=folder, check=True, capture_output=True)
        lines = (folder / "out.txt").read_text().splitlines()
    return np.array([[float(v) for v in line.split()] for line in lines[1:]]), float(lines[0])


def timed(run, data: pd.DataFrame, repeat: int) -> tuple[np.ndarray, float]:
    """Result, and CPU time of a run after a first one."""
    found = run(data)
    started = time.process_time()
    for _ in range(repeat):
        run(data)
    return found, (time.process_time() - started) / repeat


def coverage(count: int) -> dict[str, float]:
    """How often 95 % intervals hold what was planted: ``count`` series of three years, eight cases a day.

    Counts scatter beyond Poisson (shape 20) and those of 1 to 4 are suppressed; +10 of the exposure is a log relative
    risk of 0.02 over lags 0 and 1, temperature has its least risk at 24 degC.
    """
    days = pd.date_range("2021-01-01", periods=1096)
    winter = np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 15) / 365)
    held = {"exposure": 0, "least temperature": 0, "heat of 32 degC": 0}
    errors = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        warm = 23 - 8 * winter + 2.5 * rng.standard_normal(len(days))
        x = np.clip(30 + 12 * winter + 12 * rng.standard_normal(len(days)), 3, None)
        effect = 0.001 * (x + np.roll(x, 1)) + 0.0012 * (warm - 24) ** 2 + 0.05 * winter
        y = rng.poisson(8 * np.exp(effect - effect.mean()) * rng.gamma(20, 1 / 20, len(days))).astype(float)
        y[:1] = np.nan  # the day before the first is not known
        hidden = (y > 0) & (y < 5)
        mine = dlnm.CrossBasis.of(x, dlnm.Linear(), dlnm.Integer(), 3)
        knots = tuple(np.percentile(warm, (10, 75, 90)))
        lag = dlnm.Natural(knots=dlnm.log_knots(14, 3))
        heat = dlnm.CrossBasis.of(warm, dlnm.Natural(knots=knots), lag, 14)
        terms = {"x": mine.columns(x), "t": heat.columns(warm), "s": seasonal(days), "d": weekdays(days)}
        fit = dlnm.quasi_poisson(terms, np.where(hidden, np.nan, y), suppressed=np.where(hidden, 4, 0))
        row = dlnm.predict(mine, *fit.of("x"), at=10.0).curve().iloc[0]
        held["exposure"] += bool(row["lo"] <= np.exp(0.02) <= row["hi"])
        errors.append(np.log(row["rr"]) - 0.02)
        within = tuple(np.percentile(warm, (1, 99)))
        least = dlnm.minimum(heat, *fit.of("t"), within=within, seed=seed)
        held["least temperature"] += least.lo <= 24 <= least.hi
        hot = dlnm.predict(heat, *fit.of("t"), at=32.0, reference=24.0).curve().iloc[0]
        held["heat of 32 degC"] += bool(hot["lo"] <= np.exp(0.0012 * 64) <= hot["hi"])
    return {
        **{name: number / count for name, number in held.items()},
        "mean error of the exposure": float(np.mean(errors)),
        "its standard error": float(np.std(errors) / np.sqrt(count)),
    }


def main() -> None:
    """Print one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", default=None, help="root of the public data sets")
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--coverage", type=int, default=0, help="generated series to measure the coverage on")
    given = asked.parse_args()
    data = daily(given.data)
    mine, seconds = timed(ours, data, given.repeat)
    se = 1.959963984540054 * mine[10, 1]
    report: dict = {
        "days": len(data),
        "rr_pm10_10": [float(np.exp(mine[10, 0] + k * se)) for k in (0, -1, 1)],
        "cpu_s": {"gzeco": round(seconds, 4)}, "ratio": {}, "largest_difference": {},
    }  # fmt: skip
    peers = {
        "R dlnm": lambda: r_dlnm(data, given.repeat),
        "dlnmpy": lambda: timed(dlnmpy_, data, given.repeat),
    }
    for peer, run in peers.items():
        try:
            theirs, used = run()
        except ImportError:
            report["cpu_s"][peer] = "not installed"
            continue
        report["cpu_s"][peer] = round(used, 4)
        report["ratio"][peer] = round(used / seconds, 1)
        report["largest_difference"][peer] = float(np.abs(theirs - mine).max())
    if given.coverage:
        report["coverage95"] = coverage(given.coverage)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
