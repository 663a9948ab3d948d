"""The replies of the report's page, before and after; whatever a model wrote, it stays text."""

from __future__ import annotations

from app.evaluation.numbers import shown
from app.evaluation.page_markup import Html, element, joined, titled
from app.evaluation.page_reading import Part, number, parts, text
from app.evaluation.page_words import REPLIES, SUBJECTS, named
from app.words import Words

MOST_REPLIES = 20
EACH_AT_FIRST = 3
# What is seen at first, what a click brings, and how much of a prompt stands above its replies.
_AT_FIRST, _LINES_AT_FIRST = 700, 14
AT_MOST = 10_000
LONGEST_PROMPT = 300


def replies(report: Part, words: Words) -> Html:
    """The same prompts before and after, by why they are shown."""
    rows = parts(report, "replies")[:MOST_REPLIES]
    inside: list[Html] = []
    for why in dict.fromkeys(text(row.get("why")) for row in rows):
        if why:
            inside.append(element("h3", named(REPLIES, why, words)))
        of = [_reply(row, words) for row in rows if text(row.get("why")) == why]
        inside += of[:EACH_AT_FIRST]
        if rest := of[EACH_AT_FIRST:]:
            summary = element("summary", words("{count} more", count=len(rest)))
            inside.append(element("details", summary, *rest))
    if not inside:
        return Html("")
    about = words(
        "The same questions, answered before the training and after it. The exam stops long replies"
        " early, so some end in mid-sentence."
    )
    return titled("replies", words("Before and after"), element("p", about, class_="soft"), *inside)


def _reply(row: Part, words: Words) -> Html:
    prompt = _text(row.get("prompt")) or ""
    cut = prompt if len(prompt) <= LONGEST_PROMPT else f"{prompt[:LONGEST_PROMPT]}…"
    heading = element("h4", cut.strip() or words("(empty)"), dir="auto")
    before = "base" if _text(row.get("parent")) is None else "parent"
    pair = [
        _side(words("Before"), words(SUBJECTS[before]), row.get(before), "side", words),
        _side(words("After"), words(SUBJECTS["candidate"]), row.get("candidate"), "side after",
              words),
    ]  # fmt: skip
    more = [
        _side(name, "", row.get(key), "side", words)
        for key, name in (
            ("wanted", words("What you approved")),
            ("base", words(SUBJECTS["base"]) if before != "base" else ""),
            ("prompted", words(SUBJECTS["prompted"])),
        )
        if name and _text(row.get(key)) is not None
    ]
    change = number(row.get("change"))
    told = words("Loss on the reply that you approved: {change}", change=shown(change, "change"))
    several = words("What you approved, and the others")
    summary = several if len(more) > 1 else words("What you approved")
    return element(
        "article",
        heading,
        element("p", told, class_="soft") if change is not None else "",
        element("div", *pair, class_="pair"),
        _more(more, summary),
        class_="reply",
    )


def _more(sides: list[Html], summary: str) -> Html:
    if not sides:
        return Html("")
    return element("details", element("summary", summary), element("div", *sides, class_="pair"))


def _side(title: str, who: str, said: object, class_: str, words: Words) -> Html:
    name = f"{title} · {who}" if who else title
    return element(
        "div", element("p", name, class_="name"), _said(_text(said), words), class_=class_
    )


def _said(said: str | None, words: Words) -> Html:
    """A reply of any length: its beginning, the rest on a click, and what is not shown at all."""
    if said is None:
        return element("p", words("not asked"), class_="said none")
    if not said.strip():
        return element("p", words("(empty)"), class_="said none")
    first = beginning(said)
    if first == said:
        return element("p", said, class_="said", dir="auto")
    rest, left = said[len(first) : AT_MOST], max(0, len(said) - AT_MOST)
    summary = element("summary", words("Go on reading"))
    note = words("Cut here: {count} more characters are not shown.", count=shown(left, "number"))
    return joined(
        [
            element("p", f"{first}…", class_="said", dir="auto"),
            element("details", summary, element("p", rest, class_="said", dir="auto")),
            element("p", note, class_="soft") if left else "",
        ]
    )


def beginning(said: str) -> str:
    """As much of a reply as is seen at a glance, to the end of a word where there is one."""
    first = "\n".join(said[: _AT_FIRST + 1].splitlines()[:_LINES_AT_FIRST])
    if len(said) <= _AT_FIRST and len(said.splitlines()) <= _LINES_AT_FIRST:
        return said
    first = said[: min(_AT_FIRST, len(first))]
    space = first.rfind(" ")
    return first[:space] if space > len(first) * 0.8 else first


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
