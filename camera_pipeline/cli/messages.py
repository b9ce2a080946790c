"""`events`: look at the event streams on Redis, count them, take them out."""
