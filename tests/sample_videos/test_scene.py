"""The clip's script is sound, and what the renderer draws stands where the true boxes say."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("moderngl", reason="drawing needs the `render` extra")

from make_training_frames import label_lines, random_camera, random_light
from render import flows, models, scenario
from render.atlas import Atlas
from render.renderer import Renderer
from render.scene import Scene, TrueBox
from render.traffic import simulate


def test_everybody_has_a_name_of_their_own_and_a_known_kind() -> None:
    users = scenario.cast()
    assert len({user.name for user in users}) == len(users)
    assert {user.kind for user in users} <= set(models.KINDS)


def test_acts_refer_to_the_cast() -> None:
    assert {act.user for act in scenario.ACTS} <= {user.name for user in scenario.cast()}


@pytest.mark.parametrize(
    ("group", "time_s", "colour"),
    [("approach", 0.0, "green"), ("approach", 11.0, "amber"), ("approach", 14.0, "red"), ("approach", 40.99, "red"),
     ("approach", 41.0, "green"), ("cross", 0.0, "red"), ("cross", 20.0, "green"), ("cross", -5.0, "red")],
)  # fmt: skip
def test_the_signal_plan_answers_at_and_between_changes(group: str, time_s: float, colour: str) -> None:
    assert scenario.signal_at(group, time_s) == colour


def test_approach_and_cross_road_never_have_green_together() -> None:
    for time_s in np.arange(0, scenario.DURATION_S, 0.1):
        assert "red" in {scenario.signal_at("approach", time_s), scenario.signal_at("cross", time_s)}


def test_training_cameras_never_stand_where_the_clip_was_taken() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        camera = random_camera(rng)
        alike = np.linalg.norm(np.subtract(camera.position, scenario.CAMERA.position)) < 1.5
        assert not (alike and abs(camera.yaw_deg - scenario.CAMERA.yaw_deg) < 6)


def test_training_light_is_never_without_sky() -> None:
    lights = [random_light(np.random.default_rng(seed)) for seed in range(40)]
    assert all(min(light.sky_colour) > 0.1 for light in lights)
    assert any(light.head_lamps for light in lights)


def test_hidden_and_tiny_boxes_are_to_be_ignored_in_training() -> None:
    def box(share: float, height: int, class_name: str = "car") -> TrueBox:
        return TrueBox(name="a", class_name=class_name, visible_xyxy=(100, 100, 160, 100 + height),
                       whole_xyxy=(100, 100, 160, 200), visible_share=share)  # fmt: skip

    good, ignored = label_lines(
        [box(0.9, 60), box(0.1, 60), box(0.9, 4), box(0.9, 60, "traffic_light")], lamps_seen=False
    )
    assert len(good) == 1
    assert len(ignored) == 3
    assert good[0].startswith("1 ")


@pytest.mark.slow
def test_a_drawn_car_covers_its_box_and_only_its_box() -> None:
    camera = scenario.CAMERA
    try:
        renderer = Renderer((camera.width_px, camera.height_px))
    except Exception as error:  # moderngl raises bare Exception where there is no EGL driver
        pytest.skip(f"no OpenGL here: {error}")
    rng, atlas = np.random.default_rng(1), Atlas()
    user = flows.ahead("car", "sedan", 1.75, 0.0)
    simulate([user], lambda _group, _time: "red", start_s=0.0, stop_s=15.0)
    scene = Scene(rng, [user], scenario.HEADS, {"car": models.build("sedan", rng, atlas)}, atlas)
    scene.show_on(renderer)
    pictures, boxes = zip(*(scene.draw(t, camera, scenario.LIGHT, lambda *_: "red") for t in (-1.0, 12.0)), strict=True)
    assert {box.class_name for box in boxes[0]} == {"traffic_light"}
    (car,) = (box for box in boxes[1] if box.class_name == "car")
    x0, y0, x1, y1 = car.visible_xyxy
    changed = np.abs(pictures[1].astype(int) - pictures[0]).max(axis=2) > 12
    assert car.visible_share > 0.85
    assert changed[y0:y1, x0:x1].mean() > 0.7
    outside = changed.copy()
    outside[y0 - 40 : y1 + 40, x0 - 80 : x1 + 80] = False  # shadow and contact shade fall near the car
    assert not outside.any()
    assert np.allclose(car.visible_xyxy, car.whole_xyxy, atol=4)
