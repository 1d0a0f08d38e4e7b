"""Source inversion: seeded puff cases, Prairie Grass, Ginninderra; beside plain least squares on the same grid.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/inversion.py [--data ../shared/data] [--cases 100]
        [--seed 0] [--only synthetic|prairie_grass|ginninderra]

Synthetic: 10 monitors, 144 ten-minute steps, two sources off the grid; the truth is made by the puff model in a turning
wind and inverted with the plume (``gzeco_lib.experiments.synthetic_release``). Peers run on the same response matrix in
the same process: non-negative least squares (scipy) and a positive Lasso with its penalty by cross-validation
(scikit-learn); sources are the local maxima of their maps above a tenth of the largest rate. PyPI ``pyelq`` needs
numpy < 2 and was measured elsewhere: 49 s, errors of 15 and 26 m.

Prairie Grass: every run with weather, arcs of 50 to 200 m, place and rate unknown in a box of 400 m that does not have
the source in its middle. Ginninderra: every release rate with at least six intervals, place and rate unknown.
Harder made cases: ``--walk 25 --vane 3``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import ginninderra, prairie_grass, synthetic_release
from gzeco_lib.methods.inversion import PlumeResponse, locate, screen

NEAR = 25.0  # what counts as found [m]
ARCS = (50.0, 100.0, 200.0)
BOX = ((-230.0, 170.0), (-150.0, 250.0))
SAMPLER_SD = (
    1e-4  # of the samplers' analysis [g m-3]: their smallest values are multiples of a few hundredths mg m-3
)


def matched(found: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which true source each found one stands for, and how far apart they are [m]."""
    from scipy.optimize import linear_sum_assignment

    away = np.hypot(*(found[:, None] - true[None]).transpose(2, 0, 1))
    rows, columns = linear_sum_assignment(away)
    return columns, away[rows, columns]


def synthetic(cases: int, seed: int, walk: float, vane: float) -> None:
    """Our solver over seeded cases, the peers over the first five."""
    right = near = inside = every = rates_in = found = 0
    errors: list[float] = []
    seconds: list[float] = []
    for number in range(seed, seed + cases):
        case = synthetic_release.case(number, walk=walk, vane=vane)
        start = time.process_time()
        result = locate(case.response(), case.observed.ravel(), synthetic_release.NOISE, case.box)
        seconds.append(time.process_time() - start)
        if len(result.rates) != len(case.rates):
            continue
        right += 1
        which, away = matched(result.xy, case.sources)
        errors.extend(away)
        near += bool(away.max() <= NEAR)
        held = bool(result.within(case.sources[which]).all())
        inside += held
        every += held and bool(away.max() <= NEAR)
        truth, interval = case.rates[which], result.rate_interval
        rates_in += int(((interval[:, 0] <= truth) & (truth <= interval[:, 1])).sum())
        found += len(truth)
    print(
        f"synthetic, {cases} cases from seed {seed} (puff truth, plume inversion, 10 monitors x 144 times, 2 sources; "
        f"wind turns {walk:.0f} degrees an hour, vane errs by {vane:.0f})"
    )
    print(
        f"  right number {right}; all within {NEAR:.0f} m {near}; 90 % region holds all {inside}; all three "
        f"{every}; of {cases}"
    )
    print(f"  error median {np.median(errors):.1f} m, 90th percentile {np.quantile(errors, 0.9):.1f} m; "
          f"95 % interval holds the rate in {rates_in} of {found}")  # fmt: skip
    print(f"  CPU median {np.median(seconds):.2f} s, 90th percentile {np.quantile(seconds, 0.9):.2f} s, "
          f"longest {max(seconds):.2f} s; pyelq 49 s: {49 / np.median(seconds):.0f} times as long")  # fmt: skip


def peers(seed: int) -> None:
    """Plain solvers on the grid our search starts from."""
    from scipy.optimize import nnls
    from sklearn.linear_model import LassoCV

    side = np.arange(25.0, synthetic_release.SIDE, 50.0)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    for name in ("nnls", "Lasso"):
        seconds, counts, errors = [], [], []
        for number in range(seed, seed + 5):
            case = synthetic_release.case(number)
            start = time.process_time()
            response = case.response().matrix(grid)
            excess = case.observed.ravel() - np.median(case.observed)
            scale = np.abs(response).max()
            if name == "nnls":
                rates = nnls(response / scale, excess / NANO)[0]
            else:
                rates = LassoCV(positive=True, cv=4, alphas=20).fit(response / scale, excess / NANO).coef_
            seconds.append(time.process_time() - start)
            peaks = grid[summits(rates, len(side))]
            counts.append(len(peaks))
            away = np.hypot(*(peaks[:, None] - case.sources[None]).transpose(2, 0, 1))
            errors.extend(away.min(axis=0) if len(peaks) else [np.nan, np.nan])
        print(f"  peer {name}: CPU {np.median(seconds):.2f} s, "
              f"sources found {counts} (2 true), nearest of them {np.median(errors):.0f} m away")  # fmt: skip


NANO = 1e-9
SHORT = 6  # intervals: an instrument's noise cannot be told from fewer


def summits(rates: np.ndarray, side: int) -> np.ndarray:
    """Cells of a square map above a tenth of its largest value that no neighbour exceeds."""
    from scipy.ndimage import maximum_filter

    square = rates.reshape(side, side)
    return np.flatnonzero(((square == maximum_filter(square, 3)) & (square > 0.1 * square.max())).ravel())


def screening(seed: int) -> None:
    """Time of the quick screening, without the response matrix."""
    case = synthetic_release.case(seed)
    draw = np.random.default_rng(seed)
    for count in (200, 2500):
        places = draw.uniform(0.0, synthetic_release.SIDE, (count, 2))
        matrix, seconds = case.response().matrix(places), []
        for _ in range(7):
            start = time.process_time()
            screen(matrix, case.observed.ravel(), synthetic_release.NOISE)
            seconds.append(time.process_time() - start)
        print(
            f"screening, {matrix.shape[0]} observations x {count} candidates: CPU {1e3 * np.median(seconds):.1f} ms"
        )


def prairie(data: Path | None) -> None:
    """Every run with weather."""
    experiment = prairie_grass.read(data)
    rows, seconds = [], []
    print("Prairie Grass: run, position error [m], rate found / true, 95 % interval / true")
    for number, run in enumerate(experiment.runs.index):
        seen = experiment.samples[(experiment.samples["run"] == run) & experiment.samples["arc_m"].isin(ARCS)]
        rate, height = experiment.runs.loc[run, ["Q_g_s", "source_height_m"]].astype(float)
        start = time.process_time()
        response = PlumeResponse(
            experiment.layer.take([number]), seen[["x", "y", "z"]].to_numpy(), np.zeros(len(seen), int),
            np.arange(len(seen)), height,
        )  # fmt: skip
        result = locate(
            response, seen["concentration"].to_numpy(), SAMPLER_SD, BOX, spacing=20.0,
            group=seen["arc_m"].to_numpy(), most=1,
        )  # fmt: skip
        seconds.append(time.process_time() - start)
        if not len(result.rates):
            print(f"  {run:3d} nothing found")
            rows.append((np.inf, np.inf, False, False))
            continue
        ratio, (lo, hi) = result.rates[0] / rate, result.rate_interval[0] / rate
        away = float(np.hypot(*result.xy[0]))
        rows.append((away, abs(np.log(ratio)), lo <= 1 <= hi, bool(result.within([0.0, 0.0])[0])))
        print(f"  {run:3d} {away:6.1f} {ratio:6.2f} {lo:6.2f} {hi:6.2f}")
    table = np.array(rows, float)
    print(f"  {len(table)} runs: median position error {np.median(table[:, 0]):.1f} m, median rate factor "
          f"{np.exp(np.median(table[:, 1])):.2f}, 95 % interval holds {table[:, 2].mean():.0%}, 90 % region holds "
          f"{table[:, 3].mean():.0%}, CPU median {np.median(seconds):.2f} s a run")  # fmt: skip


def canberra(data: Path | None) -> None:
    """Every release rate that lasted, place and rate unknown."""
    frame = ginninderra.read(data)
    intervals = frame.groupby(frame["release_rate"].round(1))["Time"].nunique()
    brief = intervals[intervals < SHORT]
    print(
        f"Ginninderra: {len(brief)} rates with fewer than {SHORT} intervals are passages from one to the next"
    )
    for rate in sorted(float(value) for value in intervals[intervals >= SHORT].index if value > 0):
        start = time.process_time()
        try:
            release = ginninderra.release(frame, rate)
            result = locate(
                release.response(), release.observed, release.sd, release.box(), spacing=10.0,
                background=release.background, most=1,
            )  # fmt: skip
        except InputError as error:
            print(f"Ginninderra {rate} g/min ({intervals[rate]} intervals): {error}")
            continue
        seconds = time.process_time() - start
        if not len(result.rates):
            print(f"Ginninderra {rate} g/min: nothing found")
            continue
        lo, hi = result.rate_interval[0] * 60
        print(f"Ginninderra {rate} g/min ({len(release.times)} intervals, {len(release.observed)} values): found "
              f"{result.rates[0] * 60:.2f} ({lo:.2f}-{hi:.2f}) g/min, {'holds' if lo <= rate <= hi else 'misses'}; "
              f"{np.hypot(*(result.xy[0] - release.source)):.1f} m off, 90 % region "
              f"{'holds' if result.within(release.source)[0] else 'misses'}; CPU {seconds:.1f} s")  # fmt: skip


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=None, help="folder of the public data sets")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--walk", type=float, default=synthetic_release.WALK, help="[degrees an hour]")
    parser.add_argument("--vane", type=float, default=synthetic_release.VANE, help="[degrees]")
    parser.add_argument("--only", choices=["synthetic", "prairie_grass", "ginninderra"])
    asked = parser.parse_args()
    synthetic_release.case(10_000_000, hours=2)  # compile before the clock starts
    warm = synthetic_release.case(10_000_001)
    locate(warm.response(), warm.observed.ravel(), synthetic_release.NOISE, warm.box)
    if asked.only in (None, "synthetic"):
        synthetic(asked.cases, asked.seed, asked.walk, asked.vane)
        if (asked.walk, asked.vane) == (synthetic_release.WALK, synthetic_release.VANE):
            peers(asked.seed)
        screening(asked.seed)
    if asked.only in (None, "prairie_grass"):
        prairie(asked.data)
    if asked.only in (None, "ginninderra"):
        canberra(asked.data)


if __name__ == "__main__":
    main()
