"""From a run of `vehicles_fast.py` to `models/vehicles_fast.onnx`, as export.py does. Run as a program after it."""

from models.training.distil import Teacher
from models.training.export import run_program

if __name__ == "__main__":
    run_program(__doc__, "vehicles_fast", Teacher)
