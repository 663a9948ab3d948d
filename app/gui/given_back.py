"""What an adapter gave back, or why nobody can tell: shown before it leaves in an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.gui.controls import card, clear, column, icon_row, label, row, scrolled
from app.gui.flow import Scrolling
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain

if TYPE_CHECKING:
    from app.operations.sharing import GivesBack, NotKnown, Quote


class GivenBackFace(QWidget):
    """The sentences stand here and nowhere else; the buttons stand in the dialog's row."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("given_back")
        self._title = label("", "title", name="given_back_title", wrap=True)
        self._why = label("", "", name="given_back_why", wrap=True)
        self._next = label("", "soft", name="given_back_next", wrap=True)
        holder = Scrolling()
        holder.setProperty("kind", "clear")
        self._quotes = column(holder, margins=(0, 0, space("small"), 0), gap=space("small"))
        self._scroll = scrolled(holder)
        head = row(gap=space("small"))
        head.addWidget(icon_row("warning-circle", "danger"))
        head.addWidget(self._title, 1)
        inside = column(self, gap=space("medium"))
        inside.addLayout(head)
        inside.addWidget(self._why)
        inside.addWidget(self._next)
        inside.addWidget(self._scroll, 1)

    def show_given_back(self, error: GivesBack) -> None:
        """How much came back, the worst of it word for word, and what can be done."""
        check = error.check
        self._title.setText(tr("{who} gives back what it learned", who=error.who))
        self._why.setText(
            tr(
                "It learned {learned} replies. Asked for {asked} of them, it said {count} word for"
                " word, and its base alone does not. Whoever has the adapter can have them said.",
                asked=f"{check.asked:,}", learned=f"{check.of:,}",
                count=f"{len(check.given_back):,}",
            )
        )  # fmt: skip
        self._fill(error.quotes, len(check.given_back))
        self._next.setText(
            tr(
                "Share the persona without its adapters. Or forget or mask these replies, train"
                " anew, and clean up the older adapters. For an archive of your own it makes no"
                " difference."
            )
        )
        self.setAccessibleName(f"{self._title.text()}. {self._why.text()}")

    def show_not_known(self, error: NotKnown) -> None:
        """Why nothing could be found out, and what to do."""
        cause = error.__cause__
        self._title.setText(tr("Nobody can tell what {who} gives back", who=error.who))
        if isinstance(cause, Exception):
            trouble = explain(cause)
            why, then = trouble.text, trouble.next_step
        else:
            why, then = tr(error.why), tr(error.then)
        self._why.setText(why)
        self._fill((), 0)
        self._next.setText(" ".join(filter(None, (tr("Nothing was written."), then))))
        self.setAccessibleName(f"{self._title.text()}. {why}")

    def _fill(self, quotes: tuple[Quote, ...], found: int) -> None:
        clear(self._quotes)
        for quote in quotes:
            frame, inside = card("given_back_quote", "question")
            inside.addWidget(label(_how(quote), "section", wrap=True))
            inside.addWidget(label(quote.text, "", name="given_back_text", wrap=True))
            self._quotes.addWidget(frame)
        if found > len(quotes):
            more = tr("and {count} more", count=f"{found - len(quotes):,}")
            self._quotes.addWidget(label(more, "soft", name="given_back_more"))
        self._quotes.addStretch()


def _how(quote: Quote) -> str:
    """What a quotation is, and how it was asked for."""
    what = tr("Personal data") if quote.personal else tr("Words: {count}", count=quote.words)
    if quote.begun:
        return f"{what} · {tr('after it was given how the reply begins')}"
    return f"{what} · {tr('to the question alone')}"
