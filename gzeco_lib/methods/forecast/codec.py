"""A forecaster as text and back: JSON, checked part by part; hostile content ends in an error and runs nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast import boosting
from gzeco_lib.methods.forecast.intervals import LEVELS, PARTS
from gzeco_lib.methods.forecast.league import MEMBERS, Learned
from gzeco_lib.methods.forecast.panel import HORIZON, Array
from gzeco_lib.methods.forecast.prophet_member import WEEK, Weekly
from gzeco_lib.methods.forecast.state_space import PARAMETERS
from gzeco_lib.methods.forecast.training import Fitted

if TYPE_CHECKING:
    from gzeco_lib.methods.forecast.forecaster import Forecaster

FORMAT = "gzeco-forecast-3"
LARGEST = 64_000_000  # bytes


def _listed(values: Array) -> Any:
    return [v if np.isfinite(v) else None for v in values.ravel().tolist()]


def written(of: Forecaster) -> bytes:
    """JSON text; numbers keep all their digits."""
    learned, fitted = of.fitted.learned, of.fitted
    content = {
        "format": FORMAT, "variable": of.variable, "sites": list(of.sites), "covariates": list(of.covariates),
        "zone": of.zone, "country": of.country, "trained_to": of.trained_to, "members": list(fitted.members),
        "predictors": len(learned.coefficients), "coefficients": _listed(learned.coefficients),
        "ahead": list(of.ahead), "weight": _listed(fitted.weight), "mean_weight": _listed(fitted.mean_weight),
        "table": _listed(fitted.table), "factor": _listed(fitted.factor),
        "step": fitted.step, "rounded": fitted.rounded.astype(int).tolist(), "normal": _listed(fitted.normal),
        "trees": learned.trees and {"text": learned.trees.text, "scale": _listed(learned.trees.scale)},
        "states": None if learned.states is None else _listed(learned.states),
        "weekly": None if learned.weekly is None
        else {"table": _listed(learned.weekly.table), "carry": _listed(learned.weekly.carry)},
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def _array(values: Any, *shape: int) -> Array:
    flat = np.array([np.nan if v is None else float(v) for v in values])
    return flat.reshape(shape)


def _names(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError("names")
    return tuple(values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _fitted(content: dict[str, Any], sites: int) -> Fitted:
    members = _names(content["members"])
    if not set(members) <= set(MEMBERS) or not members:
        raise ValueError("members")
    weekly = content["weekly"]
    trees = content["trees"]
    if trees is not None:
        trees = boosting.Grown(_text(trees["text"]), _array(trees["scale"], HORIZON))
        boosting.booster(trees.text)
    learned = Learned(
        _array(content["coefficients"], int(content["predictors"]), HORIZON),
        trees,
        weekly and Weekly(_array(weekly["table"], WEEK, sites), _array(weekly["carry"], HORIZON)),
        None if content["states"] is None else _array(content["states"], PARAMETERS),
    )
    return Fitted(
        learned,
        members,
        _array(content["weight"], HORIZON, len(members)),
        _array(content["mean_weight"], HORIZON, len(members)),
        _array(content["table"], HORIZON, PARTS, len(LEVELS)),
        _array(content["factor"], HORIZON, 2),
        float(content["step"]),
        _array(content["rounded"], HORIZON) > 0,
        _array(content["normal"], 24, sites),
    )


def read(kind: type[Forecaster], content: bytes) -> Forecaster:
    """The forecaster written as ``content``.

    Raises:
        InputError: it is not one, or parts of it are missing or of the wrong shape.
    """
    try:
        if len(content) > LARGEST:
            raise ValueError("size")
        found = json.loads(content.decode())
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError("format")
        sites = _names(found["sites"])
        return kind(
            variable=_text(found["variable"]),
            sites=sites,
            covariates=_names(found["covariates"]),
            zone=_text(found["zone"]),
            country=_text(found["country"]),
            trained_to=_text(found["trained_to"]),
            fitted=_fitted(found, len(sites)),
            ahead=_names(found["ahead"]),
        )
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise InputError(
            N_("the fitted model cannot be read: {reason}"), "model", N_("fit the forecast again"),
            reason=f"{type(error).__name__} {error}",
        ) from error  # fmt: skip
