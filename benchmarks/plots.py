"""The benchmarks' pictures. Matplotlib is imported when one is drawn: the short form draws none and needs none."""
# ruff: noqa: PLC0415

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH_IN, HEIGHT_IN, DPI = 7.0, 3.0, 100  # 700 px: as wide as a page shows
COLOURS = ("#1f6f8b", "#e07a3f", "#5b8c5a", "#8a5a9e")


def bars(path: Path, title: str, values: Mapping[str, float]) -> None:
    """Draw named values as lying bars."""
    figure, axes = _figure()
    drawn = axes.barh(list(values), list(values.values()), color=COLOURS[0])
    axes.bar_label(drawn, fmt="%.1f", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title(title, fontsize=10)
    _save(figure, path)


def distribution(path: Path, title: str, delays_ms: Mapping[str, Sequence[float]], bound_ms: float) -> None:
    """Draw which share of the delays is below what."""
    import numpy as np

    figure, axes = _figure()
    for colour, (name, values) in zip(COLOURS, delays_ms.items(), strict=False):
        axes.plot(np.sort(values), np.linspace(0, 100, len(values)), color=colour, label=name)
    axes.axvline(bound_ms, color="grey", linestyle="--", linewidth=1)
    axes.axhline(95, color="grey", linestyle="--", linewidth=1)
    axes.set_xlim(0, max(bound_ms * 1.1, *(float(np.percentile(values, 99)) for values in delays_ms.values())))
    axes.set_xlabel("ms")
    axes.set_ylabel("% of frames")
    axes.legend(loc="lower right", fontsize=8)
    axes.set_title(title, fontsize=10)
    _save(figure, path)


def growth(path: Path, title: str, counts: Sequence[int], series: Mapping[str, Sequence[float]]) -> None:
    """Draw values over the number of cameras, an axis for each."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, layout="constrained")
    for place, (name, values) in enumerate(series.items(), 1):
        axes = figure.add_subplot(1, len(series), place)
        axes.plot(counts, values, "o-", color=COLOURS[place - 1])
        axes.plot([0, counts[-1]], [0, values[-1]], color="grey", linestyle="--", linewidth=1)
        axes.set_xlim(0)
        axes.set_ylim(0)
        axes.set_xlabel("cameras")
        axes.set_title(name, fontsize=9)
        axes.grid(alpha=0.3)
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


def _figure() -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
