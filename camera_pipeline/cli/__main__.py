"""`python -m camera_pipeline.cli`: the command line where the console script is not on the path."""

from camera_pipeline.cli import main

main()
