"""Train the fast variant of the vehicle detector: a slimmer network that learns from the default one.

Run as a program, by `make train-vehicles-fast`. Interrupted runs continue from the last finished epoch.
"""

from models.training.distil import Teacher
from models.training.vehicles import run_program

if __name__ == "__main__":
    run_program(__doc__, "vehicles_fast", Teacher)
