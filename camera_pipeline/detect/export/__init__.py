"""Making models: checkpoints to ONNX, classes kept, weights quantised. The only part that may import `torch`, `onnx` or
`ultralytics`, and only when its commands run; nothing that watches cameras imports it.
"""
