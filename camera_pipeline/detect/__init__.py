"""Frames become detections."""
