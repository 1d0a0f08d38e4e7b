"""Widgets from a declaration: nobody types a parameter twice.

A declaration is any class whose ``declared()`` gives its parameters by name, each with ``label``, ``doc``, ``unit``,
``bounds`` or ``objects``; the widgets belong to the session that asked for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel_material_ui as pmui
import param
import yaml

from gzeco_lib.views import theme
from gzeco_lib.views.layout import column, heading, hidden, show, toolbar
from gzeco_lib.views.words import Translate


def widget(_: Translate, p: param.Parameter, value: Any, names: Mapping[str, str]) -> Any:
    """The widget for the declared parameter ``p`` holding ``value``; ``names`` are message ids of its choices."""
    unit = theme.unit(getattr(p, "unit", ""))
    label = _(str(p.label or p.name)) + (f" [{unit}]" if unit else "")
    common: dict[str, Any] = {
        "label": label,
        "description": _(p.doc) if p.doc else None,
        "sizing_mode": "stretch_width",
        "size": "small",
    }
    if isinstance(p, param.Boolean):
        del common["size"], common["description"]
        return pmui.Checkbox(value=bool(value), **common)
    if isinstance(p, param.Selector):
        return pmui.Select(
            value=value, options={_(names.get(str(o), str(o))): o for o in p.objects}, **common
        )
    if isinstance(p, param.Integer | param.Number):
        low, high = p.bounds or (None, None)
        kind = pmui.IntInput if isinstance(p, param.Integer) else pmui.FloatInput
        step = 1 if isinstance(p, param.Integer) else _step(low, high)
        return kind(value=value, start=low, end=high, step=step, **common)
    return pmui.TextInput(value=str(value), **common)


def _step(low: float | None, high: float | None) -> float:
    """A step that takes some fifty clicks from one bound to the other."""
    span = (high - low) / 50 if low is not None and high is not None else 0.1
    return float(f"{span:.0e}")


class Controls:
    """The widgets of one declaration for one session, with run, reset and save as YAML."""

    def __init__(
        self,
        _: Translate,
        declaration: type[Any],
        values: Mapping[str, Any],
        run: Callable[[dict[str, Any]], None],
        filename: str,
        names: Mapping[str, str] | None = None,
        title: str = "",
    ) -> None:
        self.declaration = declaration
        self.defaults = {name: p.default for name, p in declaration.declared().items()}
        start = {**self.defaults, **{k: v for k, v in values.items() if k in self.defaults}}
        self.widgets = {
            name: widget(_, p, start[name], names or {}) for name, p in declaration.declared().items()
        }
        self.run_button = pmui.Button(label=_("Run the model"), variant="contained", color="primary")
        self.run_button.on_click(lambda _event: run(self.values()))
        reset = pmui.Button(label=_("Reset"), variant="outlined")
        reset.on_click(lambda _event: self.reset())
        save = pmui.FileDownload(
            callback=self.yaml,
            filename=filename,
            label=_("Save as YAML"),
            variant="outlined",
            embed=False,
            auto=True,
        )
        self.progress = hidden()
        self.view = column(
            heading(_("Parameters"), title),
            *self.widgets.values(),
            toolbar(self.run_button, reset, save),
            self.progress,
        )

    def values(self) -> dict[str, Any]:
        """What the widgets hold, checked by the declaration.

        Raises:
            InputError: for a value the declaration refuses.
        """
        return self.declaration.checked({name: w.value for name, w in self.widgets.items()})

    def reset(self) -> None:
        """Back to the declared defaults."""
        for name, w in self.widgets.items():
            w.value = self.defaults[name]

    def yaml(self) -> Any:
        """The values as a parameter file for ``gzeco run -f``."""
        from io import BytesIO

        return BytesIO(yaml.safe_dump(self.values(), allow_unicode=True, sort_keys=False).encode())

    def busy(self, markup: str) -> None:
        """Show what is going on and block a second run; "" ends it."""
        self.run_button.disabled = bool(markup)
        show(self.progress, markup)
