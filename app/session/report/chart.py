"""Charts as inline SVG: axes with round ticks, lines, bars, points with intervals. No script, no other file."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final, TypeAlias

Points: TypeAlias = Sequence[tuple[float, float]]
WIDTH: Final = 860
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 14, 30


@dataclass(slots=True)
class Chart:
    """A plot on which things are drawn in order; x and y in the data's own units."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: int = 240
    title: str = ""
    unit: str = ""
    _drawn: list[str] = field(default_factory=list)

    def place_x(self, value: float) -> float:
        """Where a value of x is (px)."""
        low, high = self.x
        return _LEFT + (value - low) / ((high - low) or 1.0) * (WIDTH - _LEFT - _RIGHT)

    def place_y(self, value: float) -> float:
        """Where a value of y is (px, downwards)."""
        low, high = self.y
        return self.height - _BOTTOM - (value - low) / ((high - low) or 1.0) * (self.height - _TOP - _BOTTOM)

    def line(self, points: Points, css: str) -> None:
        """A line through points, in order."""
        path = " ".join(f"{self.place_x(x):.1f},{self.place_y(y):.1f}" for x, y in points)
        self._drawn.append(f'<polyline class="{css}" points="{path}"/>')

    def bar(self, span: tuple[float, float], level: tuple[float, float], css: str, tip: str) -> None:
        """A bar over a span of x, between two values of y."""
        left, right = self.place_x(span[0]), self.place_x(span[1])
        top, bottom = sorted((self.place_y(level[0]), self.place_y(level[1])))
        shape = f'x="{left + 1:.1f}" y="{top:.1f}" width="{max(right - left - 2, 1):.1f}" height="{bottom - top:.1f}"'
        self._drawn.append(f'<rect class="{css}" {shape}><title>{escape(tip)}</title></rect>')

    def point(self, x: float, y: float, half: float | None, tip: str) -> None:
        """A point with its interval of `half` to each side; an unknown interval leaves the point hollow."""
        px, py = self.place_x(x), self.place_y(y)
        if half is not None:
            low, high = self.place_y(y - half), self.place_y(y + half)
            self._drawn.append(f'<line class="whisker" x1="{px:.1f}" x2="{px:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>')
        css = "point" if half is not None else "point hollow"
        shape = f'cx="{px:.1f}" cy="{py:.1f}" r="4"'
        self._drawn.append(f'<circle class="{css}" {shape}><title>{escape(tip)}</title></circle>')

    def svg(self, x_ticks: Sequence[tuple[float, str]]) -> str:
        """The chart with its axes."""
        right, bottom = WIDTH - _RIGHT, self.height - _BOTTOM
        axes = []
        for value in round_ticks(*self.y):
            y = self.place_y(value)
            css = "zero" if value == 0 else "grid"
            axes.append(f'<line class="{css}" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
            axes.append(f'<text class="tick end" x="{_LEFT - 6}" y="{y + 4:.1f}">{value:g}</text>')
        for value, words in x_ticks:
            x = self.place_x(value)
            axes.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
            axes.append(f'<text class="tick middle" x="{x:.1f}" y="{bottom + 18}">{escape(words)}</text>')
        unit = f'<text class="unit" x="{_LEFT - 44}" y="{_TOP - 3}">{escape(self.unit)}</text>'
        head = f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{escape(self.title)}">'
        return head + "".join(axes) + unit + "".join(self._drawn) + "</svg>"


def round_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values from low to high, about as many as wanted."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    step = 10.0 ** math.floor(math.log10(span / wanted))
    step *= next((f for f in (1.0, 2.0, 5.0) if span / (step * f) <= wanted), 10.0)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def padded(values: Sequence[float], share: float = 0.08) -> tuple[float, float]:
    """Limits around values and 0, with some room."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = share * ((high - low) or 1.0)
    return (low - room if low < 0 else low, high + room)


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """(class, words) of what is drawn."""
    items = "".join(f'<span><i class="key {css}"></i>{escape(words)}</span>' for css, words in entries)
    return f'<p class="legend">{items}</p>'


def time_ticks(low_ns: float, high_ns: float, words: Callable[[int], str]) -> list[tuple[float, str]]:
    """Whole minutes or hours between two times, at most nine."""
    minute = 60_000_000_000
    for step in (1, 5, 10, 15, 30, 60, 120, 240):
        if (high_ns - low_ns) / (step * minute) <= 9:
            break
    first = math.ceil(low_ns / (step * minute))
    last = math.floor(high_ns / (step * minute))
    return [(n * step * minute, words(n * step * minute)) for n in range(first, last + 1)]
