"""Parameters of a briefing: checked before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from gzeco_lib.briefing import places
from gzeco_lib.briefing.declaration import settings
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.errors import InputError
from gzeco_lib.scenario.parameters import as_known_at


def written(folder: Path, text: str) -> Path:
    path = folder / "p.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_in_the_repository_holds() -> None:
    found = settings("health_research")
    assert found.brief.values()["top_sources"] == 15
    assert found.model.values()["horizon"] == 24
    assert found.language == "zh"


def test_overrides_go_to_the_briefing_and_to_its_scenario(tmp_path: Path) -> None:
    file = written(tmp_path, "top_sources: 5\nhorizon: 12 h\n")
    found = settings("health_research", file, ["horizon=6", "show_maps=false", "heading=每日 简报"], "en")
    assert found.model.values()["horizon"] == 6
    assert (
        found.brief.values() | {"show_maps": False, "top_sources": 5, "heading": "每日 简报"}
        == found.brief.values()
    )
    assert found.language == "en"


@pytest.mark.parametrize(
    ("override", "near"),
    [("horizn=3", "horizon"), ("top_source=3", "top_sources"), ("showmaps=true", "show_maps")],
)
def test_a_misspelt_parameter_is_refused_with_the_near_name(override: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        settings("health_research", overrides=[override])
    assert near in caught.value.told()["fix"]


@pytest.mark.parametrize(
    "override",
    [
        "horizon=many", "horizon=25", "horizon=6 d", "horizon=2024-12-15", "show_maps=3", "top_sources=1.5",
        "top_sources=.nan",        "heading=[1, 2]", "language=fr", "top_sources=", "horizon",
    ],
)  # fmt: skip
def test_a_wrong_type_unit_or_bound_is_refused(override: str) -> None:
    with pytest.raises(InputError):
        settings("health_research", overrides=[override])


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "health_research/../x", "", "health_research\x00", "Health_Research"],
)
def test_a_name_that_is_no_briefing_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        settings(name)
    assert "health_research" in caught.value.told()["fix"]


@pytest.mark.parametrize(
    "text",
    [
        "heading: !!python/object/apply:os.system ['true']\n",
        "a: &a [x, x]\nb: [*a, *a]\n",
        "- 1\n- 2\n",
        "brief: another\n",
        "top_sources: 3\ntop_sources: 4\n",
        "heading: 'x\n",
        "language: zh\nnotebook: ../../x.ipynb\n",
        "heading: " + "x" * 1_100_000,
    ],
    ids=["tag", "alias", "list", "other brief", "twice", "broken", "unknown", "huge"],
)
def test_a_hostile_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        settings("health_research", written(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        settings("health_research", tmp_path / "none.yaml")


def test_every_parameter_has_label_and_words() -> None:
    for name, parameter in HealthResearch.declared().items():
        assert parameter.label and parameter.doc, name


def test_the_files_of_a_briefing_are_there() -> None:
    assert places.notebook("health_research").is_file()
    assert places.parameters("health_research").is_file()
    assert (places.templates() / "briefing" / "index.typ.j2").is_file()


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2024-12-15T08:00+08:00", "2024-12-15T00:00+00:00"),
        ("2024-12-15T08:00", "2024-12-15T00:00+00:00"),
        ("2024-12-15T00:00Z", "2024-12-15T00:00+00:00"),
    ],
)
def test_a_time_without_a_zone_is_local(at: str, utc: str) -> None:
    assert as_known_at(at).isoformat(timespec="minutes") == utc


@pytest.mark.parametrize("at", ["yesterday-ish", "2024-13-01", "NaT", ""])
def test_what_is_no_time_is_refused(at: str) -> None:
    with pytest.raises(InputError):
        as_known_at(at)
