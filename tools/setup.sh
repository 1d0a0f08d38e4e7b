#!/bin/sh
# Make the environment: an own virtual environment with exactly the locked packages. Run again, it only mends what differs.
# Usage: tools/setup.sh VENV [test]   ("test" also sees to the system parts that the tests need)
set -eu
venv=${1:-.venv}

say() { printf '%s\n' "gzeco: $*" >&2; }

works() { "$@" >/dev/null 2>&1; }

# uv resolves nothing here, it only installs the lock; it comes from the Python index where it is not installed.
find_uv() {
    for uv in uv "$HOME/.local/bin/uv" .cache/uv/bin/uv; do
        if works "$uv" --version; then echo "$uv"; return; fi
    done
    for python in python3 python python3.12 python3.13; do
        works "$python" --version || continue
        if works "$python" -m venv .cache/uv && works .cache/uv/bin/python -m pip install --quiet uv; then
            echo .cache/uv/bin/uv; return
        fi
        # Debian keeps venv in a package of its own; pip alone will do.
        if works "$python" -m pip install --quiet --target .cache/uv uv && works .cache/uv/bin/uv --version; then
            echo .cache/uv/bin/uv; return
        fi
    done
    say "needs uv, or a Python with venv or pip to install it (Debian: apt-get install python3-venv)"
    exit 1
}

new_enough() { works "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))'; }

find_python() {
    for python in python3.12 python3.13 python3 python "$HOME"/.pyenv/versions/3.12*/bin/python \
        "$HOME"/.pyenv/versions/3.13*/bin/python; do
        if new_enough "$python"; then "$python" -c 'import sys; print(sys.executable)'; return; fi
    done
    echo 3.12 # uv fetches one
}

uv=$(find_uv)
if ! new_enough "$venv/bin/python"; then
    python=$(find_python)
    say "environment $venv with Python $python, installed by $uv"
    "$uv" venv --quiet --clear --python "$python" "$venv"
fi
UV_PROJECT_ENVIRONMENT=$venv VIRTUAL_ENV=$(cd "$venv" && pwd)
export UV_PROJECT_ENVIRONMENT VIRTUAL_ENV
"$uv" pip sync --quiet --require-hashes requirements.lock
"$uv" pip install --quiet --no-deps --editable .

# LightGBM's wheel leaves its OpenMP run-time library to the system.
if ! works "$venv/bin/python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' && [ "$(uname)" = Linux ]; then
    if [ "$(id -u)" = 0 ] && works apt-get --version; then
        say "installing the OpenMP run-time library"
        apt-get update -qq && apt-get install -y -qq libgomp1 >/dev/null
    else
        say "LightGBM needs the OpenMP run-time library: sudo apt-get install libgomp1"
        exit 1
    fi
fi

if [ "${2:-}" = test ] && ! works chromium --version; then
    if [ "$(id -u)" = 0 ] && works apt-get --version; then
        say "installing Chromium for the browser tests"
        apt-get update -qq && apt-get install -y -qq chromium >/dev/null
    else
        say "the browser tests need Chromium: sudo apt-get install chromium"
        exit 1
    fi
fi
