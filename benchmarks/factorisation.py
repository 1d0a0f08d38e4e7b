"""Positive matrix factorisation beside PyPI easy_pmf and pmf_acls on made-up samples, and on London's pollutants.

    python benchmarks/factorisation.py [--cases 10] [--data FOLDER]

1. Cosine of true and found profiles (species brought to one size) and processor time of one run from one random start
   each, ours also with twenty; peers are left out where they are not installed.
2. How often the bootstrap's and the displacement's intervals hold the true profile, for several dQmax.
3. openair's mydata as a weak demonstration: seven pollutants at one kerb are not receptor-model data.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.experiments import folder
from gzeco_lib.methods.factorisation import (
    bootstrap,
    displace,
    equation_based,
    factorise,
    number_of_factors,
)
from gzeco_lib.methods.factorisation.factorise import matched

Profiles = Callable[[pd.DataFrame, pd.DataFrame, int], np.ndarray]
POLLUTANTS = ["nox", "no2", "o3", "so2", "co", "pm10", "pm25"]


def made(
    seed: int, samples: int, species: int, factors: int
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Values with 10 % and detection-limit errors, not below nought, uncertainties, and true mean profiles."""
    draw = np.random.default_rng(seed)
    F = draw.gamma(0.4, 1.0, (factors, species)) * 10 ** draw.uniform(-1, 2, species)
    G = draw.lognormal(0, 1, (samples, factors)) * (draw.uniform(size=(samples, factors)) > 0.15)
    truth = G @ F
    s = np.sqrt((0.1 * truth) ** 2 + (0.02 * truth.mean(axis=0)) ** 2)
    x = np.maximum(truth + s * draw.normal(size=truth.shape), 0.0)
    return pd.DataFrame(x), pd.DataFrame(s), F * G.mean(axis=0)[:, None]


def ours(x: pd.DataFrame, s: pd.DataFrame, factors: int) -> np.ndarray:
    """One start."""
    return factorise(x, s, factors, starts=1).profiles.to_numpy()


def ours_twenty(x: pd.DataFrame, s: pd.DataFrame, factors: int) -> np.ndarray:
    """Twenty starts, the default."""
    return factorise(x, s, factors).profiles.to_numpy()


def peers() -> dict[str, Profiles]:
    """The peers that are installed."""
    found: dict[str, Profiles] = {}
    try:
        from easy_pmf import PMF

        found["easy_pmf"] = lambda x, s, k: PMF(k, random_state=0).fit(x, s).profiles_.to_numpy()
    except ImportError:
        print("easy_pmf is not installed")
    try:
        from pmf_acls import pmf

        found["pmf_acls"] = lambda x, s, k: np.asarray(pmf(x.to_numpy(), s.to_numpy(), k, random_seed=0).F)
    except ImportError:
        print("pmf_acls is not installed")
    return found


def print_cosines(cases: int) -> None:
    """Part 1."""
    known = {"ours, 1 start": ours, "ours, 20 starts": ours_twenty} | peers()
    for function in known.values():
        x, s, _ = made(999, 60, 8, 2)
        function(x, s, 2)  # imports and compilation
    print("1. worst cosine of a profile (median and least over cases), share of cases >= 0.99, CPU s a case")
    for samples, species, factors in ((500, 15, 5), (2000, 20, 6)):
        print(f"  {samples} samples x {species} species, {factors} factors, {cases} cases")
        spent: dict[str, float] = {}
        for name, function in known.items():
            worst = []
            began = time.process_time()
            for seed in range(cases):
                x, s, truth = made(seed, samples, species, factors)
                scale = x.mean().to_numpy()
                worst.append(matched((truth / scale).T, (function(x, s, factors) / scale).T)[1].min())
            spent[name] = (time.process_time() - began) / cases
            ratio = spent[name] / spent["ours, 1 start"]
            print(
                f"    {name:16} {np.median(worst):.4f} {min(worst):.4f}  {np.mean(np.array(worst) >= 0.99):.2f}"
                f"  {spent[name]:.3f} CPU s, {ratio:.1f} x ours from one start"
            )


def print_intervals(cases: int) -> None:
    """Part 2."""
    print(f"2. share of true profile entries inside the intervals; 300 x 8, 3 factors, {cases} cases")
    inside: dict[str, list[float]] = {}
    spent: dict[str, float] = {}
    for seed in range(cases):
        x, s, truth = made(seed, 300, 8, 3)
        found = factorise(x, s, 3, starts=5)
        scale = found.problem.scale
        order = matched((found.profiles.to_numpy() / scale).T, (truth / scale).T)[0]
        aim = truth[order]
        methods = {"bootstrap 5-95 %": partial(bootstrap, found, 50)}
        methods |= {f"displacement {dq}": partial(displace, found, dq) for dq in (4, 8, 15, 25)}
        for name, function in methods.items():
            began = time.process_time()
            sure = function()
            spent[name] = spent.get(name, 0.0) + (time.process_time() - began) / cases
            hit = (sure.low.to_numpy() <= aim) & (aim <= sure.high.to_numpy())
            inside.setdefault(name, []).append(hit.mean())
    for name, hits in inside.items():
        print(f"  {name:18} {np.mean(hits):.2f}  {spent[name]:.1f} CPU s")


def print_london(root: Path | None) -> None:
    """Part 3."""
    paths = sorted(folder("openair_mydata_london", root).glob("*.parquet"))
    rows = pd.concat([pd.read_parquet(path) for path in paths]).set_index("date")[POLLUTANTS]
    daily = rows.resample("1D").mean().where(rows.resample("1D").count() >= 18)
    daily = daily.dropna().tail(1500)
    # No laboratory stated these: a tenth of the value, and the 5th percentile for a detection limit.
    s = equation_based(daily, daily.quantile(0.05).clip(lower=1e-6), 0.1)
    began = time.process_time()
    table = number_of_factors(daily, s, (2, 3, 4, 5), starts=10)
    print(
        f"3. London, {len(daily)} days x {len(POLLUTANTS)} pollutants; {time.process_time() - began:.1f} CPU s"
    )
    print(table.round(2).to_string())
    number = int(table.index[table["suggested"]][0])
    found = factorise(daily, s, number)
    sure = bootstrap(found, 30)
    print((100 * found.shares).round(0).to_string())
    print(f"  stable in {sure.stable.round(2).to_dict()} of resamples, blocks of {sure.block} d")


def main() -> None:
    """Read the arguments and print the three parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=10)
    parser.add_argument("--data", type=Path, default=None)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print_cosines(given.cases)
    print_intervals(given.cases)
    print_london(given.data)


if __name__ == "__main__":
    main()
