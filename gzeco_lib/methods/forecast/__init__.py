"""Hourly forecasts for the next day at every station, with quantiles: a league of members weighted by past skill."""

from gzeco_lib.methods.forecast.backtest import BacktestResult, backtest
from gzeco_lib.methods.forecast.explain import contributions
from gzeco_lib.methods.forecast.forecaster import QUANTILES, Forecaster, fit_all
from gzeco_lib.methods.forecast.league import LEAGUE, MEMBERS
from gzeco_lib.methods.forecast.probabilities import exceeding

__all__ = [
    "LEAGUE",
    "MEMBERS",
    "QUANTILES",
    "BacktestResult",
    "Forecaster",
    "backtest",
    "contributions",
    "exceeding",
    "fit_all",
]
