"""Views of particles and footprints show what the runs hold."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import particle_cases
from gzeco_lib.methods.dispersion import footprint
from gzeco_lib.methods.dispersion.particles import Steps, release
from gzeco_lib.views.footprint import footprint_map, particle_animation, particle_section

HOUR = np.timedelta64(1, "h")
ROUGH = Steps(share=0.2, shortest=2.0)


def test_a_cloud_has_a_frame_an_interval_and_its_mass() -> None:
    air, sources, x, y = particle_cases.turning_wind()
    cloud = release(
        sources, 0.1, air, air.start, air.start + 2 * HOUR, 600, 1, x=x, y=y, positions=True, steps=ROUGH
    )
    above, side = particle_animation(cloud, "en"), particle_section(cloud, "en")
    said = [above.kdims[0].pprint_value(time) for time in above.keys()]  # noqa: SIM118
    assert said == ["01-10 16:00", "01-10 17:00"]  # 07:00 UTC is 15:00 in Beijing
    assert list(above.keys()) == list(side.keys())
    shown = np.nansum(side.last.dimension_values("mass"))
    assert 0.9 * float(cloud["airborne"][-1]) < shown <= float(cloud["airborne"][-1]) * 1.001
    with pytest.raises(InputError, match="kept no positions"):
        particle_animation(cloud.drop_vars("particle_x"))


def test_a_footprint_has_a_frame_an_hour_on_one_scale() -> None:
    air, _, x, y = particle_cases.turning_wind()
    seen = footprint.backward([[0.0, 0.0, 10.0]], air.start + np.array([1, 2]) * HOUR, air, 1, 100, 1,
                              x=x, y=y, reach=1e3, steps=ROUGH)  # fmt: skip
    shown = footprint_map(seen, 0, "zh")
    assert len(shown) == 2
    top = float(seen["footprint"].sum("time_back").max())
    highest = max(np.nanmax(frame.get(0).dimension_values("footprint")) for frame in shown)
    assert highest == pytest.approx(top)
    with pytest.raises(InputError, match="no receptor 3"):
        footprint_map(seen, 3)
