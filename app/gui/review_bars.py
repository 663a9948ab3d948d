"""The topics of what was approved, against the guide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.gui.controls import Line, column, row
from app.gui.review_words import topic_name
from app.gui.theme import space, theme
from app.gui.translation import tr
from app.operations.reviewing import TopicShare
from replay.measures.topics import TOPIC_GUIDE

# Of fewer approved replies a share says nothing yet.
JUDGED_FROM = 20

BAR_PX, GUIDE_PX = 6, 12


class ShareBar(QWidget):
    """A share as a bar; a bracket around where the guide would have it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(GUIDE_PX)
        self._share = self._least = self._most = 0.0

    def show_share(self, share: float, least: float, most: float) -> None:
        self._share, self._least, self._most = share, least, most
        self.update()

    def paintEvent(self, event: Any) -> None:
        look = theme().look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        wide, top = self.width() - 1, (GUIDE_PX - BAR_PX) / 2
        painter.setBrush(look.colour("pressed"))
        painter.drawRoundedRect(QRectF(0, top, wide, BAR_PX), 3, 3)
        painter.setBrush(look.colour("accent"))
        painter.drawRoundedRect(QRectF(0, top, wide * self._share, BAR_PX), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.colour("text_soft"), 1.5))
        guide = QRectF(wide * self._least, 1, wide * (self._most - self._least), GUIDE_PX - 2)
        painter.drawRoundedRect(guide, 2, 2)
        painter.end()


class TopicBars(QWidget):
    """One bar for each topic that the guide speaks of."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("review_topics")
        self._parts = {topic: (Line("", "", "small"), ShareBar()) for topic in TOPIC_GUIDE}
        inside = row(self, gap=space("large"))
        for words, bar in self._parts.values():
            both = column(gap=2)
            both.addWidget(words)
            both.addWidget(bar)
            inside.addLayout(both, 1)
        self.show_shares(())

    def show_shares(self, shares: Iterable[TopicShare]) -> None:
        """How the approved replies are spread; nothing is said while there are none."""
        known = {each.topic: each for each in shares}
        total = sum(each.count for each in known.values())
        for topic, (words, bar) in self._parts.items():
            least, most = TOPIC_GUIDE[topic]
            share = known[topic].share if topic in known else 0.0
            bar.show_share(share, least, most)
            words.setText(_words(topic, share, least, most, total))
            tip = tr(
                "{topic}: {share} of what is approved; the guide says {least} to {most}",
                topic=topic_name(topic),
                share=f"{share:.0%}",
                least=f"{least:.0%}",
                most=f"{most:.0%}",
            )
            for part in (words, bar):
                part.setToolTip(tip)
                part.setAccessibleName(tip)


def _words(topic: str, share: float, least: float, most: float, approved: int) -> str:
    name, part = topic_name(topic), f"{share:.0%}"
    if not approved:
        return name
    if approved < JUDGED_FROM:
        return tr("{topic} {share}", topic=name, share=part)
    if share < least:
        return tr("{topic} {share}, too little", topic=name, share=part)
    if share > most:
        return tr("{topic} {share}, too much", topic=name, share=part)
    return tr("{topic} {share}, as it should be", topic=name, share=part)
