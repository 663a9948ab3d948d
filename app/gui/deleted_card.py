"""What was deleted lately: brought back with a click, or forgotten before its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.gui.controls import Line, button, card, column, icon_row, label, row, tool
from app.gui.dates import day
from app.gui.storage_words import days_words
from app.gui.theme import space
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.operations.recently_deleted import RecentlyDeleted
    from app.store.deletions import Deletion

SHOWN_FIRST = 8
_ICONS = {"persona": "user", "conversation": "chat-circle"}


def deleted_card(
    found: Sequence[RecentlyDeleted],
    kept_days: int,
    *,
    every: bool,
    show_every: Callable[[], None],
    bring_back: Callable[[Deletion], None],
    forget: Callable[[Deletion], None],
) -> QFrame:
    """The last deleted first; the older ones when they are asked for."""
    frame, inside = card("deleted_card")
    inside.addWidget(label(tr("Recently deleted"), "strong"))
    if not found:
        words = tr(
            "Nothing was deleted. What you delete stays here for {days} days.", days=kept_days
        )
        inside.addWidget(label(words, "soft", name="deleted_none", wrap=True))
        return frame
    words = tr(
        "It is out of sight and teaches nothing. After {days} days it is forgotten for good.",
        days=kept_days,
    )
    inside.addWidget(label(words, "soft", wrap=True))
    shown = found if every else found[:SHOWN_FIRST]
    for each in shown:
        inside.addLayout(_row(each, bring_back, forget))
    if len(shown) < len(found):
        more = tr("Show all {count}", count=len(found))
        line = row()
        made = button("deleted_all", more, "plain", show_every)
        made.setToolTip(tr("What was deleted earlier, too"))
        line.addWidget(made)
        line.addStretch()
        inside.addLayout(line)
    return frame


def name_of(deletion: Deletion) -> str:
    """What a deleted thing is called."""
    if deletion.kind == "persona":
        return tr("{name}, with all conversations and adapters", name=deletion.persona)
    return deletion.title or tr("Untitled")


def _row(
    each: RecentlyDeleted,
    bring_back: Callable[[Deletion], None],
    forget: Callable[[Deletion], None],
) -> QHBoxLayout:
    deletion, name = each.deletion, name_of(each.deletion)
    key = f"{deletion.kind}_{deletion.id}"
    made = row(gap=space("small"))
    made.addWidget(icon_row(_ICONS[deletion.kind], "text_soft"))
    words = column(gap=2)
    words.addWidget(Line(name, f"deleted_{key}", ""))
    when = [] if deletion.kind == "persona" else [deletion.persona]
    when += [tr("deleted {day}", day=day(deletion.moment)), days_words(each.days_left)]
    words.addWidget(Line(" · ".join(when), f"deleted_when_{key}", "small"))
    made.addLayout(words, 1)
    back = button(f"bring_back_{key}", tr("Bring back"), "plain", lambda: bring_back(deletion))
    back.setAccessibleName(tr("Bring back {name}", name=name))
    back.setToolTip(tr("Have it again, as it was"))
    made.addWidget(back)
    tip = tr("Forget {name} now…", name=name)
    made.addWidget(tool(f"forget_now_{key}", "trash", tip, lambda: forget(deletion)))
    return made
