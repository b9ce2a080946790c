"""Tracks become events, and events reach their readers."""
