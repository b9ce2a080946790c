"""Cameras and recorded files become frames."""
