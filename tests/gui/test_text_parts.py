"""Code in a reply must arrive whole, also while it is still being written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.gui.message_body import MessageBody, Prose
from app.gui.text_parts import LONG_PROSE, Part, text_parts
from app.gui.theme import install_theme


def test_prose_and_code_are_told_apart() -> None:
    parts = text_parts("Here:\n\n```python\nx = 1\n```\n\nNext: run it.")
    assert parts == [Part("Here:"), Part("x = 1", True, "python"), Part("Next: run it.")]


def test_an_open_block_runs_to_the_end() -> None:
    assert text_parts("a\n~~~\nx\n```\ny") == [Part("a"), Part("x\n```\ny", True, "")]


@given(st.text(alphabet="`~ab\n ", max_size=60))
def test_no_text_breaks_it_and_no_letter_is_lost(text: str) -> None:
    kept = "".join(part.text for part in text_parts(text))
    for letter in "ab":
        assert kept.count(letter) <= text.count(letter)
    if "`" not in text and "~" not in text:
        assert kept.split() == text.split()


def test_a_reply_cannot_bring_html_or_fetch_a_picture(qapp: QApplication) -> None:
    install_theme(qapp, "light")
    body = MessageBody(markdown=True)
    body.show_text('<img src="file:///etc/hostname"> <b>bold</b> ![x](file:///etc/hostname)')
    prose = body.findChild(Prose)
    assert prose is not None
    assert "<b>bold</b>" in prose.toPlainText()
    assert prose.toPlainText().endswith("x"), "a picture's words stand in its place"


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_picture_on_this_machine_is_not_opened(
    qapp: QApplication, tmp_path: Path, scheme: str
) -> None:
    """Nor one on a share in the network, which is opened by the same means."""
    install_theme(qapp, "light")
    red = QImage(200, 200, QImage.Format.Format_RGB32)
    red.fill(Qt.GlobalColor.red)
    assert red.save(str(tmp_path / "red.png"))
    body = MessageBody(markdown=True)
    place = f"{scheme}{tmp_path}/red.png"
    body.show_text(f'- see ![the plan]({place} "plan")\n- and\n\n[![go]({place})](https://e.x)')
    body.resize(400, 300)
    assert body.sizeHint().height() < 200
    prose = body.findChild(Prose)
    assert prose is not None
    assert prose.toPlainText() == "see the plan\nand\ngo"


def test_while_streaming_the_parts_before_stay(qapp: QApplication) -> None:
    install_theme(qapp, "light")
    body = MessageBody(markdown=True)
    body.show_text("One.\n\n```python\nx = 1\n```\n\nTw")
    before = body.findChildren(Prose)
    body.show_text("One.\n\n```python\nx = 1\n```\n\nTwo and more.")
    assert body.findChildren(Prose) == before
    assert before[-1].toPlainText() == "Two and more."


def test_a_long_reply_is_not_read_anew_with_every_word(qapp: QApplication) -> None:
    """The window would stand still for longer and longer while a long reply streams in."""
    paragraph = "A sentence of some length about something. " * 10
    long = "\n\n".join(f"{number} and more. {paragraph}".strip() for number in "abcdefgh")
    for cut in range(97, len(long), 97):
        pieces = text_parts(long[:cut])
        assert all(len(piece.text) < LONG_PROSE + 2 * len(paragraph) for piece in pieces)
        assert text_parts(long)[: len(pieces) - 1] == pieces[:-1], "what is above stays"
    assert "\n\n".join(piece.text for piece in text_parts(long)) == long


def test_a_long_list_stays_one_list() -> None:
    long = "\n\n".join(f"{number}. {'word ' * 40}\n\n   more of it" for number in range(1, 20))
    assert len(text_parts(long)) == 1
