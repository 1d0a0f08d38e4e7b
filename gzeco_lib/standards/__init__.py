"""Law and norms as dated YAML with typed look-ups: value, clause, certainty and source by the date of the datum."""

from gzeco_lib.standards.air import AqiResult, aqi_daily, aqi_hourly, iaqi
from gzeco_lib.standards.categories import Category, categories, category, category_of, contrast, text_colour
from gzeco_lib.standards.evaluation import composite_index, percentile
from gzeco_lib.standards.facts import CERTAINTIES, Fact
from gzeco_lib.standards.health import gemm_hazard_ratio, health_fact
from gzeco_lib.standards.limits import POLLUTANTS, Limit, limit
from gzeco_lib.standards.validity import Periods, annual_mean, daily_maximum, daily_mean, mda8, monthly_mean
from gzeco_lib.standards.who import who_level, who_met

__all__ = [
    "CERTAINTIES",
    "POLLUTANTS",
    "AqiResult",
    "Category",
    "Fact",
    "Limit",
    "Periods",
    "annual_mean",
    "aqi_daily",
    "aqi_hourly",
    "categories",
    "category",
    "category_of",
    "composite_index",
    "contrast",
    "daily_maximum",
    "daily_mean",
    "gemm_hazard_ratio",
    "health_fact",
    "iaqi",
    "limit",
    "mda8",
    "monthly_mean",
    "percentile",
    "text_colour",
    "who_level",
    "who_met",
]
