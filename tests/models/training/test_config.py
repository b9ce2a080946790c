"""Every shipped training configuration is valid, and closed."""

from pathlib import Path

import pytest

from models.training import config
from models.training.config import (
    ColourConfig,
    FireConfig,
    LampConfig,
    PlatesConfig,
    PlateTextConfig,
    TrainingConfig,
    load_config,
)

TRAINING = Path(config.__file__).parent
KINDS = {
    "vehicles": TrainingConfig,
    "fine_tune": TrainingConfig,
    "riders": TrainingConfig,
    "vehicles_fast": TrainingConfig,
    "fire_smoke": FireConfig,
    "signal_lamp": LampConfig,
    "plate_text": PlateTextConfig,
    "vehicle_colour": ColourConfig,
    "plates": PlatesConfig,
}


def test_every_configuration_has_its_kind() -> None:
    assert {path.stem for path in TRAINING.glob("*.yaml")} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_shipped_configurations_are_valid(name: str) -> None:
    assert isinstance(load_config(TRAINING / f"{name}.yaml", (), KINDS[name]), KINDS[name])


@pytest.mark.parametrize("name", KINDS)
def test_unknown_keys_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="learning_rat"):
        load_config(TRAINING / f"{name}.yaml", ("learning_rat=1",), KINDS[name])


@pytest.mark.parametrize("name", KINDS)
def test_one_key_can_be_overridden(name: str) -> None:
    assert load_config(TRAINING / f"{name}.yaml", ("batch=3",), KINDS[name]).batch == 3
