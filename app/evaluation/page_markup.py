"""Markup that nothing from outside can break: what is not Html is escaped where it goes in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

# Controls, what turns or hides text, line ends of other kinds, halves of pairs, non-characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n?")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def plain(text: object) -> str:
    """A text with everything that is not seen, or that turns other text around, made visible."""
    # Not as Unicode's pictures of controls, which many systems have no letters for.
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", _LINE_ENDS.sub("\n", str(text)))


def safe(text: object) -> Html:
    """What a reader may see of a text, whatever stands in it."""
    return text if isinstance(text, Html) else Html(html.escape(plain(text)))


def joined(parts: Iterable[object]) -> Html:
    """Parts one after the other, each of them safe."""
    return Html("".join(safe(part) for part in parts))


def element(tag: str, /, *inside: object, **attributes: object) -> Html:
    """An element; `class_` is class, `aria_label` aria-label, and None leaves an attribute out."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(plain(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Html(f"<{tag}{told}>{joined(inside)}</{tag}>")


_SHAPES = {
    "check": "M3 8.5 6.5 12 13 4.5",
    "cross": "M4 4 12 12M12 4 4 12",
    "question": "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9 8 10M8 12.6v.1",
    "look": "M1.5 8C4 3.8 12 3.8 14.5 8 12 12.2 4 12.2 1.5 8ZM8 6.2a1.8 1.8 0 1 0 .01 0",
    "up": "M8 13V3M3.5 7.5 8 3l4.5 4.5",
    "down": "M8 3v10M3.5 8.5 8 13l4.5-4.5",
    "level": "M3 6h10M3 10h10",
    "warning": "M8 2 1.5 13.5h13ZM8 6.5v3.2M8 11.6v.1",
}


def icon(name: str) -> Html:
    """A small picture; the words beside it say the same."""
    path = element("path", d=_SHAPES[name])
    return element("svg", path, class_="icon", viewBox="0 0 16 16", aria_hidden="true")


def table(head: Iterable[object], *bodies: Html, name: str) -> Html:
    """A table that scrolls by itself where the window is narrow."""
    row = element("tr", *(element("th", each, scope="col") for each in head))
    inside = element("table", element("thead", row), *bodies)
    return element("div", inside, class_="wide", role="region", aria_label=name, tabindex=0)


def titled(name: str, title: str, *inside: object) -> Html:
    """A section of the page with its heading; nothing inside, no section."""
    if not any(inside):
        return Html("")
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *inside, id=name, aria_labelledby=f"{name}-title")
