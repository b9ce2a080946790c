"""The training program of the plate reader on a few drawn plates: it learns, goes on after a stop, and is exported."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from models.training import plate_text  # noqa: E402 - after the check for PyTorch
from models.training.config import PlateTextConfig, load_config  # noqa: E402
from models.training.onnx_file import write_onnx  # noqa: E402

SMALL = ("batch=2", "heldout_plates=3", "evaluate_every=2", "loaders=0", "warmup_steps=2", "evaluation=nowhere")


def config(steps: int) -> PlateTextConfig:
    """The shipped configuration, made small."""
    return load_config(Path(plate_text.__file__).with_suffix(".yaml"), (*SMALL, f"steps={steps}"), PlateTextConfig)


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    plate_text.train(config(2), tmp_path)
    plate_text.train(config(4), tmp_path)
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [2, 4]
    assert plate_text.Trainer(config(4), tmp_path).step == 4


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in ("one", "other")]
    for run in runs:
        plate_text.train(config(2), run)
    one, other = (plate_text.Trainer(config(2), run).averaged.state_dict() for run in runs)
    assert all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the exporter's own
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_exported_reader_tells_what_the_trained_one_does(tmp_path: Path) -> None:
    small = config(1)
    model = plate_text.StripReader(small.channels, len(small.alphabet))
    strips = torch.rand(3, 1, small.strip_wh[1], small.strip_wh[0]) * 255
    file = tmp_path / "reader.onnx"
    write_onnx(model, file, [strips, strips[:1]], takes=("strips", {0: "batch"}), gives=("told", {0: "batch"}))
    assert file.stat().st_size > 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the exporter's own
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_file_that_gives_something_else_is_not_shipped(tmp_path: Path) -> None:
    class Moody(torch.nn.Module):
        calls = 0

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return values * self.calls  # the file holds what it was at the first call

    with pytest.raises(RuntimeError, match="differs from PyTorch"):
        write_onnx(Moody(), tmp_path / "moody.onnx", [torch.ones(1, 2)], takes=("a", {}), gives=("b", {}))
