"""Hand-drawn SVG: one panel with axes, whose colours a page or a style sheet of its own gives.

The panels are small on purpose: three stand side by side on a desk and one fills a phone, and their
text stays readable on both. Marks carry classes instead of colours, so that the same panel is drawn
on light and on dark. Every mark may carry a `<title>`, which browsers show on hover.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 40, 12, 46

LIGHT = (
    "svg{background:#fff;color:#1f2328;font-family:system-ui,-apple-system,'Segoe UI',Roboto,"
    "'DejaVu Sans',sans-serif}"
    ".grid{stroke:#d0d7de}.axis{fill:#57606a}.mine{stroke:#0969a8;fill:#0969a8}"
    ".other{stroke:#b35900;fill:#b35900}.limit{stroke:#b3261e;fill:#b3261e}"
    ".band{fill:#0969a8}.quiet{stroke:#57606a;fill:#57606a}"
)
"""Colours of a panel that stands alone."""

SHAPES = (
    ".grid{stroke-width:1}.axis{font-size:12.5px}.line{fill:none;stroke-width:2;"
    "stroke-linejoin:round}.dashed{stroke-dasharray:5 4}.dotted{stroke-dasharray:1.5 3}"
    ".thin{stroke-width:1.2}.band{fill-opacity:.16;stroke:none}.label{font-size:12.5px;stroke:none}.title{font-weight:600}"
    ".dot{stroke:none}.whisker{stroke-width:1.5}"
)
"""What a panel needs wherever it is drawn."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """From data to pixels along one axis; logarithmic where asked for."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Pixel of a value; outside values are held at the edge."""
        held = min(max(value, self.low), self.high)
        low, high = (math.log10(v) if self.log else v for v in (self.low, self.high))
        place = (math.log10(held) if self.log else held) - low
        return self.start + (self.end - self.start) * place / ((high - low) or 1.0)


def across(low: float, high: float) -> Scale:
    """Scale of the horizontal axis."""
    return Scale(low=low, high=high, start=LEFT, end=WIDTH - RIGHT)


def upward(low: float, high: float, *, log: bool = False) -> Scale:
    """Scale of the vertical axis."""
    return Scale(low=low, high=high, start=HEIGHT - BOTTOM, end=TOP, log=log)


def ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """Round numbers within the range, roughly that many.

    Example:
        >>> ticks(0.0, 0.1)
        [0.0, 0.02, 0.04, 0.06, 0.08, 0.1]
    """
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * min((1, 2, 5, 10), key=lambda s: abs(s * power - raw))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def panel(*, name: str, description: str, marks: Iterable[str], alone: bool) -> str:
    """An SVG image.

    Args:
        name: accessible name, the chart's title with its n.
        description: what is drawn, in a sentence.
        marks: elements, back to front.
        alone: a file of its own, on white with its title drawn; else part of a page.
    """
    head = 40 if alone else 0
    size = f'viewBox="0 {-head} {WIDTH} {HEIGHT + head}"'
    fixed = f' width="{WIDTH * 1.5:g}" height="{(HEIGHT + head) * 1.5:g}"' if alone else ""
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    style = f"<style>{LIGHT}{SHAPES}</style>" if alone else ""
    lines = name.split(": ", 1) if alone else []
    title = "".join(
        text(10, 16 * place - 24, words, "label title", anchor="start", fill="currentColor")
        for place, words in enumerate(lines)
    )
    body = "".join(marks)
    label = escape(f"{name}. {description}")
    return f'<svg{space} {size}{fixed} role="img" aria-label="{label}">{style}{title}{body}</svg>'


def text(
    x: float, y: float, words: str, kind: str, *, anchor: str = "middle", fill: str | None = None
) -> str:
    """One line of text."""
    colour = f' fill="{fill}"' if fill else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}"{colour}>{escape(words)}</text>'


def line(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through points in pixels; nothing for fewer than two."""
    if len(points) < 2:
        return ""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{path}" class="line {kind}"/>'


def area(low: Sequence[tuple[float, float]], high: Sequence[tuple[float, float]]) -> str:
    """A band between two lines in pixels."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in (*low, *reversed(high)))
    return f'<path d="M{path}Z" class="band"/>' if len(low) > 1 else ""


def dot(x: float, y: float, words: str, kind: str, *, radius: float = 2.4) -> str:
    """A point that says `words` on hover."""
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"'
    return f'<circle {place} class="dot {kind}"><title>{escape(words)}</title></circle>'


def segment(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight stroke."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def y_axis(scale: Scale, places: Sequence[tuple[float, str]], title: str) -> list[str]:
    """Grid lines, their labels and the axis title, which runs upward."""
    middle = (scale.start + scale.end) / 2
    turned = (
        f'<text transform="translate(11 {middle:.1f}) rotate(-90)" text-anchor="middle" '
        f'class="axis">{escape(title)}</text>'
    )
    lines = [segment(LEFT, scale(v), WIDTH - RIGHT, scale(v), "grid") for v, _ in places]
    names = [text(LEFT - 5, scale(v) + 4, words, "axis", anchor="end") for v, words in places]
    return [*lines, *names, turned]


def x_axis(scale: Scale, places: Sequence[tuple[float, str]], title: str) -> list[str]:
    """Labels below the panel and the axis title."""
    low = HEIGHT - BOTTOM
    names = [text(scale(v), low + 16, words, "axis") for v, words in places]
    middle = (scale.start + scale.end) / 2
    return [*names, text(middle, HEIGHT - 8, title, "axis")]
