"""Measurements, by hand and (in a short form that asserts nothing about time) by CI."""
