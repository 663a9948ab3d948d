"""A comparison that finds no difference would let a page fall apart unseen."""

from __future__ import annotations

import base64

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from tests.gui.accepted import difference, small


def page(*parts: QRect, width: int = 1160) -> QImage:
    """A light page with dark parts on it."""
    made = QImage(width, 760, QImage.Format.Format_RGB32)
    made.fill(QColor("#F7F7F5"))
    painter = QPainter(made)
    for part in parts:
        painter.fillRect(part, QColor("#0F766E"))
    painter.end()
    return made


def kept(image: QImage) -> dict[str, object]:
    return {
        "size": [image.width(), image.height()], "grey": base64.b64encode(small(image)).decode(),
    }  # fmt: skip


def test_a_part_that_is_gone_or_moved_is_seen_and_another_word_is_not(qapp: QApplication) -> None:
    card = QRect(300, 100, 700, 300)
    accepted = kept(page(card))
    assert difference(page(card), accepted) == ""
    assert difference(page(card, QRect(320, 600, 60, 14)), accepted) == ""
    assert "plainly" in difference(page(), accepted)
    assert "plainly" in difference(page(card.translated(0, 200)), accepted)
    assert "px" in difference(page(card, width=1300), accepted)
