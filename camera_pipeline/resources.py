"""Where the files that come with the package lie: models, example configurations, the sample video."""

from pathlib import Path

from camera_pipeline.errors import UserError

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_data", _PACKAGE.parent)  # installed from a wheel; in a checkout


def resource(name: str) -> Path:
    """Return the path of a file or folder that comes with the package, e.g. `configs/demo.yaml`.

    Raises:
        UserError: it is not there.
    """
    for root in _ROOTS:
        if (root / name).exists():
            return root / name
    raise UserError(f"{name} does not come with this installation\n    cure: install the package again")
