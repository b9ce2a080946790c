"""A faster network learns from a slower one: what it keeps, how both are compared, and that it comes nearer."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from torch import nn  # noqa: E402 - after the check for PyTorch

from models.training import distil  # noqa: E402
from models.training.config import TrainingConfig, load_config  # noqa: E402
from models.training.data import Sample, load_samples  # noqa: E402
from models.training.distil import STEM_PX, Teacher, imitation, loaded, map_distance, slimmed  # noqa: E402
from models.training.yolox import ConvBlock, Yolox, anchor_grid  # noqa: E402

CONFIG = Path(distil.__file__).with_name("vehicles_fast.yaml")


@pytest.fixture
def config() -> TrainingConfig:
    """The shipped configuration, made small; its teacher is the shipped model."""
    return load_config(CONFIG, ("input_wh=[128, 64]",))


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """Two pictures of noise."""
    (tmp_path / "images").mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).integers(0, 255, (16, 32, 3), np.uint8)
        cv2.imwrite(str(tmp_path / "images" / f"hoang_{number}.jpg"), cv2.resize(noise, (128, 64)))
    return load_samples(tmp_path)


def test_the_slim_network_has_rectifiers_a_small_stem_and_a_shorter_fine_head(config: TrainingConfig) -> None:
    slow, fast = loaded(config), slimmed(loaded(config))
    assert all(isinstance(block.act, nn.ReLU) for block in fast.modules() if isinstance(block, ConvBlock))
    assert fast.backbone.stem.conv.kernel_size == (STEM_PX, STEM_PX)
    assert [len(head.class_branch) for head in fast.heads] == [1, 2, 2]
    images = torch.rand(2, 3, 64, 128) * 255
    assert fast.eval()(images).shape == slow.eval()(images).shape
    assert sum(p.numel() for p in fast.parameters()) < sum(p.numel() for p in slow.parameters())


def test_who_says_the_same_is_at_no_distance_and_who_does_not_is() -> None:
    said = torch.randn(2, 42, 9)
    said[..., 2:4] *= 0.1
    grid = anchor_grid(64, 64)[:42]
    same = imitation(said, said, grid)
    assert max(float(part) for part in same) == pytest.approx(0, abs=1e-4)
    for column, part in ((0, "box"), (4, "objectness"), (6, "classes")):
        other = said.clone()
        other[..., column] += 1
        assert getattr(imitation(other, said, grid), part) > 0.01


def test_what_the_teacher_does_not_see_teaches_no_box() -> None:
    wanted = torch.zeros(1, 42, 9)
    wanted[..., 4] = -9
    said = wanted.clone()
    said[..., :4] += 1
    assert float(imitation(said, wanted, anchor_grid(64, 64)[:42]).box) == 0


def test_maps_are_compared_by_their_own_spread() -> None:
    wanted = {"a": torch.randn(1, 2, 8, 8), "b": 100 * torch.randn(1, 2, 8, 8)}
    assert float(map_distance(wanted, wanted)) == 0
    off = {name: one + one.std() for name, one in wanted.items()}
    assert float(map_distance(off, wanted)) == pytest.approx(1, rel=1e-3)


def test_the_pupil_starts_the_same_and_comes_nearer(config: TrainingConfig, samples: list[Sample]) -> None:
    lesson = Teacher(config, samples)
    pupil, twin = lesson.start(), Teacher(config, samples).start()
    for (name, one), other in zip(pupil.state_dict().items(), twin.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, msg=name)
    images, optimiser, totals = torch.rand(2, 3, 64, 128) * 255, torch.optim.AdamW(pupil.parameters(), 1e-3), []
    for _ in range(6):
        losses = lesson.losses(pupil.train(), images, [], closing=False)
        optimiser.zero_grad()
        losses.total.backward()
        optimiser.step()
        totals.append(float(losses.total.detach()))
    assert totals[-1] < totals[0]


def test_the_teacher_does_not_learn(config: TrainingConfig, samples: list[Sample]) -> None:
    lesson = Teacher(config, samples)
    lesson.losses(lesson.start(), torch.rand(1, 3, 64, 128) * 255, [], closing=True).total.backward()
    teacher: Yolox = lesson._teacher
    assert all(weights.grad is None for weights in teacher.parameters())
