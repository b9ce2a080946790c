"""Golden events: what the sample video and the clips must give, byte for byte."""
