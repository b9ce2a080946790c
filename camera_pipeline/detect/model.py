"""A model on disk becomes an ONNX Runtime session that was tried once. The only file that knows ONNX Runtime.

Loaded at start; run by the main loop's thread. Everything that can be wrong with a model is found here, at load, not
in the first frame of the night.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import Manifest, Task, read_manifest
from camera_pipeline.detect.model_checks import check_input, check_output, check_output_name
from camera_pipeline.errors import InferenceError, ModelError
from camera_pipeline.machine import integer_instructions

log = logging.getLogger(__name__)

_TRIAL_PICTURES = 3  # odd, so that a kernel that works on pairs shows itself
_DIGEST_CHARS = 16  # 64 bits: enough to tell models of one server apart
_CPU_PROVIDERS = ("CPUExecutionProvider", "OpenVINOExecutionProvider")
_PACKAGE = Path(__file__).resolve().parent.parent
_MODEL_FOLDERS = (_PACKAGE.parent / "models", _PACKAGE / "_data" / "models")  # in a checkout; in an installed wheel
_ONNX_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    *(
        kind
        for kind in vars(ort.capi.onnxruntime_pybind11_state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
)  # ONNX Runtime's own exceptions have no common base


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded network.

    Attributes:
        manifest: what it is.
        confidence: least score of each class, by class id.
        batch: pictures that the network takes at once; None where any number will do.
    """

    manifest: Manifest
    confidence: tuple[float, ...]
    batch: int | None
    _session: ort.InferenceSession

    @property
    def version(self) -> str:
        """Name and digest, `name@digest`, as events carry it."""
        return f"{self.manifest.name}@{self.manifest.sha256[:_DIGEST_CHARS]}"

    def run(self, pictures: NDArray[Any]) -> NDArray[np.float32]:
        """Run the network.

        Args:
            pictures: (N, channels, H, W) of the manifest's dtype.

        Returns:
            the output as the manifest describes it, float32.

        Raises:
            InferenceError: the network failed.
        """
        try:
            (output,) = self._session.run([self.manifest.output.name], {self.manifest.input.name: pictures})
        except _ONNX_ERRORS as error:
            raise InferenceError(f"model {self.version} failed on {pictures.shape}: {error}") from error
        return np.asarray(output, np.float32)


def load_model(settings: DetectorSettings, task: Task = Task.DETECTION) -> Model:
    """Load, check and try the configured model.

    Raises:
        ModelError: the model is missing, wrong, for another task, or was changed since its manifest was written.
    """
    path = find_manifest(chosen_model(settings, integer_instructions()))
    manifest = read_manifest(path)
    if manifest.task is not task:
        raise ModelError(f"{path}: is a model for {manifest.task}, but here one for {task} is needed; name another one")
    file = path.parent / manifest.file
    _check_file(file, manifest)
    session = _open(file, settings)
    batch = check_input(session, file, manifest)
    check_output_name(session, file, manifest)
    least = manifest.confidence_of_classes()
    if settings.confidence is not None:
        least = (settings.confidence,) * len(least)
    model = _try_out(Model(manifest, least, batch, session), file, settings.max_batch)
    providers = ", ".join(session.get_providers())
    log.info("model %s, %s, on %s, %d thread(s)", model.version, manifest.precision, providers, settings.threads)
    return model


def chosen_model(settings: DetectorSettings, instructions: Sequence[str]) -> str:
    """Return the model that suits the processor, by name or path.

    Args:
        settings: what is configured.
        instructions: those that multiply 8-bit integers at once, of this processor.
    """
    if settings.int8_model is None:
        return settings.model
    if any(provider not in _CPU_PROVIDERS for provider in settings.providers[:1]):
        chosen, why = settings.model, "it does not run on the processor"
    elif not instructions:
        chosen, why = settings.model, "this processor has no instruction for 8-bit integers (VNNI, AMX, dot product)"
    else:
        chosen, why = settings.int8_model, f"this processor has {', '.join(instructions)}"
    log.info("of %s and %s it takes %s: %s", settings.model, settings.int8_model, chosen, why)
    return chosen


def find_manifest(model: str) -> Path:
    """Return the manifest of a shipped model by its name, or of any model by its path.

    Raises:
        ModelError: there is no such model.
    """
    if model.endswith((".yaml", ".yml")):
        return Path(model)
    folder = _model_folder()
    path = folder / f"{model}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.yaml"))) or "none"
        raise ModelError(
            f"there is no model '{model}' in {folder}; shipped models: {known}. "
            "Set detector.model to one of these, or to the path of a manifest (.yaml)"
        )
    return path


def manifests(folder: Path | None = None) -> list[Path]:
    """Return the manifests in a folder, in order of name; None: of the models that ship.

    Raises:
        ModelError: there is none.
    """
    place = folder or _model_folder()
    found = sorted(place.glob("*.yaml"))
    if not found:
        raise ModelError(f"{place}: holds no manifest (.yaml); name a folder of models, or install the package again")
    return found


def _model_folder() -> Path:
    return next((folder for folder in _MODEL_FOLDERS if folder.is_dir()), _MODEL_FOLDERS[0])


def _check_file(file: Path, manifest: Manifest) -> None:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: the model file cannot be read ({error}); put it beside its manifest") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != manifest.sha256:
        raise ModelError(
            f"{file}: sha256 is {digest}, but its manifest says {manifest.sha256}; the file is damaged or another one. "
            "Fetch it again, or, if you changed it on purpose, write the new sha256 into the manifest"
        )
    if manifest.size_bytes not in (None, len(content)):
        raise ModelError(
            f"{file}: has {len(content)} bytes, but its manifest says {manifest.size_bytes}; mend size_bytes there"
        )


def _open(file: Path, settings: DetectorSettings) -> ort.InferenceSession:
    available = ort.get_available_providers()
    missing = [provider for provider in settings.providers if provider not in available]
    if missing:
        raise ModelError(
            f"ONNX Runtime on this machine has no {', '.join(missing)}; it has {', '.join(available)}. "
            "Set detector.providers to these, or install the onnxruntime package that brings the missing one"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the CPU to the decoders
    options.log_severity_level = 3  # errors; they come as exceptions too
    try:
        session = ort.InferenceSession(str(file), options, providers=list(settings.providers))
    except _ONNX_ERRORS as error:
        raise ModelError(f"{file}: ONNX Runtime {ort.__version__} cannot load it: {error}") from error
    silent = [provider for provider in settings.providers if provider not in session.get_providers()]
    if silent:
        raise ModelError(f"{file}: {', '.join(silent)} could not be started; see ONNX Runtime's notes on its drivers")
    return session


def _try_out(model: Model, file: Path, max_batch: int) -> Model:
    """Run the model on noise, and compare what comes out with what the manifest promises.

    Returns:
        the model; with a fixed batch if that is what it takes to make a picture's result independent of the others.
    """
    spec = model.manifest.input
    count = model.batch or _TRIAL_PICTURES
    shape = (count, spec.channel_count, spec.height_px, spec.width_px)
    noise = np.random.default_rng(0).uniform(*spec.range, shape).astype(spec.dtype)
    try:
        together = model.run(noise)
        check_output(together, count, file, model.manifest)
        if model.batch is not None:
            return model
        alone = np.concatenate([model.run(noise[row : row + 1]) for row in range(count)])
    except InferenceError as error:
        raise ModelError(f"{file}: the model loads, but does not run: {error}") from error
    if np.array_equal(together, alone):
        return model
    log.warning("%s: its results depend on the batch size here; every batch is filled up to %d", file, max_batch)
    return replace(model, batch=max_batch)
