"""Making models: checkpoints to ONNX, classes kept. The only part that may import `torch`, `onnx` or
`ultralytics`, and only when its commands run; nothing that watches cameras imports it.
"""
