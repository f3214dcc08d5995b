"""Charts: bars and lines as SVG, drawn on the server. Every colour by class; hatching beside colour; a title and a description.

The size is fixed, so that words stay as large as those of the page; the page puts a chart into an area that scrolls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LEFT, RIGHT, TOP, FOOT = 64, 12, 36, 34
HEIGHT = 272
SLOT, NARROW = 50, 26
"""How wide a bar's place is; where there are more than ``MANY``, the narrow one, and every second has its label."""
MANY = 20
LINES = 4
"""So many lines of the grid at most, besides the one at the foot."""
HATCHED = "lost"
"""The look that is hatched."""
HATCH = SafeString(
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M0 0v5" class="hatch"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: how large it is, and how it looks (a class: ``bar``, ``past``, ``lost``, ``third``)."""

    size: float
    look: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: parts from the foot up. ``said``: what it shows, in words. ``line``: a line across it. ``top``: words above it.
    ``is_now``: a dotted line stands before it.
    """

    label: str
    parts: tuple[Part, ...]
    said: str
    line: float | None = None
    top: str = ""
    is_now: bool = False

    @property
    def height(self) -> float:
        """How high it is, with its line."""
        return max(sum(part.size for part in self.parts), self.line or 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, from the first place on. ``look``: ``new`` or ``old``; ``label``: words behind its end."""

    points: tuple[float, ...]
    said: str
    look: str = "new"
    label: str = ""


def steps_of(highest: float) -> list[float]:
    """Where the lines of a grid are: round numbers from 0 on, the last one at least as high."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / LINES
    ten = 10 ** floor(log10(rough))
    step = next(ten * times for times in (1, 2, 2.5, 5, 10) if ten * times >= rough * 0.999)
    return [step * at for at in range(ceil(highest / step * 0.999) + 1)]


def bars(
    given: Sequence[Bar], *, name: str, title: str, description: str, written: Callable[[float], str], now: str = ""
) -> SafeString:
    """A chart of bars. ``name``: what its ids begin with; ``written``: a number of the axis; ``now``: words at the dotted line."""
    many = len(given) > MANY
    slot = NARROW if many else SLOT
    wide = slot * 0.55
    width = LEFT + slot * len(given) + RIGHT
    grid = steps_of(max((bar.height for bar in given), default=0))
    scale = (HEIGHT - TOP - FOOT) / grid[-1]
    foot = HEIGHT - FOOT
    shapes = []
    for at, bar in enumerate(given):
        middle = LEFT + slot * (at + 0.5)
        top = float(foot)
        drawn = []
        for part in bar.parts:
            if part.size > 0:
                high = part.size * scale
                top -= high
                drawn.append(_rectangle(middle - wide / 2, top, wide, high, part.look))
        if bar.line is not None:
            line = f"M{middle - wide / 2 - 5:.1f} {foot - bar.line * scale:.1f}h{wide + 10:.1f}"
            drawn.append(format_html('<path class="real" d="{}"/>', line))
        if drawn:
            shapes.append(format_html("<g><title>{}</title>{}</g>", bar.said, SafeString("".join(drawn))))
        if bar.top:
            shapes.append(_text(middle, min(top, foot - bar.height * scale) - 7, bar.top, "peak", "middle"))
        if not many or at % 2 == 0:
            shapes.append(_text(middle, foot + 20, bar.label, "now" if bar.is_now else "", "middle"))
        if bar.is_now:
            edge = LEFT + slot * at
            shapes.append(format_html('<path class="today" d="M{} 2V{}"/>', f"{edge:.1f}", foot))
            shapes.append(_text(edge + 6, 11, now, "now", "start"))
    body = SafeString("".join([_grid(grid, scale=scale, foot=foot, right=width - RIGHT, written=written), *shapes]))
    return _svg(name, title, description, (width, HEIGHT), body)


def lines(
    given: Sequence[Line],
    *,
    name: str,
    title: str,
    description: str,
    written: Callable[[float], str],
    labels: Sequence[str],
    below: str,
) -> SafeString:
    """A chart of lines between 0 and 1. ``labels``: of the places; ``below``: what the places are."""
    slot, room = 36, 90
    width = LEFT + slot * max(len(labels) - 1, 1) + room
    foot = HEIGHT - FOOT
    lowest = min((point for line in given for point in line.points), default=0)
    bottom = floor(lowest * 10 - 0.001) / 10 if lowest > 0.5 else 0.0
    step = 0.1 if bottom else 0.25
    grid = [bottom + at * step for at in range(round((1 - bottom) / step) + 1)]
    scale = (foot - TOP) / (1 - bottom)

    def place(at: int, point: float) -> str:
        return f"{LEFT + slot * at:.1f} {foot - (point - bottom) * scale:.1f}"

    shapes = [_grid(grid, scale=scale, foot=foot, right=width - room, written=written, bottom=bottom)]
    shapes += [_text(LEFT + slot * at, foot + 18, label, "", "middle") for at, label in enumerate(labels)]
    shapes.append(_text(LEFT, foot + 32, below, "", "start"))
    labels_drawn = []
    for line in given:
        if not line.points:
            continue
        path = "M" + "L".join(place(at, point) for at, point in enumerate(line.points))
        shapes.append(format_html('<path class="line {}" d="{}"><title>{}</title></path>', line.look, path, line.said))
        x, y = place(len(line.points) - 1, line.points[-1]).split()
        shapes.append(format_html('<circle class="end {}" cx="{}" cy="{}" r="3"/>', line.look, x, y))
        if line.label:
            labels_drawn.append(_text(float(x) + 9, float(y) + 4, line.label, f"lab {line.look}", "start"))
    body = SafeString("".join([*shapes, *labels_drawn]))  # no line runs over a label
    return _svg(name, title, description, (width, HEIGHT), body)


def _svg(name: str, title: str, description: str, size: tuple[int, int], body: SafeString) -> SafeString:
    return format_html(
        '<svg class="chart" width="{x}" height="{y}" viewBox="0 0 {x} {y}" role="img" aria-labelledby="{name}-t {name}-d">'
        '<title id="{name}-t">{title}</title><desc id="{name}-d">{said}</desc>{hatch}{body}</svg>',
        x=size[0],
        y=size[1],
        name=name,
        title=title,
        said=description,
        hatch=HATCH,
        body=body,
    )


def _rectangle(x: float, y: float, width: float, height: float, look: str) -> SafeString:
    return format_html(
        '<rect class="{look}"{fill} x="{x}" y="{y}" width="{width}" height="{height}"/>',
        look=look,
        fill=SafeString(' fill="url(#hatch)"') if look == HATCHED else "",
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        width=f"{width:.1f}",
        height=f"{height:.1f}",
    )


def _text(x: float, y: float, words: str, look: str, anchor: str) -> SafeString:
    return format_html(
        '<text class="{look}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>',
        look=look,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        anchor=anchor,
        words=words,
    )


def _grid(
    grid: Sequence[float],
    *,
    scale: float,
    foot: float,
    right: float,
    written: Callable[[float], str],
    bottom: float = 0,
) -> SafeString:
    return format_html_join(
        "",
        '<path class="grid" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (LEFT, f"{y:.1f}", right, LEFT - 8, f"{y + 4:.1f}", written(value))
            for value in grid
            for y in [foot - (value - bottom) * scale]
        ),
    )
