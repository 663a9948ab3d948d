"""The same questions as two runs answered them, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.evaluation.page_replies import AT_MOST, EACH_AT_FIRST, LONGEST_PROMPT, beginning
from app.gui.controls import button, card, column, label, row, rule
from app.gui.message_body import MessageBody
from app.gui.theme import space
from app.gui.train_fold import Fold
from app.gui.translation import tr
from app.operations.run_comparison import ReplyPair


def replies_card(replies: Sequence[ReplyPair], names: tuple[str, str], opened: set[str]) -> QFrame:
    """The first few, and the others on a click."""
    frame, inside = card("compare_replies")
    inside.addWidget(label(tr("Replies to the same questions"), "strong"))
    if not replies:
        words = tr("No question was put to both, or their replies were not kept.")
        inside.addWidget(label(words, "soft", name="compare_no_replies", wrap=True))
        return frame
    inside.addWidget(_several(list(enumerate(replies[:EACH_AT_FIRST])), names, opened))
    rest = list(enumerate(replies))[EACH_AT_FIRST:]
    if rest:
        words = tr("{count} more", count=len(rest))
        fold = Fold("compare_more", words, lambda: _several(rest, names, opened), opened)
        inside.addWidget(fold)
    return frame


def _several(
    replies: Sequence[tuple[int, ReplyPair]], names: tuple[str, str], opened: set[str]
) -> QWidget:
    holder = QWidget()
    inside = column(holder, gap=space("medium"))
    for place, (at, reply) in enumerate(replies):
        if place:
            inside.addWidget(rule())
        inside.addLayout(_reply(at, reply, names, opened))
    return holder


def _reply(at: int, reply: ReplyPair, names: tuple[str, str], opened: set[str]) -> QVBoxLayout:
    block = column(gap=space("small"))
    prompt = reply.prompt.strip()
    cut = prompt if len(prompt) <= LONGEST_PROMPT else f"{prompt[:LONGEST_PROMPT]}…"
    block.addWidget(label(cut or tr("(empty)"), "strong", wrap=True))
    pair = row(gap=space("large"))
    for name, said, side in zip(names, (reply.one, reply.other), ("one", "other"), strict=True):
        _add_side(pair, name, said, f"compared_{side}_{at}")
    block.addLayout(pair)
    wanted = reply.wanted
    if wanted is not None and wanted.strip():
        title = tr("What you approved")
        block.addWidget(Fold(f"wanted_{at}", title, lambda: _body(wanted, f"wanted_{at}"), opened))
    return block


def _add_side(pair: QHBoxLayout, title: str, said: str, name: str) -> None:
    side = column(gap=space("hair"))
    side.addWidget(label(title, "section", wrap=True))
    if said.strip():
        side.addWidget(_body(said, name))
    else:
        side.addWidget(label(tr("(empty)"), "soft", name=name))
    side.addStretch()
    pair.addLayout(side, 1)


def _body(said: str, name: str) -> QWidget:
    """A reply of any length: its beginning, and the rest on a click."""
    holder = QWidget()
    inside = column(holder)
    body = MessageBody(markdown=True)
    body.setObjectName(name)
    inside.addWidget(body)
    first = beginning(said)
    body.show_text(said if first == said else f"{first}…")
    if first != said:

        def go_on() -> None:
            body.show_text(said[:AT_MOST])
            more.hide()

        more = button(
            f"go_on_{name}", tr("Go on reading"), "fold", go_on, icon="caret-down",
            tip=tr("Shows the rest of this reply"),
        )  # fmt: skip
        inside.addWidget(more)
    return holder
