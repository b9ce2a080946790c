"""The composition root: the only place that sees all stages, and joins them into one straight line."""
