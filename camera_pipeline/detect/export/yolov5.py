"""Checkpoints of YOLOv5 (releases 5 and 6), which are pickled modules, as a network that can be exported.

The layers are written anew from the names and attributes in the file; nothing in it is executed: only the classes below
and PyTorch's own layers are made from it. Needs `torch`. `ultralytics` itself no longer reads these files.
"""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from camera_pipeline.errors import ModelError


class Conv(nn.Module):
    """Convolution, batch normalisation, activation."""

    def forward(self, x: Tensor) -> Tensor:
        """N,C,H,W to N,C',H/stride,W/stride."""
        out: Tensor = self.act(self.bn(self.conv(x)))
        return out


class Bottleneck(nn.Module):
    """1x1 and 3x3, added to the input where shapes allow."""

    def forward(self, x: Tensor) -> Tensor:
        """N,C,H,W to N,C',H,W."""
        out: Tensor = self.cv2(self.cv1(x))
        return x + out if self.add else out


class C3(nn.Module):
    """Two branches, one of them through bottlenecks, joined again."""

    def forward(self, x: Tensor) -> Tensor:
        """N,C,H,W to N,C',H,W."""
        out: Tensor = self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))
        return out


class SPP(nn.Module):
    """Max pools of several sizes side by side."""

    def forward(self, x: Tensor) -> Tensor:
        """N,C,H,W to N,C',H,W."""
        x = self.cv1(x)
        out: Tensor = self.cv2(torch.cat([x, *(pool(x) for pool in self.m)], 1))
        return out


class SPPF(nn.Module):
    """One max pool three times in a row, which equals SPP."""

    def forward(self, x: Tensor) -> Tensor:
        """N,C,H,W to N,C',H,W."""
        x = self.cv1(x)
        once = self.m(x)
        twice = self.m(once)
        out: Tensor = self.cv2(torch.cat((x, once, twice, self.m(twice)), 1))
        return out


class Focus(nn.Module):
    """The pixels of each 2x2 block as channels, then a convolution: the stem of release 5."""

    def forward(self, x: Tensor) -> Tensor:
        """N,3,H,W to N,C,H/2,W/2."""
        parts = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        out: Tensor = self.conv(torch.cat(parts, 1))
        return out


class Concat(nn.Module):
    """Maps joined along an axis."""

    def forward(self, x: list[Tensor]) -> Tensor:
        """Maps of one size to one."""
        return torch.cat(x, self.d)


class Detect(nn.Module):
    """The head: maps of each level to rows of boxes in pixels, objectness and class scores."""

    def forward(self, x: list[Tensor]) -> Tensor:
        """Maps N,C,H,W to rows N,anchors,5+classes."""
        rows = []
        for level, layer in enumerate(self.m):
            out = layer(x[level])
            height, width = out.shape[2:]
            out = out.view(-1, self.na, self.no, height, width).permute(0, 1, 3, 4, 2).sigmoid()
            stride = self.stride[level]
            lines, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
            xy = (out[..., :2] * 2 - 0.5 + torch.stack((columns, lines), 2)) * stride
            wh = (out[..., 2:4] * 2) ** 2 * (self.anchors[level] * stride).view(1, self.na, 1, 1, 2)
            rows.append(torch.cat((xy, wh, out[..., 4:]), 4).view(out.shape[0], -1, self.no))
        return torch.cat(rows, 1)


class Model(nn.Module):
    """The layers in their order; each names the earlier ones it takes."""

    def forward(self, images: Tensor) -> Tensor:
        """Images N,3,H,W (RGB, 0..1) to rows N,anchors,5+classes."""
        outputs: list[Any] = []
        value: Any = images
        for layer in self.model:
            if layer.f != -1:
                sources = [layer.f] if isinstance(layer.f, int) else layer.f
                taken = [value if source == -1 else outputs[source] for source in sources]
                value = taken[0] if isinstance(layer.f, int) else taken
            value = layer(value)
            outputs.append(value)
        return torch.as_tensor(value)


_OWN = (Conv, Bottleneck, C3, SPP, SPPF, Focus, Concat)
_LAYERS = (
    (nn.Sequential, "container"),
    (nn.ModuleList, "container"),
    (nn.Conv2d, "conv"),
    (nn.BatchNorm2d, "batchnorm"),
    (nn.SiLU, "activation"),
    (nn.Hardswish, "activation"),
    (nn.LeakyReLU, "activation"),
    (nn.Identity, "linear"),
    (nn.MaxPool2d, "pooling"),
    (nn.Upsample, "upsampling"),
)
_SAFE: list[Any] = [
    *((own, f"models.common.{own.__name__}") for own in _OWN),
    *((layer, f"torch.nn.modules.{part}.{layer.__name__}") for layer, part in _LAYERS),
    (Detect, "models.yolo.Detect"),
    (Model, "models.yolo.Model"),
    (Model, "models.yolo.DetectionModel"),
    (builtins.set, "__builtin__.set"),
    (np.dtype, "numpy.dtype"),
    (np.ndarray, "numpy.ndarray"),
    (np.empty(0).__reduce__()[0], "numpy.core.multiarray._reconstruct"),
    (np.float64().__reduce__()[0], "numpy.core.multiarray.scalar"),
    np.dtypes.Float64DType,
]


def load_yolov5(checkpoint: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """Return the network of a checkpoint, float32, ready to run, and the names of its classes.

    Raises:
        ModelError: it holds other things than YOLOv5's layers.
    """
    try:
        with torch.serialization.safe_globals(_SAFE):
            content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch names pickle's, zip's and its own errors
        raise ModelError(f"{checkpoint}: is not a YOLOv5 detector that is known here: {error}") from error
    model = content.get("ema") or content["model"]
    for layer in model.modules():
        if isinstance(layer, nn.Upsample):
            layer.recompute_scale_factor = None  # files of older PyTorch lack it
    names = model.names.values() if isinstance(model.names, dict) else model.names
    return model.float().eval(), tuple(str(name) for name in names)
