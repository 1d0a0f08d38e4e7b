"""How every grade was made: quantity, formula, clause, source, certainty and what its uncertainty is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd

from gzeco_lib.environmental_health.hazards.rules import rules, toxic_uppers
from gzeco_lib.errors import N_
from gzeco_lib.standards import aqhi
from gzeco_lib.standards.noise import noise_limit
from gzeco_lib.standards.water import water_limit

TOXICITY = "standards/data/toxics.yaml"
LEVELS = "max(Ld - L_day, Ln - L_night)"
COLUMNS = (
    "hazard", "quantity", "formula", "unit", "clause", "source", "certainty", "uncertainty", "reason_zh", "reason_en",
    "grades",
)  # fmt: skip

QUANTITY = {
    "air": N_("Excess risk of short-term air, AQHI form"),
    "toxics_ilcr": N_("Lifetime excess cancer risk of air toxics"),
    "toxics_hi": N_("Hazard index of air toxics"),
    "water": N_("Surface-water class"),
    "protection": N_("Protection areas of drinking-water sources"),
    "noise": N_("Excess of the noise level over the limit of its zone"),
    "overall": N_("Highest known grade"),
}
UNCERTAINTY = {
    "air": N_(
        "Interpolation error of the excess risk; the probability of the grade comes from a normal error."
    ),
    "toxics": N_("Sampling error of the mean, error between monitors, and the range of the toxicity values."),
    "water": N_(
        "Sampling error of each item's mean over the window; items count as independent. "
        "Cells take the class of the section as it is."
    ),
    "protection": N_("The areas are circles about the source; the legal ones follow the water body."),
    "noise": N_("Sampling error of the mean level and error between monitors; day and night err together."),
    "overall": N_("A hazard that is not known does not count: the overall grade is a lower bound there."),
}


def grade_method(at: pd.Timestamp, form: str) -> pd.DataFrame:
    """The table ``grade_method``: one row a quantity that is graded."""
    law = rules()
    index = aqhi.source(form, at.tz_convert("UTC").tz_localize(None))
    water, noise = water_limit("NH3_N", 3, "river", at), noise_limit("2", "day", at)
    air, protection = law["air"], law["water"]["protection"]
    ilcr, hi = law["toxics"]["ilcr"], law["toxics"]["hi"]
    areas = f"d ≤ {protection['first_m']} m: II; d ≤ {protection['second_m']} m: III"
    rows = [
        _row("air", air, "AR = 100 Σ (exp(β_i C_i) - 1)", "%", index.source, _mapped(air["bands"]), "air"),
        _row("toxics_ilcr", ilcr, "ILCR = Σ EC_i IUR_i", "1", TOXICITY, _steps(toxic_uppers("ilcr")), "toxics"),
        _row("toxics_hi", hi, "HI = Σ EC_i / RfC_i", "1", TOXICITY, _steps(toxic_uppers("hi")), "toxics"),
        _row("water", law["water"], "max_i class_i(C_i)", "1", water.source, _mapped(law["water"]["classes"]), "water"),
        _row("protection", protection, areas, "m", "HJ 338-2018", f"≥ {protection['least_grade']}", "water"),
        _row("noise", law["noise"], LEVELS, "dB", noise.source, _steps(law["noise"]["upper"]), "noise"),
        _row("overall", {}, "max_h g_h", "1", "", "", "overall"),
    ]  # fmt: skip
    rows[0]["clause"] = index.document
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    key: str, rule: dict[str, Any], formula: str, unit: str, source: str, grades: str, hazard: str
) -> dict[str, str]:
    told = {name: str(rule.get(name, "")) for name in ("clause", "certainty", "reason_zh", "reason_en")}
    return {
        "hazard": hazard, "quantity": QUANTITY[key], "formula": formula, "unit": unit, "source": source,
        "uncertainty": UNCERTAINTY.get(key, UNCERTAINTY[hazard]), "grades": grades, **told,
    }  # fmt: skip


def _mapped(pairs: dict[str, int]) -> str:
    return " · ".join(f"{name} → {grade}" for name, grade in pairs.items())


def _steps(uppers: list[float]) -> str:
    """The steps of the grades in symbols, which read in any language."""
    edges = [f"{u:g}" for u in uppers]
    inner = [f"{low} … {high} → {g}" for g, (low, high) in enumerate(pairwise(edges), start=2)]
    return " · ".join([f"≤ {edges[0]} → 1", *inner, f"> {edges[-1]} → 5"])
