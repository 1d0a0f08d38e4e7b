"""What the wind and the clock say about sources at a monitor: openair's methods and words on DataFrames.

Each takes a DataFrame with a time axis (index, or a column ``time``) and columns of numbers: ``ws`` [m s-1],
``wd`` [deg, from] and pollutants. Each gives plain DataFrames or Datasets back, with data capture beside the
numbers.
"""

from gzeco_lib.methods.receptor.averages import rolling_mean, time_average
from gzeco_lib.methods.receptor.calendar import calendar
from gzeco_lib.methods.receptor.cluster import PolarClusters, polar_cluster
from gzeco_lib.methods.receptor.polar import polar_plot
from gzeco_lib.methods.receptor.rose import pollution_rose, wind_rose
from gzeco_lib.methods.receptor.summary import aq_stats
from gzeco_lib.methods.receptor.trend import Trend, theil_sen
from gzeco_lib.methods.receptor.variation import time_variation

__all__ = [
    "PolarClusters", "Trend", "aq_stats", "calendar", "polar_cluster", "polar_plot", "pollution_rose", "rolling_mean",
    "theil_sen", "time_average", "time_variation", "wind_rose",
]  # fmt: skip
