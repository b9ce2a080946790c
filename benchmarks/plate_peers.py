"""Read crops of number plates with another library, as its documents say.

    python benchmarks/plate_peers.py rapidocr|fast_plate_ocr FILE...

Runs in a Python that has the library installed and needs nothing of this project. Prints one line of JSON: the version,
and for every crop what was read, how sure, and the CPU seconds it took.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np

cv2.setNumThreads(1)
Read = Callable[[np.ndarray], tuple[str, float]]


def rapidocr() -> tuple[str, Read]:
    """PP-OCRv4 as RapidOCR brings it: finds lines of text, then reads them; top line first."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(image: np.ndarray) -> tuple[str, float]:
        lines: Any = engine(image)[0] or []
        lines = sorted(lines, key=lambda line: sum(y for _, y in line[0]))
        return "".join(line[1] for line in lines), min((float(line[2]) for line in lines), default=0.0)

    return version("rapidocr-onnxruntime"), read


def fast_plate_ocr() -> tuple[str, Read]:
    """Its model for plates of the whole world, which it fetches when it is first used."""
    from fast_plate_ocr import LicensePlateRecognizer

    recogniser = LicensePlateRecognizer("cct-xs-v1-global-model", providers=["CPUExecutionProvider"])

    def read(image: np.ndarray) -> tuple[str, float]:
        texts, sure = recogniser.run(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), return_confidence=True)
        text = texts[0].rstrip("_")
        return text, float(sure[0][: len(text)].min()) if text else 0.0

    return version("fast-plate-ocr"), read


def main() -> None:
    """Read every file once, after one that warms up."""
    name, read = {"rapidocr": rapidocr, "fast_plate_ocr": fast_plate_ocr}[sys.argv[1]]()
    pictures = [cv2.imread(path) for path in sys.argv[2:]]
    read(pictures[0])
    rows = []
    for picture in pictures:
        began_s = time.process_time()
        text, sure = read(picture)
        rows.append((text, sure, time.process_time() - began_s))
    print(json.dumps({"version": name, "rows": rows}))


if __name__ == "__main__":
    main()
