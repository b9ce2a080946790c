"""Tests of the review: services, REST API, pages."""
