"""Draws the sample videos: meshes, traffic, camera, OpenGL renderer and truth; run by the scripts one folder up."""
