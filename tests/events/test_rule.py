"""Rules are found by name, state what they need, and refuse at the start what is not there."""

from typing import Any

import pytest

from camera_pipeline.config import Lane, RuleEntry, Settings
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.drawn import LaneName, LineName, SignalName, ZoneName, needs
from camera_pipeline.events.rule import Rule, load_rule, make_rule, rule_mistakes
from tests.events.rules.test_speeding import marked
from tests.events.scenes import CLASSES, junction

WHOLE: dict[str, dict[str, Any]] = {
    "red_light": {"signal": "north"},
    "stop_line": {"signal": "north"},
    "wrong_way": {},
    "wrong_lane": {},
    "forbidden_vehicle": {"classes": ["truck"], "zones": ["approach"]},
    "stopped_vehicle": {"zones": ["approach"]},
    "congestion": {"zone": "approach"},
    "illegal_stop": {"kerb": ["approach"]},
    "illegal_turn": {"entry": "stop_line", "exits": ["right_turn_line"]},
    "illegal_uturn": {},
    "yield_to_pedestrian": {"entry": "stop_line", "crossings": ["beyond"]},
    "solid_line": {"lines": ["stop_line"]},
    "on_pavement": {"zones": ["approach"]},
    "box_junction": {"zones": ["approach"]},
    "crash": {"zones": ["approach"]},
    "pedestrian_on_road": {"zones": ["approach"]},
    "crowd": {"zone": "approach"},
    "debris": {},
    "wrong_way_driver": {"lanes": ["down"]},
    "speeding": {"limit_kmh": 50},
    "camera_health": {},
    "fire_smoke": {},
}
KINDS = tuple(WHOLE)
BEYOND = ((0.2, 0.6), (0.8, 0.6), (0.8, 0.7), (0.2, 0.7))


class _Needy(Settings):
    line: LineName = "stop_line"
    signal: SignalName
    zone: ZoneName | None = None
    lanes: tuple[LaneName, ...] = ()


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_is_announced_complete_and_documented(kind: str) -> None:
    rule = load_rule(kind)
    assert issubclass(rule, Rule)
    assert rule.version
    assert rule.__doc__
    assert rule.settings_type.__doc__
    up = Lane(polygon=((0.8, 0.0), (1.0, 0.0), (1.0, 0.4)), direction=((0.9, 0.3), (0.9, 0.1)))
    camera = junction(
        lanes={**junction().lanes, "up": up}, calibration=marked(), zones={**junction().zones, "beyond": BEYOND}
    )
    assert rule_mistakes(camera, RuleEntry(kind=kind, **WHOLE[kind])) == []
    assert isinstance(make_rule(camera, RuleEntry(kind=kind, **WHOLE[kind]), CLASSES), rule)


def test_an_unknown_rule_is_refused_with_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"no rule is called red_ligth.*camera_health.*did you mean `red_light`"):
        load_rule("red_ligth")
    (mistake,) = rule_mistakes(junction(), RuleEntry(kind="red_ligth"))
    assert mistake.path == ("kind",)
    assert "red_light" in mistake.cure


def test_what_a_rule_needs_follows_from_its_settings() -> None:
    assert needs(_Needy) == ("lines", "signals")
    assert needs(load_rule("red_light").settings_type) == ("lines", "signals")
    assert needs(load_rule("congestion").settings_type) == ("zones",)
    assert needs(load_rule("camera_health").settings_type) == ()


@pytest.mark.parametrize(
    ("entry", "path", "words"),
    [
        ({"kind": "red_light"}, ("signal",), "required"),
        ({"kind": "red_light", "signal": "nort"}, ("signal",), "did you mean `north`"),
        ({"kind": "red_light", "signal": "north", "line": "stopline"}, ("line",), "did you mean `stop_line`"),
        ({"kind": "red_light", "signal": "north", "proceed_line": "x"}, ("proceed_line",), "draw `x`"),
        ({"kind": "red_light", "signal": "north", "lin": "stop_line"}, ("lin",), "did you mean `line`"),
        ({"kind": "red_light", "signal": "north", "grace_s": -1}, ("grace_s",), "greater than or equal to 0"),
        ({"kind": "red_light", "signal": "north", "proceed_line": "stop_line"}, ("line",), "in the order"),
        ({"kind": "red_light", "signal": "north", "right_on_red": True}, ("right_turn_line",), "right turns"),
        ({"kind": "wrong_way", "lanes": ["up"]}, ("lanes", 0), "down"),
        ({"kind": "stopped_vehicle", "zones": ["approach", "kerb"]}, ("zones", 1), "approach"),
        ({"kind": "congestion"}, ("zone",), "required"),
    ],
)
def test_a_mistake_tells_place_expectation_and_cure(entry: dict[str, Any], path: tuple[str, ...], words: str) -> None:
    (mistake,) = rule_mistakes(junction(), RuleEntry(**entry))
    assert mistake.path == path
    assert words in f"{mistake.expected} {mistake.cure}"


def test_all_mistakes_of_a_rule_are_told_at_once() -> None:
    entry = RuleEntry(kind="red_light", signal="south", line="a", proceed_line="b")
    assert {mistake.path for mistake in rule_mistakes(junction(), entry)} == {("signal",), ("line",), ("proceed_line",)}
    with pytest.raises(ConfigError, match=r"(?s)junction, rule red_light:.*signal = south.*line = a"):
        make_rule(junction(), entry, CLASSES)


def test_a_class_that_the_model_does_not_know_is_refused() -> None:
    entry = RuleEntry(kind="wrong_way", classes=["tram"])
    with pytest.raises(ConfigError, match=r"tram.*motorcycle"):
        make_rule(junction(), entry, CLASSES)
