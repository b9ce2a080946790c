"""Recorded files served as RTSP cameras."""
