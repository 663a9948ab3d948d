"""The same prompts answered before a training and after it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.evaluation.numbers import shown
from app.evaluation.page_reading import Part, number, text
from app.evaluation.page_replies import (
    AT_MOST,
    EACH_AT_FIRST,
    LONGEST_PROMPT,
    MOST_REPLIES,
    beginning,
)
from app.evaluation.page_words import REPLIES, SUBJECTS, named
from app.gui.controls import button, clear, column, label, row, rule
from app.gui.flow import Flow
from app.gui.message_body import MessageBody
from app.gui.reasons import report_words
from app.gui.theme import space
from app.gui.train_fold import Fold
from app.gui.translation import tr


class RepliesCard(QFrame):
    """By why a reply is shown: most changed, nearest to what was approved, farthest from it."""

    def __init__(self, replies: Sequence[Part], opened: set[str]) -> None:
        super().__init__()
        self.setObjectName("replies_card")
        self.setProperty("kind", "card")
        self._opened = opened
        self._by_why: dict[str, list[tuple[int, Part]]] = {}
        for place, reply in enumerate(replies[:MOST_REPLIES]):
            self._by_why.setdefault(text(reply.get("why")), []).append((place, reply))
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Before and after"), "strong"))
        self._place = column(gap=space("medium"))
        whys = list(self._by_why)
        chosen = next((why for why in whys if f"replies_{why}" in opened), whys[0])
        if len(whys) > 1:
            inside.addWidget(self._tabs(whys, chosen))
        inside.addLayout(self._place)
        self._show(chosen)

    def _tabs(self, whys: Sequence[str], chosen: str) -> Flow:
        line = Flow(gap=space("small"))
        tabs = QButtonGroup(self)
        for why in whys:
            name = named(REPLIES, why, report_words()) if why else tr("Others")
            made = button(
                f"replies_{why}", f"{name} ({len(self._by_why[why])})", "chip",
                tip=tr("Shows these replies alone"),
            )  # fmt: skip
            made.setCheckable(True)
            made.setChecked(why == chosen)
            made.clicked.connect(lambda _checked=False, why=why: self._choose(why))
            tabs.addButton(made)
            line.add(made)
        return line

    def _choose(self, why: str) -> None:
        self._opened -= {f"replies_{each}" for each in self._by_why}
        self._opened.add(f"replies_{why}")
        clear(self._place)
        self._show(why)

    def _show(self, why: str) -> None:
        of = self._by_why[why]
        self._place.addWidget(self._several(of[:EACH_AT_FIRST]))
        rest = of[EACH_AT_FIRST:]
        if rest:
            words = tr("{count} more", count=len(rest))
            fold = Fold(f"more_{why}", words, lambda: self._several(rest), self._opened)
            self._place.addWidget(fold)

    def _several(self, replies: Sequence[tuple[int, Part]]) -> QWidget:
        holder = QWidget()
        inside = column(holder, gap=space("medium"))
        for place, (at, reply) in enumerate(replies):
            if place:
                inside.addWidget(rule())
            inside.addLayout(self._reply(at, reply))
        return holder

    def _reply(self, at: int, reply: Part) -> QVBoxLayout:
        block = column(gap=space("small"))
        block.addWidget(label(_prompt(reply), "strong", wrap=True))
        change = number(reply.get("change"))
        if change is not None:
            told = tr(
                "Loss on the reply that you approved: {change}", change=shown(change, "change")
            )
            block.addWidget(label(told, "small", name=f"change_{at}"))
        before = "base" if _said(reply, "parent") is None else "parent"
        names = report_words()
        pair = row(gap=space("large"))
        for place, (title, subject) in enumerate(
            ((tr("Before"), before), (tr("After"), "candidate"))
        ):
            name = f"reply_{'candidate' if place else 'base'}_{at}"
            _add_side(pair, f"{title} · {names(SUBJECTS[subject])}", _said(reply, subject), name)
        block.addLayout(pair)
        others = [
            (title, said)
            for title, subject in (
                (tr("What you approved"), "wanted"),
                (names(SUBJECTS["base"]), "base" if before != "base" else ""),
                (names(SUBJECTS["prompted"]), "prompted"),
            )
            if (said := _said(reply, subject)) is not None
        ]
        if others:
            words = tr("What you approved, and the others")
            fold = Fold(f"others_{at}", words, lambda: _others(others, at), self._opened)
            block.addWidget(fold)
        return block


def _prompt(reply: Part) -> str:
    prompt = (_said(reply, "prompt") or "").strip()
    cut = prompt if len(prompt) <= LONGEST_PROMPT else f"{prompt[:LONGEST_PROMPT]}…"
    return cut or tr("(empty)")


def _said(reply: Part, subject: str) -> str | None:
    found = reply.get(subject)
    return found if isinstance(found, str) else None


def _others(others: Sequence[tuple[str, str]], at: int) -> QWidget:
    holder = QWidget()
    pair = row(holder, gap=space("large"))
    for place, (title, said) in enumerate(others):
        _add_side(pair, title, said, f"other_{place}_{at}")
    return holder


def _add_side(pair: QHBoxLayout, title: str, said: str | None, name: str) -> None:
    """One reply of a pair: its beginning, and the rest on a click."""
    side = column(gap=space("hair"))
    side.addWidget(label(title, "section", wrap=True))
    if said is None or not said.strip():
        words = tr("not asked") if said is None else tr("(empty)")
        side.addWidget(label(words, "soft", name=name))
    else:
        _add_body(side, said, name)
    side.addStretch()
    pair.addLayout(side, 1)


def _add_body(side: QVBoxLayout, said: str, name: str) -> None:
    body = MessageBody(markdown=True)
    body.setObjectName(name)
    side.addWidget(body)
    first = beginning(said)
    if first == said:
        body.show_text(said)
        return
    body.show_text(f"{first}…")

    def go_on() -> None:
        body.show_text(said[:AT_MOST])
        more.hide()
        if len(said) > AT_MOST:
            left = shown(len(said) - AT_MOST, "number")
            words = tr("Cut here: {count} more characters are not shown.", count=left)
            side.insertWidget(side.indexOf(more), label(words, "small", wrap=True))

    more = button(
            f"go_on_{name}", tr("Go on reading"), "fold", go_on, icon="caret-down",
            tip=tr("Shows the rest of this reply"),
        )  # fmt: skip
    side.addWidget(more, alignment=Qt.AlignmentFlag.AlignLeft)
