"""The network that finds plates, what it is to say of a view, and how far it is from that.

Centre points (after Zhou et al., "Objects as Points", arXiv 1904.07850): every cell of 4 px says how likely a plate's
centre lies in it, how far the plate's sides are, and where within that box its corners lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from camera_pipeline.detect.model_checks import CELL_PX
from camera_pipeline.detect.plate_rectify import UNIT_CORNERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.training.plate_views import Marked

STEP_PX: Final = 16  # sides of the input are multiples of the coarsest stride
SIDE_PX: Final = 12.0  # distance of a side that the network says when it says nothing
PRIOR: Final = 0.01  # probability of a centre before training
BOX_WEIGHT, CORNER_WEIGHT, HULL_WEIGHT = 2.0, 2.0, 0.3


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class PlateNet(nn.Module):
    """Plain convolutions down to stride 16 and back up to stride 4.

    Args:
        channels: at strides 2, 4, 8 and 16.
    """

    def __init__(self, channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        a, b, c, d = channels
        self.at4 = nn.Sequential(_block(3, a, 2), _block(a, b, 2), _block(b, b))
        self.at8 = nn.Sequential(_block(b, c, 2), _block(c, c), _block(c, c))
        self.at16 = nn.Sequential(_block(c, d, 2), _block(d, d), _block(d, d))
        self.from16, self.from8 = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1)
        self.join8, self.join4 = _block(c, c), _block(b, b)
        self.tell = nn.Conv2d(b, 13, 1)
        self.register_buffer("unit", torch.tensor(UNIT_CORNERS).reshape(1, 8, 1, 1), persistent=False)
        nn.init.zeros_(self.tell.bias)
        nn.init.constant_(self.tell.bias[:1], float(np.log(PRIOR / (1 - PRIOR))))

    def forward(self, images: Tensor) -> Said:
        """Images N,3,H,W (BGR, 0..255) to what every cell says."""
        x4 = self.at4(images / 255 - 0.5)
        x8 = self.at8(x4)
        x8 = self.join8(F.relu(x8 + F.interpolate(self.from16(self.at16(x8)), scale_factor=2.0, mode="nearest")))
        x4 = self.join4(F.relu(x4 + F.interpolate(self.from8(x8), scale_factor=2.0, mode="nearest")))
        said = self.tell(x4)
        return Said(said[:, :1], torch.exp(said[:, 1:5].clamp(-4, 4)) * SIDE_PX, self.unit + 0.25 * said[:, 5:])


class Said(NamedTuple):
    """What every cell says.

    Attributes:
        centre: (N, 1, H/4, W/4) logit of a plate's centre.
        sides: (N, 4, H/4, W/4) left, top, right, bottom, px from the cell's centre.
        corners: (N, 8, H/4, W/4) x, y of the corners, fractions of that box.
    """

    centre: Tensor
    sides: Tensor
    corners: Tensor


class Deployed(nn.Module):
    """The network as it ships: `OutputFormat.CORNERS`."""

    def __init__(self, model: PlateNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Images N,3,H,W to N,13,H/4,W/4, with scores at local peaks only."""
        said = self.model(images)
        score = torch.sigmoid(said.centre)
        peak = (F.max_pool2d(score, 3, 1, 1) == score).float()
        return torch.cat((score * peak, said.sides, said.corners), dim=1)


class Target(NamedTuple):
    """What the cells of views ought to say; (N, ?, H/4, W/4) each.

    Attributes:
        heat: 1 at centres, falling off around them.
        counted: 0 where neither plate nor background is.
        weight: of sides and corners: near centres.
        sides: px.
        corners: fractions of the box; NaN where unknown.
    """

    heat: Tensor
    counted: Tensor
    weight: Tensor
    sides: Tensor
    corners: Tensor


def target_of(marked: Marked) -> Target:
    """What the cells of one view ought to say; without the first axis."""
    rows, columns = (side // CELL_PX for side in marked.image.shape[:2])
    heat, counted = np.zeros((1, rows, columns), np.float32), np.ones((1, rows, columns), np.float32)
    weight = np.zeros((1, rows, columns), np.float32)
    sides, corners = np.ones((4, rows, columns), np.float32), np.full((8, rows, columns), np.nan, np.float32)
    x, y = (np.arange(columns) + 0.5) * CELL_PX, (np.arange(rows)[:, None] + 0.5) * CELL_PX
    for x0, y0, x1, y1 in marked.ignore:
        counted[0][(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)] = 0
    largest_first = np.argsort(-np.prod(marked.boxes[:, 2:] - marked.boxes[:, :2], axis=1))
    for index in largest_first:
        x0, y0, x1, y1 = box = marked.boxes[index]
        spread = np.maximum((box[2:] - box[:2]) * 0.12, 0.6 * CELL_PX)
        middle = (np.floor((box[:2] + box[2:]) / 2 / CELL_PX) + 0.5) * CELL_PX  # of the cell that holds the centre
        hill = np.exp(-(((x - middle[0]) / spread[0]) ** 2 + ((y - middle[1]) / spread[1]) ** 2) / 2).astype(np.float32)
        heat[0] = np.maximum(heat[0], hill)
        near = hill > 0.4
        weight[0][near] = hill[near] / hill[near].sum()
        away = np.broadcast_arrays(x - x0, y - y0, x1 - x, y1 - y)
        sides[:, near] = np.stack(away)[:, near].clip(0.5)
        corners[:, near] = ((marked.corners[index] - box[:2]) / (box[2:] - box[:2])).reshape(8, 1)
        counted[0][hill > 0.99] = 1
    return Target(*(torch.from_numpy(part) for part in (heat, counted, weight, sides, corners)))


def stacked(targets: Sequence[Target]) -> Target:
    """Those of a batch."""
    return Target(*(torch.stack(parts) for parts in zip(*targets, strict=True)))


class Loss(NamedTuple):
    """Parts of the loss, a mean over the plates of the batch."""

    centre: Tensor
    box: Tensor
    corners: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.centre + BOX_WEIGHT * self.box + self.corners


def loss_of(said: Said, target: Target) -> Loss:
    """How far what is said is from what ought to be."""
    plates = target.weight.sum().clamp(min=1)
    likely = torch.sigmoid(said.centre).clamp(1e-5, 1 - 1e-5)
    at_centre = target.heat > 0.99
    missed = -((1 - likely) ** 2) * torch.log(likely) * at_centre
    false = -(likely**2) * torch.log(1 - likely) * (1 - target.heat) ** 4 * ~at_centre * target.counted
    shared = torch.minimum(said.sides, target.sides)
    inter = (shared[:, :1] + shared[:, 2:3]) * (shared[:, 1:2] + shared[:, 3:])
    area = [(sides[:, :1] + sides[:, 2:3]) * (sides[:, 1:2] + sides[:, 3:]) for sides in (said.sides, target.sides)]
    iou = inter / (area[0] + area[1] - inter)
    off = (torch.log(said.sides.clamp(min=0.5)) - torch.log(target.sides)).abs().mean(dim=1, keepdim=True)
    return Loss(
        (missed + false).sum() / plates,
        ((1 - iou + 0.3 * off) * target.weight).sum() / plates,
        _corner_loss(said.corners, target) / plates,
    )


def _corner_loss(corners: Tensor, target: Target) -> Tensor:
    """Known corners: how far off; unknown ones: whether they touch all sides of their box."""
    known = ~torch.isnan(target.corners[:, :1])
    off = (corners - torch.nan_to_num(target.corners)).abs().mean(dim=1, keepdim=True)
    points = corners.unflatten(1, (4, 2))
    hull = points.amin(dim=1).abs().mean(dim=1, keepdim=True) + (points.amax(dim=1) - 1).abs().mean(dim=1, keepdim=True)
    return ((CORNER_WEIGHT * off * known + HULL_WEIGHT * hull * ~known) * target.weight).sum()
