"""How counts answer to an exposure: curves with bands, lags, surface and forest of areas.

HoloViews for scientists in Jupyter; `curve_figure` and `forest_figure` give the same as SVG for paper.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.districts import CITY, NAMES
from gzeco_lib.views import theme
from gzeco_lib.views.figures import drawing
from gzeco_lib.views.jupyter import holoviews
from gzeco_lib.views.words import DEFAULT_LANGUAGE, Translate, words

KINDS = {"literature": N_("Literature"), "local": N_("Local fit"), "bayes": N_("Bayesian")}
COLOURS = {"literature": "#566571", "local": "#0072B2", "bayes": "#D55E00"}  # told apart by anyone
DASHES = {"literature": "dashed", "local": "solid", "bayes": "solid"}


def _named(exposure: str, lang: str) -> tuple[str, str]:
    """Name and unit of an exposure."""
    from gzeco_lib.variables import get

    found = get(exposure)
    return (found.name_zh if lang == "zh" else found.name_en), theme.unit(found.unit)


def area_name(code: str, _: Translate, lang: str) -> str:
    """A district's name, or the whole city."""
    return _("Whole city") if code == CITY else NAMES.get(code, (code, code))[0 if lang == "zh" else 1]


def _rows(table: pd.DataFrame, exposure: str, district: str | None) -> pd.DataFrame:
    chosen = table[table["exposure"] == exposure]
    if district is not None:
        chosen = chosen[chosen["district"] == district]
    if chosen.empty:
        raise InputError(
            N_("the table holds nothing of {name}"), "response", N_("it holds: {known}"), name=exposure,
            known=", ".join(sorted(set(table["exposure"]))) or "-",
        )  # fmt: skip
    return chosen


def curves(curve: pd.DataFrame, exposure: str, district: str = CITY, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Overall relative risk by exposure with 95 % bands: literature, local and Bayesian one over the other.

    Args:
        curve: table ``curve`` of the outcome.
        exposure: code of the exposure.
        district: adcode; the literature is always the city's.
        lang: language of the labels.

    Raises:
        InputError: the table holds no such exposure.
    """
    hv, _ = holoviews(), words(lang)
    rows = _rows(curve, exposure, None)
    rows = rows[(rows["district"] == district) | (rows["kind"] == "literature")]
    name, unit = _named(exposure, lang)
    x = hv.Dimension("value", label=name, unit=unit or None)
    y = hv.Dimension("rr", label=_("Relative risk"))
    layers = [hv.HLine(1.0).opts(color=theme.LIGHT.muted, line_width=1, line_dash="dotted")]
    for kind, said in KINDS.items():
        part = rows[rows["kind"] == kind].sort_values("value")
        if part.empty:
            continue
        if part[["lo", "hi"]].notna().to_numpy().all():
            band = hv.Area((part["value"], part["lo"], part["hi"]), x, [y, "hi"], label=_(said))
            layers.append(band.opts(color=COLOURS[kind], fill_alpha=0.15, line_alpha=0))
        line = hv.Curve(part[["value", "rr"]], x, y, label=_(said))
        layers.append(line.opts(color=COLOURS[kind], line_dash=DASHES[kind], line_width=2.5, tools=["hover"]))
    title = _("{exposure} and {area}: relative risk").format(exposure=name, area=area_name(district, _, lang))
    return hv.Overlay(layers).opts(
        hv.opts.Overlay(
            title=title, xlabel=x.pprint_label, ylabel=y.pprint_label, responsive=True, height=340,
            legend_position="top_left", show_grid=True,
        )
    )  # fmt: skip


def lag_profile(lags: pd.DataFrame, exposure: str, district: str = CITY, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Relative risk by day after the exposure, each kind beside the other with its 95 % interval.

    Args:
        lags: table ``lags`` of the outcome; of several contrasts (cold and heat) each is a row of symbols.
        exposure: code of the exposure.
        district: adcode.
        lang: language of the labels.

    Raises:
        InputError: the table holds no such exposure there.
    """
    hv, _ = holoviews(), words(lang)
    rows = _rows(lags, exposure, district)
    name, unit = _named(exposure, lang)
    x = hv.Dimension("lag", label=_("Lag"), unit="d")
    y = hv.Dimension("rr", label=_("Relative risk"))
    layers = [hv.HLine(1.0).opts(color=theme.LIGHT.muted, line_width=1, line_dash="dotted")]
    groups = list(rows.groupby(["kind", "per"], sort=True, observed=True))
    shades = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
    for place, ((kind, _per), part) in enumerate(groups):
        at = part["lag"].to_numpy(dtype=float) + 0.12 * (place - (len(groups) - 1) / 2)
        label = f"{_(KINDS[str(kind)])} {part['per'].iloc[0]:+.1f} {unit}"
        colour = shades[place % len(shades)]
        lo, hi = part["rr"] - part["lo"], part["hi"] - part["rr"]
        layers.append(hv.ErrorBars((at, part["rr"], lo, hi), x, [y, "lo", "hi"]).opts(color=colour))
        layers.append(
            hv.Points((at, part["rr"]), [x, y], label=label).opts(color=colour, size=8, tools=["hover"])
        )
    return hv.Overlay(layers).opts(
        hv.opts.Overlay(
            title=_("{exposure}: relative risk by lag").format(exposure=name), xlabel=x.pprint_label,
            ylabel=y.pprint_label, responsive=True, height=340, legend_position="top_right", show_grid=True,
        )
    )  # fmt: skip


def surface(of: pd.DataFrame, exposure: str, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Relative risk by exposure and lag as a heat map; white is no effect.

    Args:
        of: `methods.dlnm.Prediction.surface`: value, lag, rr.
        exposure: code of the exposure.
        lang: language of the labels.
    """
    hv, _ = holoviews(), words(lang)
    name, unit = _named(exposure, lang)
    table = of.pivot(index="lag", columns="value", values="rr")
    wide = float(np.abs(table.to_numpy() - 1).max()) or 0.01
    x = hv.Dimension("value", label=name, unit=unit or None)
    y = hv.Dimension("lag", label=_("Lag"), unit="d")
    rr = hv.Dimension("rr", label=_("Relative risk"), range=(1 - wide, 1 + wide))
    image = hv.QuadMesh((table.columns.to_numpy(), table.index.to_numpy(), table.to_numpy()), [x, y], rr)
    return image.opts(
        cmap="RdBu_r", colorbar=True, tools=["hover"], responsive=True, height=340,
        title=_("{exposure}: relative risk by value and lag").format(exposure=name),
    )  # fmt: skip


def _forest_rows(effects: pd.DataFrame, exposure: str, lang: str) -> pd.DataFrame:
    """Effects of an exposure with a label for each area: the city first, districts by code."""
    rows = _rows(effects, exposure, None)
    if (
        exposure == "temperature"
    ):  # cold and heat would share a line: the widest contrast each way is in the table
        rows = rows[rows["per"] > 0]
    order = {code: k for k, code in enumerate([CITY, *NAMES])}
    _ = words(lang)
    rows = rows.assign(
        place=[order.get(str(d), len(order)) for d in rows["district"]],
        area=[area_name(str(d), _, lang) for d in rows["district"]],
    )
    return rows.sort_values(["place", "kind"], ignore_index=True)


def forest(effects: pd.DataFrame, exposure: str, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Effect in each area with its 95 % interval, the kinds side by side.

    Args:
        effects: table ``effects`` of the outcome.
        exposure: code of the exposure.
        lang: language of the labels.

    Raises:
        InputError: the table holds no such exposure.
    """
    hv, _ = holoviews(), words(lang)
    rows = _forest_rows(effects, exposure, lang)
    name, unit = _named(exposure, lang)
    areas = list(dict.fromkeys(rows["area"]))[::-1]
    step = {"literature": 0.22, "local": 0.0, "bayes": -0.22}
    x, y = hv.Dimension("rr", label=_("Relative risk")), hv.Dimension("place", label=_("Area"))
    layers = [hv.VLine(1.0).opts(color=theme.LIGHT.muted, line_width=1, line_dash="dotted")]
    for kind, said in KINDS.items():
        part = rows[rows["kind"] == kind]
        if part.empty:
            continue
        at = np.array([areas.index(a) for a in part["area"]]) + step[kind]
        lo, hi = part["lo"].fillna(part["rr"]), part["hi"].fillna(part["rr"])
        layers.append(
            hv.Segments((lo, at, hi, at), [x, y, "hi", "end"]).opts(color=COLOURS[kind], line_width=2)
        )
        dots = hv.Points((part["rr"], at), [x, y], label=_(said))
        layers.append(dots.opts(color=COLOURS[kind], size=8, tools=["hover"]))
    per = float(rows["per"].iloc[0])
    title = _("{exposure}: relative risk of {per} {unit}").format(exposure=name, per=f"{per:+.3g}", unit=unit)
    return hv.Overlay(layers).opts(
        hv.opts.Overlay(
            title=title, xlabel=x.pprint_label, ylabel=y.pprint_label, yticks=list(enumerate(areas)), responsive=True,
            height=120 + 34 * len(areas), legend_position="right", show_grid=True,
        )
    )  # fmt: skip


def curve_figure(
    curve: pd.DataFrame, exposure: str, district: str = CITY, lang: str = DEFAULT_LANGUAGE
) -> str:
    """`curves` as SVG for paper."""
    _ = words(lang)
    rows = _rows(curve, exposure, None)
    rows = rows[(rows["district"] == district) | (rows["kind"] == "literature")]
    name, unit = _named(exposure, lang)
    with drawing(f"response-{exposure}-{district}", 62) as sheet:
        axes = sheet.figure.subplots(gridspec_kw={"left": 0.08, "right": 0.985, "top": 0.9, "bottom": 0.17})
        axes.axhline(1.0, color=theme.LIGHT.muted, linewidth=0.8, linestyle=(0, (1, 2)))
        for kind, said in KINDS.items():
            part = rows[rows["kind"] == kind].sort_values("value")
            if part.empty:
                continue
            style = "--" if kind == "literature" else "-"
            at = part["value"].to_numpy(dtype=float)
            axes.fill_between(at, part["lo"], part["hi"], color=COLOURS[kind], alpha=0.15, linewidth=0)
            axes.plot(at, part["rr"], color=COLOURS[kind], linestyle=style, label=_(said))
        axes.set_xlabel(f"{name} [{unit}]")
        axes.set_title(_("Relative risk"))
        axes.grid(axis="y")
        axes.legend(loc="upper left")
    return sheet.svg


def forest_figure(effects: pd.DataFrame, exposure: str, lang: str = DEFAULT_LANGUAGE) -> str:
    """`forest` as SVG for paper."""
    _ = words(lang)
    rows = _forest_rows(effects, exposure, lang)
    areas = list(dict.fromkeys(rows["area"]))[::-1]
    step = {"literature": 0.22, "local": 0.0, "bayes": -0.22}
    with drawing(f"forest-{exposure}", 22 + 6.5 * len(areas)) as sheet:
        axes = sheet.figure.subplots(gridspec_kw={"left": 0.16, "right": 0.985, "top": 0.88, "bottom": 0.16})
        axes.axvline(1.0, color=theme.LIGHT.muted, linewidth=0.8, linestyle=(0, (1, 2)))
        for kind, said in KINDS.items():
            part = rows[rows["kind"] == kind]
            at = np.array([areas.index(a) for a in part["area"]]) + step[kind]
            axes.hlines(at, part["lo"].fillna(part["rr"]), part["hi"].fillna(part["rr"]), color=COLOURS[kind])
            axes.plot(part["rr"], at, "o", color=COLOURS[kind], markersize=3.5, label=_(said))
        axes.set_yticks(range(len(areas)), areas)
        axes.set_title(_("Relative risk"))
        axes.grid(axis="x")
        sheet.figure.legend(loc="upper right", ncols=3)
    return sheet.svg
