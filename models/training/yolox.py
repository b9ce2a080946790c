"""YOLOX-nano network in PyTorch, started from the COCO weights of its public ONNX file.

The layers are declared in the order in which the ONNX graph runs them, so weights are loaded by position. The
published file has batch normalisation folded into the convolutions; `insert_batch_norm` puts it back with statistics
measured on our own pictures, which leaves the function unchanged but lets training move at a normal learning rate, and
`fold_batch_norm` folds it again for export.

Architecture: Ge et al., "YOLOX: Exceeding YOLO Series in 2021" (arXiv 2107.08430), depth 0.33, width 0.25, depthwise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STRIDES: Final = (8, 16, 32)  # px of input per cell, of the three output levels
BATCH_NORM_EPSILON: Final = 1e-3  # as the YOLOX authors train it
BATCH_NORM_MOMENTUM: Final = 0.03
FOCUS_CHANNELS: Final = 12  # of the published stem: 2x2 blocks of 3 colours


class ConvBlock(nn.Module):
    """Convolution, normalisation (identity until inserted) and SiLU; `same` padding."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, groups=groups)
        self.norm: nn.Module = nn.Identity()
        self.act = nn.SiLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps N,C,H,W to N,outputs,H/stride,W/stride."""
        out: Tensor = self.act(self.norm(self.conv(x)))
        return out


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Depthwise 3x3 then pointwise 1x1, each normalised and activated."""
    return nn.Sequential(ConvBlock(inputs, inputs, 3, stride, inputs), ConvBlock(inputs, outputs, 1))


class Bottleneck(nn.Module):
    """1x1 then separable 3x3, added to the input where `shortcut`."""

    def __init__(self, channels: int, *, shortcut: bool) -> None:
        super().__init__()
        self.reduce = ConvBlock(channels, channels, 1)
        self.spatial = separable(channels, channels)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        out: Tensor = self.spatial(self.reduce(x))
        return out + x if self.shortcut else out


class CspLayer(nn.Module):
    """Cross-stage partial layer: half of the channels go through bottlenecks, half past them."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, *, shortcut: bool = False) -> None:
        super().__init__()
        hidden = outputs // 2
        self.main = ConvBlock(inputs, hidden, 1)
        self.bypass = ConvBlock(inputs, hidden, 1)
        self.blocks = nn.Sequential(*(Bottleneck(hidden, shortcut=shortcut) for _ in range(depth)))
        self.merge = ConvBlock(2 * hidden, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """N,inputs,H,W to N,outputs,H,W."""
        merged: Tensor = self.merge(torch.cat((self.blocks(self.main(x)), self.bypass(x)), dim=1))
        return merged


class SpatialPyramid(nn.Module):
    """Max pools of 5, 9 and 13 cells beside the input, as three chained 5x5 pools, which is equal and faster."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = ConvBlock(channels, channels // 2, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.merge = ConvBlock(channels * 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        x = self.reduce(x)
        pool5 = self.pool(x)
        pool9 = self.pool(pool5)
        merged: Tensor = self.merge(torch.cat((x, pool5, pool9, self.pool(pool9)), dim=1))
        return merged


class Backbone(nn.Module):
    """CSPDarknet with a stem of stride 2; returns the maps of stride 8, 16 and 32."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        w = width
        self.stem = ConvBlock(3, w, 6, 2)  # YOLOX's "focus" (pixel unshuffle + 3x3) as the equal 6x6 convolution
        self.stride4 = nn.Sequential(separable(w, 2 * w, 2), CspLayer(2 * w, 2 * w, 1, shortcut=True))
        self.stride8 = nn.Sequential(separable(2 * w, 4 * w, 2), CspLayer(4 * w, 4 * w, 3, shortcut=True))
        self.stride16 = nn.Sequential(separable(4 * w, 8 * w, 2), CspLayer(8 * w, 8 * w, 3, shortcut=True))
        self.stride32 = nn.Sequential(separable(8 * w, 16 * w, 2), SpatialPyramid(16 * w), CspLayer(16 * w, 16 * w, 1))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Images N,3,H,W (BGR, 0..255) to three maps of 4, 8 and 16 times `width` channels."""
        c3 = self.stride8(self.stride4(self.stem(images)))
        c4 = self.stride16(c3)
        return c3, c4, self.stride32(c4)


class Neck(nn.Module):
    """Path aggregation: coarse to fine, then fine to coarse."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        w = width
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.lateral5 = ConvBlock(16 * w, 8 * w, 1)
        self.merge4_down = CspLayer(16 * w, 8 * w)
        self.lateral4 = ConvBlock(8 * w, 4 * w, 1)
        self.merge3 = CspLayer(8 * w, 4 * w)
        self.shrink3 = separable(4 * w, 4 * w, 2)
        self.merge4_up = CspLayer(8 * w, 8 * w)
        self.shrink4 = separable(8 * w, 8 * w, 2)
        self.merge5 = CspLayer(16 * w, 16 * w)

    def forward(self, features: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Backbone maps to maps of the same shapes."""
        c3, c4, c5 = features
        lateral5 = self.lateral5(c5)
        lateral4 = self.lateral4(self.merge4_down(torch.cat((self.up(lateral5), c4), dim=1)))
        p3 = self.merge3(torch.cat((self.up(lateral4), c3), dim=1))
        p4 = self.merge4_up(torch.cat((self.shrink3(p3), lateral4), dim=1))
        return p3, p4, self.merge5(torch.cat((self.shrink4(p4), lateral5), dim=1))


class Head(nn.Module):
    """Decoupled head of one level: class branch, and box branch with objectness."""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.stem = ConvBlock(inputs, hidden, 1)
        self.class_branch = nn.Sequential(separable(hidden, hidden), separable(hidden, hidden))
        self.class_score = nn.Conv2d(hidden, classes, 1)
        self.box_branch = nn.Sequential(separable(hidden, hidden), separable(hidden, hidden))
        self.box = nn.Conv2d(hidden, 4, 1)
        self.objectness = nn.Conv2d(hidden, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """N,inputs,H,W to N,(4 box, 1 objectness, classes),H,W without sigmoid."""
        x = self.stem(x)
        scores = self.class_score(self.class_branch(x))
        boxes = self.box_branch(x)
        return torch.cat((self.box(boxes), self.objectness(boxes), scores), dim=1)


class Yolox(nn.Module):
    """The detector: images N,3,H,W (BGR 0..255, H and W multiples of 32) to raw rows N,anchors,5+classes.

    A row is (x, y) in cells relative to the anchor's cell, log width and height in cells, objectness logit and class
    logits; `decode` turns it into pixels. Anchors run over the levels in order of stride, row by row.
    """

    def __init__(self, classes: int, width: int = 16) -> None:
        super().__init__()
        self.backbone = Backbone(width)
        self.neck = Neck(width)
        self.heads = nn.ModuleList(Head(width * level, 4 * width, classes) for level in (4, 8, 16))

    def forward(self, images: Tensor) -> Tensor:
        """Raw rows N,anchors,5+classes."""
        levels = self.neck(self.backbone(images))
        rows = [head(level).flatten(2) for head, level in zip(self.heads, levels, strict=True)]
        return torch.cat(rows, dim=2).transpose(1, 2)


def anchor_grid(height_px: int, width_px: int) -> Tensor:
    """Anchors of an input size as rows (cell x, cell y, stride), in the order of the network's rows."""
    rows = []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height_px // stride), torch.arange(width_px // stride), indexing="ij")
        rows.append(torch.stack((x, y, torch.full_like(x, stride)), dim=-1).reshape(-1, 3))
    return torch.cat(rows).float()


def decode_boxes(raw: Tensor, grid: Tensor) -> Tensor:
    """Raw rows ...,anchors,4+ to boxes ...,anchors,4 as (centre x, centre y, width, height) in input px."""
    stride = grid[:, 2:]
    centres = (raw[..., :2] + grid[:, :2]) * stride
    return torch.cat((centres, raw[..., 2:4].exp() * stride), dim=-1)


def load_onnx_weights(model: Yolox, path: Path, coco_ids: tuple[int, ...]) -> None:
    """Fill `model` from the published YOLOX-nano ONNX file (80 COCO classes), or from one that was exported here.

    Args:
        model: network without batch normalisation whose width is the file's.
        path: the ONNX file; its convolutions are taken in graph order.
        coco_ids: for each of the model's classes the class of the file whose predictor it starts from.

    Raises:
        ValueError: the file's convolutions do not fit the network.
    """
    pairs = _pairs(model, path)
    class_layers = {id(head.class_score) for head in model.heads}
    for conv, values in pairs:
        weight, bias = values
        if id(conv) in class_layers:
            weight, bias = weight[list(coco_ids)], bias[list(coco_ids)]
        if conv is model.backbone.stem.conv and weight.shape[1] == FOCUS_CHANNELS:
            weight = focus_to_convolution(weight)
        if weight.shape != tuple(conv.weight.shape):
            raise ValueError(f"{path}: has a convolution {weight.shape}, expected {tuple(conv.weight.shape)}")
        conv.load_state_dict({"weight": torch.from_numpy(weight.copy()), "bias": torch.from_numpy(bias.copy())})


def _pairs(model: Yolox, path: Path) -> list[tuple[nn.Conv2d, tuple[np.ndarray, np.ndarray]]]:
    """Every convolution with its weight and bias in the file: by name in an export of ours, else in graph order."""
    graph = onnx.load(str(path)).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    own = {name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d)}
    names = [[f"model.{name}.{part}" for part in ("weight", "bias")] for name in own]
    if any(weight not in values for weight, _ in names):
        names = [list(node.input[1:3]) for node in graph.node if node.op_type == "Conv"]
    if len(names) != len(own):
        raise ValueError(f"{path}: {len(names)} convolutions where the network has {len(own)}")
    return [(conv, (values[one], values[two])) for conv, (one, two) in zip(own.values(), names, strict=True)]


def focus_to_convolution(weight: np.ndarray) -> np.ndarray:
    """The focus stem's weight (out, 12, 3, 3) as the equal stride-2 convolution (out, 3, 6, 6).

    Focus stacks the pixels of each 2x2 block as (top left, bottom left, top right, bottom right) x channel.
    """
    result = np.zeros((weight.shape[0], 3, 6, 6), weight.dtype)
    for block, (row, column) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        result[:, :, row::2, column::2] = weight[:, 3 * block : 3 * block + 3]
    return result


@torch.no_grad()
def insert_batch_norm(model: Yolox, images: Tensor) -> None:
    """Give every block a batch normalisation that reproduces the block's present output on `images` (N,3,H,W).

    Mean and variance of each convolution are measured in one pass; scale and shift undo them exactly.
    """
    blocks = [module for module in model.modules() if isinstance(module, ConvBlock)]
    outputs: dict[int, tuple[Tensor, Tensor]] = {}

    def measure(conv: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        outputs[id(conv)] = (output.mean((0, 2, 3)), output.var((0, 2, 3)))

    hooks = [block.conv.register_forward_hook(measure) for block in blocks]
    model.eval()(images)
    for hook in hooks:
        hook.remove()
    for block in blocks:
        mean, variance = outputs[id(block.conv)]
        norm = nn.BatchNorm2d(len(mean), BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM)
        statistics = {"running_mean": mean - block.conv.state_dict()["bias"], "running_var": variance}
        undo = {"weight": (variance + BATCH_NORM_EPSILON).sqrt(), "bias": mean}
        norm.load_state_dict({**statistics, **undo, "num_batches_tracked": torch.tensor(0)})
        block.conv.bias = None
        block.norm = norm


@torch.no_grad()
def recalibrate_batch_norm(model: Yolox, images: Tensor, batch: int) -> None:
    """Measure every normalisation's mean and variance anew on `images` (N,3,H,W), the average over its batches.

    Training's own statistics come from augmented views, which are darker and busier than what cameras see.
    """
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # cumulative average
    model.train()
    for part in images.split(batch):
        model(part)
    model.eval()


def fold_batch_norm(model: Yolox) -> None:
    """Fold every batch normalisation into its convolution, in place; for inference and export."""
    model.eval()
    for block in (module for module in model.modules() if isinstance(module, ConvBlock)):
        if isinstance(block.norm, nn.BatchNorm2d):
            block.conv = fuse_conv_bn_eval(block.conv, block.norm)
            block.norm = nn.Identity()
