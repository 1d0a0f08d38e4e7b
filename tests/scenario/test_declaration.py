"""The declaration refuses what it was not made for, and says what it expected."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError, near
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import (
    Choice,
    Number,
    Outcome,
    Provenance,
    Scenario,
    Text,
    Toggle,
    Whole,
    from_file,
    registered,
    with_overrides,
)


class Plume(Scenario):
    """A model for these tests."""

    key = "plume"
    height = Number(50.0, bounds=(0, 500), unit="m")
    hours = Whole(24, bounds=(1, 24), unit="h")
    form = Choice(default="steady", objects=["steady", "puff"])
    rain = Toggle(default=False)
    label = Text(default="")


def test_values_are_converted_to_their_declared_types() -> None:
    given = {"height": "80 m", "hours": "6", "form": "puff", "rain": "true", "label": "x"}
    assert Plume.of(given).values() == {
        "height": 80.0,
        "hours": 6,
        "form": "puff",
        "rain": True,
        "label": "x",
    }
    assert Plume.of({}).values()["hours"] == 24


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hight": 3}, "height"),
        ({"height": "80 ft"}, r"\[m\]"),
        ({"height": "tall"}, "height"),
        ({"height": float("nan")}, "height"),
        ({"height": True}, "height"),
        ({"height": None}, "height"),
        ({"height": 501}, "0…500"),
        ({"hours": 2.5}, "hours"),
        ({"hours": [1]}, "hours"),
        ({"form": "puf"}, r"steady \| puff"),
        ({"rain": "maybe"}, "rain"),
        ({"label": 7}, "label"),
    ],
)
def test_wrong_values_are_refused_with_what_was_expected(given: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Plume.of(given)


def test_overrides_are_laid_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("height: 60\nhours: 12\n", encoding="utf-8")
    merged = with_overrides(from_file(file), ["hours=3", "label=a=b"])
    assert Plume.of(merged).values() | {} == {
        "height": 60.0,
        "hours": 3,
        "form": "steady",
        "rain": False,
        "label": "a=b",
    }
    with pytest.raises(InputError, match="name=value"):
        with_overrides({}, ["hours"])


@pytest.mark.parametrize(
    "content",
    [
        "!!python/object/apply:os.system ['true']",
        "a: &a [x]\nb: [*a, *a]",
        "height: 1\nheight: 2",
        "- 1\n- 2",
        "height: [",
        "\x00",
    ],
)
def test_hostile_or_broken_yaml_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        from_file(file)


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        from_file(tmp_path / "none.yaml")
    (tmp_path / "huge.yaml").write_text("#" * 2_000_000)
    with pytest.raises(InputError, match="too large"):
        from_file(tmp_path / "huge.yaml")


def test_an_unknown_scenario_names_the_near_one() -> None:
    with pytest.raises(InputError, match="environmental_health"):
        registered("enviromental_health")
    assert registered("environmental_health").key == "environmental_health"
    assert near("PM25", ["PM2.5", "PM10", "O3"]) == "PM2.5"


def outcome(at: str, value: float) -> Outcome:
    return Outcome(
        "plume",
        pd.Timestamp(at),
        {"height": 50.0},
        tables={"city": pd.DataFrame({"time": [pd.Timestamp(at)], "aqi": [value]})},
        fields={"risk": xr.Dataset({"aqi": (("y", "x"), [[value]])})},
        notes=[("no weather for {n} h", {"n": 3})],
        provenance=Provenance(versions={"observation": 1}, window=("a", "b"), made=at),
    )


def test_an_outcome_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    assert Outcome.load(lake, "plume") is None
    first = outcome("2024-01-01T00:00Z", 1.0)
    stored = [first.save(lake), first.save(lake), outcome("2024-01-02T00:00Z", 2.0).save(lake)]
    assert stored[0] == stored[1] != stored[2]
    assert len(lake.read("outcome")) == 2
    latest = Outcome.load(lake, "plume")
    assert latest is not None and latest.tables["city"]["aqi"][0] == 2.0
    early = Outcome.load(lake, "plume", pd.Timestamp("2024-01-01T12:00Z"))
    assert early is not None and float(early.fields["risk"]["aqi"][0, 0]) == 1.0
    assert early.id == first.id and early.notes == first.notes
    assert early.provenance.versions == {"observation": 1}
    assert Outcome.load(lake, "plume", pd.Timestamp("2023-01-01T00:00Z")) is None
    with pytest.raises(InputError, match="city"):
        early.table("county")


def test_an_outcome_shows_itself_without_letting_markup_through() -> None:
    shown = outcome("2024-01-01T00:00Z", 1.0)
    shown.tables["<script>"] = pd.DataFrame({"a": ["<img onerror=x>"]})
    html = shown._repr_html_()
    assert "<script>" not in html and "<img" not in html and "aqi" in html
