"""The report's pictures: how the loss fell, what was kept, and what was learned from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.evaluation.numbers import shown
from app.evaluation.page_markup import Html, element, joined
from app.words import Words

Points = Sequence[tuple[float, float]]
_SMOOTHING = 0.8
# More points than this lie closer than a line is wide.
_MOST_POINTS = 400
_WIDTH, _HEIGHT = 880, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 14, 46
_TICKS = 5


@dataclass(frozen=True)
class _Plane:
    """Where a step and a loss lie in the picture."""

    first: float
    last: float
    low: float
    high: float

    def x(self, step: float) -> float:
        share = (step - self.first) / ((self.last - self.first) or 1)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, loss: float) -> float:
        share = (loss - self.low) / (self.high - self.low)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    def line(self, points: Points, class_: str) -> Html:
        path = "L".join(f"{self.x(step)} {self.y(loss)}" for step, loss in points)
        return element("path", d=f"M{path}", class_=class_)


def smoothed(points: Points) -> list[tuple[float, float]]:
    """An exponential mean that is not pulled to zero at its beginning."""
    mean, weight, out = 0.0, 0.0, []
    for step, value in points:
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * value
        weight = _SMOOTHING * weight + (1 - _SMOOTHING)
        out.append((step, mean / weight))
    return out


def loss_curves(train: Points, valid: Points, words: Words) -> Html:
    """Training and validation loss by step; they differ by colour, by width and by dots."""
    calm = smoothed(train)
    every = [*calm, *valid]
    if not every:
        return Html("")
    steps = [step for step, _ in every]
    ticks = _ticks(min(loss for _, loss in every), max(loss for _, loss in every))
    plane = _Plane(min(steps), max(steps), ticks[0], ticks[-1])
    inside = [*_grid(plane, ticks), *_step_ticks(plane, words)]
    if train:
        inside += [_raw(plane, train), plane.line(_thinned(calm), "train")]
    if valid:
        inside += [plane.line(_thinned(valid), "valid"), *_dots(plane, valid, words)]
    name = _told(train, valid, words)
    svg = element(
        "svg", element("title", name), *inside, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img",
        aria_label=name,
    )  # fmt: skip
    return joined([element("div", svg, class_="chart"), _key(bool(train), bool(valid), words)])


def _raw(plane: _Plane, train: Points) -> Html:
    """The losses as they were; what goes far beyond the smoothed ones is cut at the edge."""
    far = plane.high - plane.low
    near = [(step, min(max(loss, plane.low - far), plane.high + far)) for step, loss in train]
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    return element(
        "svg", plane.line(_thinned(near), "raw"), x=_LEFT, y=_TOP, width=width, height=height,
        viewBox=f"{_LEFT} {_TOP} {width} {height}",
    )  # fmt: skip


def _told(train: Points, valid: Points, words: Words) -> str:
    """The picture in one sentence, for those who do not see it."""
    told = []
    for points, text in (
        (smoothed(train), words("What it learns from: from {first} to {last}.")),
        (valid, words("Held-out replies: from {first} to {last}, at best {best}.")),
    ):
        if points:
            best = min(loss for _, loss in points)
            values = {"first": points[0][1], "last": points[-1][1], "best": best}
            told.append(text.format(**{name: shown(each, "loss") for name, each in values.items()}))
    return " ".join([words("Loss by step of the training."), *told])


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from below the lowest to above the highest."""
    span = (high - low) or abs(high) or 1.0
    rough = span / _TICKS
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 5, 10) if size * each >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * each for each in range(first, max(last, first + 1) + 1)]


def _grid(plane: _Plane, ticks: Sequence[float]) -> list[Html]:
    small = ticks[1] - ticks[0]
    digits = max(0, -math.floor(math.log10(small))) if small < 1 else 0
    found = []
    for tick in ticks:
        y = plane.y(tick)
        found.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        found.append(
            element("text", f"{tick:.{digits}f}", x=_LEFT - 10, y=y + 4, text_anchor="end")
        )
    return found


def _step_ticks(plane: _Plane, words: Words) -> list[Html]:
    ticks = [tick for tick in _ticks(plane.first, plane.last) if plane.first <= tick <= plane.last]
    y = _HEIGHT - _BOTTOM + 18
    found = [
        element("text", f"{tick:g}", x=plane.x(tick), y=y, text_anchor="middle") for tick in ticks
    ]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [
        *found,
        element("text", words("step of the training"), x=middle, y=y + 21, text_anchor="middle"),
    ]


def _dots(plane: _Plane, valid: Points, words: Words) -> list[Html]:
    best = min(valid, key=lambda point: point[1])
    found = []
    for point in _thinned(valid):
        x, y = plane.x(point[0]), plane.y(point[1])
        class_ = "dot least" if point == best else "dot"
        found.append(element("circle", cx=x, cy=y, r=4, class_=class_))
    x, y = plane.x(best[0]), plane.y(best[1])
    text = words("best: {loss}", loss=shown(best[1], "loss"))
    anchor = "end" if x > _WIDTH * 0.8 else "start" if x < _WIDTH * 0.2 else "middle"
    above = y > _HEIGHT - _BOTTOM - 26
    place = y - 12 if above else y + 22
    return [*found, element("text", text, x=x, y=place, text_anchor=anchor, class_="least")]


def _key(train: bool, valid: bool, words: Words) -> Html:
    rows = []
    for there, class_, text in (
        (train, "train", words("what it learns from, smoothed")),
        (valid, "valid", words("held-out replies")),
    ):
        if there:
            line = element("line", x1=0, x2=22, y1=6, y2=6, class_=class_)
            mark = element("svg", line, viewBox="0 0 22 12", aria_hidden="true")
            rows.append(element("li", mark, text))
    return element("ul", *rows, class_="key")


def _thinned(points: Points) -> list[tuple[float, float]]:
    """Few enough points for a page; the first, the last and the lowest stay."""
    every = -(-len(points) // _MOST_POINTS)
    if every <= 1:
        return list(points)
    lowest = min(range(len(points)), key=lambda place: points[place][1])
    kept = {*range(0, len(points), every), lowest, len(points) - 1}
    return [points[place] for place in sorted(kept)]


def retention_bar(
    change: float, old: float | None, limit: float | None, reach: float, name: str
) -> Html:
    """How far a group moved from the base: to the right is forgotten; the line is the limit."""

    def place(value: float) -> float:
        return round(200 + 200 * max(-1.0, min(1.0, value / reach)), 1)

    def bar(value: float, y: int, height: int, class_: str) -> Html:
        left, right = sorted((200.0, place(value)))
        width = max(right - left, 1.5)
        return element("rect", x=left, y=y, width=width, height=height, class_=class_)

    inside = [bar(change, 6, 10, "loss" if limit is not None and change > limit else "gain")]
    if old is not None:
        inside.append(bar(old, 18, 5, "old"))
    lines = {"zero": 0.0} if limit is None else {"zero": 0.0, "limit": limit}
    for class_, value in lines.items():
        x = place(value)
        inside.append(element("line", x1=x, x2=x, y1=0, y2=28, class_=class_))
    return element(
        "svg", element("title", name), *inside, viewBox="0 0 400 28", preserveAspectRatio="none",
        role="img", aria_label=name,
    )  # fmt: skip


def shares_bar(counts: Sequence[float], name: str) -> Html:
    """Counts as parts of one bar."""
    total = sum(counts)
    if not total:
        return Html("")
    inside, x = [], 0.0
    for place, count in enumerate(counts):
        width = 1000 * count / total
        if width:
            gap = 2 if x + width < 1000 else 0
            shown_width = round(max(width - gap, 0.5), 2)
            inside.append(
                element(
                    "rect", x=round(x, 2), y=0, width=shown_width, height=24,
                    class_=f"share{min(place, 4)}",
                )
            )  # fmt: skip
        x += width
    return element(
        "svg", element("title", name), *inside, viewBox="0 0 1000 24", preserveAspectRatio="none",
        role="img", aria_label=name,
    )  # fmt: skip
