"""Rows of a network under training become detections by the runtime's own rules, so that figures are the product's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from camera_pipeline.detect.accuracy import SCORE_FLOOR, Found
from camera_pipeline.detect.manifest import InputSpec, OutputFormat, OutputSpec
from camera_pipeline.detect.postprocess import Decoder, finish
from camera_pipeline.detect.preprocess import place
from models.training.manifest import NMS_IOU, input_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RowReader:
    """Reads the decoded rows of a detector of our own.

    Args:
        input_wh: size of the network's input, px.
        class_count: classes it tells apart.
    """

    def __init__(self, input_wh: tuple[int, int], class_count: int) -> None:
        self._spec = InputSpec.model_validate(input_of(input_wh))
        self._least = np.full(class_count, SCORE_FLOOR)
        self._decoder = Decoder(OutputSpec(format=OutputFormat.YOLOX), self._spec, tuple(self._least.tolist()))

    def read(self, rows: NDArray[np.float32], picture_wh: tuple[int, int]) -> Found:
        """Rows (anchors, 5 + classes) of one letterboxed picture to detections in the picture's own px."""
        found = self._decoder.decode(rows)
        seen = finish(found, place(picture_wh, self._spec), self._least, NMS_IOU, suppressed=False)
        return Found(seen.xyxy, seen.confidence, seen.class_id)
