"""The pages of the review, on NiceGUI: everything comes from this server, nothing from elsewhere."""
