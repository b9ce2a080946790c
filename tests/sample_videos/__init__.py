"""Tests of the sample videos and of the code that draws them."""
