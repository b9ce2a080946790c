"""The layout of a detector is found by looking at it, and what cannot be read is named with the cure."""

import pickle
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from camera_pipeline.detect.export.checkpoint import to_onnx
from camera_pipeline.detect.export.class_names import COCO, chosen, plain
from camera_pipeline.detect.export.graph import annotate, keep_classes
from camera_pipeline.detect.export.layout import DEFAULT_WH, look
from camera_pipeline.detect.manifest import OutputFormat, OutputSpec
from camera_pipeline.errors import ModelError
from camera_pipeline.pipeline.model_store import sample_frame

from .networks import (
    CLASSES,
    HEIGHT_PX,
    WIDTH_PX,
    plain_picture,
    write_model,
    yolov5,
    yolov8,
    yolov10,
    yolox_raw,
)

CELLS = sum((WIDTH_PX // stride) * (HEIGHT_PX // stride) for stride in (8, 16, 32))
PICTURE = plain_picture(WIDTH_PX, HEIGHT_PX, (120, 120, 120))


def rows(values: np.ndarray, count: int) -> np.ndarray:
    """As many rows as a network of this input has."""
    return np.concatenate([values, np.zeros((count - len(values), values.shape[1]), np.float32)])


def made(folder: Path, answer: np.ndarray, **options: object) -> Path:
    """A network that gives this answer."""
    write_model(folder, answer, {"format": "yolov8"}, **options)  # type: ignore[arg-type]
    return folder / "made.onnx"


def in_cells() -> np.ndarray:
    """Decoded YOLOX rows: every box in its own cell."""
    answer = yolox_raw()
    at = 0
    for stride in (8, 16, 32):
        for row in range(HEIGHT_PX // stride):
            for column in range(WIDTH_PX // stride):
                answer[at, :4] = (column + 0.4) * stride, (row + 0.6) * stride, stride, stride
                at += 1
    return answer


@pytest.mark.parametrize(
    ("answer", "form", "decoded", "classes", "channels"),
    [
        pytest.param(rows(yolov8().T, CELLS).T, OutputFormat.YOLOV8, True, 3, "rgb", id="scores by anchor"),
        pytest.param(rows(yolov5(), 3 * CELLS), OutputFormat.YOLOV5, True, 3, "rgb", id="three anchors a cell"),
        pytest.param(yolox_raw(), OutputFormat.YOLOX, False, 3, "bgr", id="boxes in cells"),
        pytest.param(in_cells(), OutputFormat.YOLOX, True, 3, "bgr", id="one anchor a cell, in pixels"),
        pytest.param(yolov10(), OutputFormat.YOLOV10, True, None, "rgb", id="finished boxes"),
    ],
)
def test_the_layout_is_found_by_looking(
    tmp_path: Path, answer: np.ndarray, form: OutputFormat, decoded: bool, classes: int | None, channels: str
) -> None:
    layout = look(made(tmp_path, answer), PICTURE)
    assert (layout.output.format, layout.output.decoded, layout.class_count) == (form, decoded, classes)
    assert layout.output.name == "found"
    assert layout.input.channels == channels
    assert layout.input.range == (0.0, 1.0)
    assert (layout.input.width_px, layout.input.height_px) == (WIDTH_PX, HEIGHT_PX)
    assert layout.input.dynamic_batch
    assert not layout.input.dynamic_size


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.zeros((3, 8, 4), np.float32), ("found (1, 3, 8, 4)", "not understood", "(N, 4 + classes, anchors)")),
        (np.zeros((17, 9), np.float32), ("found (1, 17, 9)", "not understood")),
        (rows(yolov8().T * 2, CELLS).T, ("scores reach", "1.80", "0..1")),
        (rows(yolov8().T * (0.01, 0.01, 0.01, 0.01, 1, 1, 1), CELLS).T, ("fractions of the picture", "pixels")),
        (np.add(yolox_raw(), (40, 40, 0, 0, 0, 0, 0, 0)), ("neither in pixels nor in cells",)),
    ],
    ids=["a map", "a strange number of rows", "scores above one", "boxes as fractions", "boxes elsewhere"],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, answer: np.ndarray, words: tuple[str, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        look(made(tmp_path, answer.astype(np.float32)), PICTURE)
    assert all(word in str(caught.value) for word in (*words, "made.onnx"))


def test_a_network_that_finds_nothing_in_what_is_black_to_it_gets_bytes(tmp_path: Path) -> None:
    dark = rows(yolov8().T * (1, 1, 1, 1, 0, 0, 0), CELLS).T  # scores come from the picture's brightness alone
    layout = look(made(tmp_path, dark, gain=0.005), PICTURE)
    assert layout.input.range == (0.0, 255.0)


@pytest.mark.parametrize(
    ("sides", "wanted", "expected"),
    [
        ((HEIGHT_PX, WIDTH_PX), None, (WIDTH_PX, HEIGHT_PX)),
        ((HEIGHT_PX, WIDTH_PX), (WIDTH_PX, HEIGHT_PX), (WIDTH_PX, HEIGHT_PX)),
        (("height", "width"), (WIDTH_PX, HEIGHT_PX), (WIDTH_PX, HEIGHT_PX)),
    ],
)
def test_the_size_is_the_files_or_the_wanted_one(
    tmp_path: Path, sides: tuple[int | str, int | str], wanted: tuple[int, int] | None, expected: tuple[int, int]
) -> None:
    layout = look(made(tmp_path, yolov10(), sides=sides), PICTURE, wanted)
    assert (layout.input.width_px, layout.input.height_px) == expected


def test_a_free_size_is_the_one_it_was_exported_with_or_the_usual_one(tmp_path: Path) -> None:
    file = made(tmp_path, yolov10(), sides=("height", "width"))
    assert (look(file, PICTURE).input.width_px, look(file, PICTURE).input.height_px) == DEFAULT_WH
    annotate(file, {"imgsz": "[96, 160]", "names": "{0: 'car', 1: 'traffic light'}", "license": "AGPL-3.0"})
    layout = look(file, PICTURE)
    assert (layout.input.width_px, layout.input.height_px) == (160, 96)
    assert layout.names == ("car", "traffic light")
    assert layout.licence == "AGPL-3.0"


@pytest.mark.parametrize("names", ["car, bus", "{0: ", "7", "'car'", "", "None"])
def test_notes_of_other_exporters_are_no_names(tmp_path: Path, names: str) -> None:
    file = made(tmp_path, rows(yolov8().T, CELLS).T)
    annotate(file, {"names": names, "imgsz": names})
    assert look(file, PICTURE).names == ()


@pytest.mark.parametrize(
    ("wanted", "words"), [((32, 32), "no other size"), ((WIDTH_PX + 1, HEIGHT_PX), "no other size")]
)
def test_another_size_than_a_fixed_one_is_refused(tmp_path: Path, wanted: tuple[int, int], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        look(made(tmp_path, yolov10()), PICTURE, wanted)


def test_a_size_off_the_grid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="multiples of multiple_of"):
        look(made(tmp_path, yolov10(), sides=("height", "width")), PICTURE, (100, 100))


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot load it"):
        look(tmp_path / "made.onnx", PICTURE)


@pytest.mark.parametrize(
    ("answer", "form", "axis"),
    [(yolov8(), OutputFormat.YOLOV8, 0), (yolov5(), OutputFormat.YOLOV5, 1), (yolox_raw(), OutputFormat.YOLOX, 1)],
)
def test_kept_classes_stand_in_the_order_asked_for(
    tmp_path: Path, answer: np.ndarray, form: OutputFormat, axis: int
) -> None:
    source, target = made(tmp_path, answer), tmp_path / "kept.onnx"
    output = keep_classes(source, target, OutputSpec(name="found", format=form), [2, 0])
    onnx.checker.check_model(str(target))
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    (given,) = session.run([output.name], {"images": np.zeros((1, 3, HEIGHT_PX, WIDTH_PX), np.float32)})
    before = 4 if form is OutputFormat.YOLOV8 else 5
    columns = [*range(before), before + 2, before]
    np.testing.assert_array_equal(given[0], answer.take(columns, axis=axis))


def test_no_class_is_taken_out_of_finished_boxes(tmp_path: Path) -> None:
    output = OutputSpec(name="found", format=OutputFormat.YOLOV10)
    with pytest.raises(ModelError, match="leave out --keep"):
        keep_classes(made(tmp_path, yolov10()), tmp_path / "kept.onnx", output, [0])


def test_names_are_written_as_rules_write_them() -> None:
    written = [plain(name) for name in ("Traffic Light", "car", " fire  hydrant ")]
    assert written == ["traffic_light", "car", "fire_hydrant"]
    assert len(set(COCO)) == 80
    assert [COCO[one] for one in (0, 1, 2, 3, 5, 7, 9, 79)] == [
        "person",
        "bicycle",
        "car",
        "motorcycle",
        "bus",
        "truck",
        "traffic_light",
        "toothbrush",
    ]
    assert chosen(CLASSES, ["person", "car"]) == [2, 0]


@pytest.mark.parametrize(("keep", "words"), [(["tram"], "has no tram; it has car"), (["car", "car"], "twice")])
def test_classes_to_keep_must_be_there_once(keep: list[str], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        chosen(CLASSES, keep)


def checkpoint(path: Path, pickled: bytes, member: str = "archive/data.pkl") -> Path:
    """A file of the form that PyTorch writes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, pickled)
    return path


def test_nothing_in_a_checkpoint_is_run_to_see_what_it_is(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (str(tmp_path / "sprung"),))

    with pytest.raises(ModelError, match="no network that is known"):
        to_onnx(checkpoint(tmp_path / "a.pt", pickle.dumps(Trap(), 2)), tmp_path / "a.onnx", DEFAULT_WH)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pt", None, "no such file"),
        ("a.pt", b"weights", "neither ONNX nor a checkpoint"),
        ("a.pt", pickle.dumps({"epoch": 3}, 2), "only weights"),
    ],
    ids=["missing", "another kind of file", "weights without a network"],
)
def test_a_checkpoint_that_cannot_be_read_is_named_with_the_cure(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None and content.startswith(b"\x80"):
        checkpoint(path, content)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=words) as caught:
        to_onnx(path, tmp_path / "a.onnx", DEFAULT_WH)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("module", "package"), [(b"ultralytics.nn.tasks", "ultralytics"), (b"models.yolo", "torch")], ids=["new", "old"]
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(tmp_path: Path, module: bytes, package: str) -> None:
    if package in _installed():
        pytest.skip(f"{package} is installed here")
    path = checkpoint(tmp_path / "a.pt", b"\x80\x02c" + module + b"\nModel\n.")
    with pytest.raises(ModelError, match=rf"needs {package}, which is not installed.*camera-pipeline\[export\]"):
        to_onnx(path, tmp_path / "a.onnx", DEFAULT_WH)


def _installed() -> set[str]:
    return {name for name in ("torch", "ultralytics") if find_spec(name)}


def test_a_yolov5_checkpoint_gives_what_its_own_export_gives(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="checkpoints need PyTorch, which the runtime does without")
    weights = shared_data / "weights"
    to_onnx(weights / "yolov5n_coco.pt", tmp_path / "a.onnx", (320, 192))
    image = np.random.default_rng(0).uniform(0, 1, (2, 3, 192, 320)).astype(np.float32)
    ours, theirs = (
        onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(None, {"images": image})[0]
        for file in (tmp_path / "a.onnx", weights / "yolov5n_coco.onnx")
    )
    np.testing.assert_allclose(ours, theirs, atol=0.01)  # px


@pytest.mark.parametrize(
    ("name", "form", "decoded", "wh", "value_range"),
    [
        ("yolov5n_coco", OutputFormat.YOLOV5, True, DEFAULT_WH, (0.0, 1.0)),
        ("yolox_nano", OutputFormat.YOLOX, False, (416, 416), (0.0, 255.0)),
    ],
)
def test_published_networks_are_understood(
    shared_data: Path,
    name: str,
    form: OutputFormat,
    decoded: bool,
    wh: tuple[int, int],
    value_range: tuple[float, float],
) -> None:
    layout = look(shared_data / "weights" / f"{name}.onnx", sample_frame().picture)
    assert (layout.output.format, layout.output.decoded, layout.class_count) == (form, decoded, len(COCO))
    assert (layout.input.width_px, layout.input.height_px) == wh
    assert layout.input.range == value_range
    assert [plain(one) for one in layout.names] in ([], list(COCO))
