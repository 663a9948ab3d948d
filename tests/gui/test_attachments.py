"""What is attached reaches the model whole, and what cannot be attached never freezes or floods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
)
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.attachment_text import MOST_SHOWN
from app.gui.composer import Composer
from app.gui.message_body import MessageBody
from app.gui.text_parts import harmless, shortened
from app.gui.theme import Choice, install_theme
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.operations import chat
from app.operations.attaching import MOST_ATTACHMENTS, Attachment, attach, parts_of
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener, Picture
from tests.gui.test_chat import LEFT, answered, find
from tests.gui.waiting import wait_until

COPY, NO_KEYS = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
NOTES = "- milk\n- bread\n\n```\nnot the end\n```\n- eggs"
LONG = "A line of a log that somebody pastes.\n" * 60


def _window(open_window: Opener, store: Store, *look: str) -> MainWindow:
    homes.add_personas(store, "Sunny")
    return open_window(*look)


def _composer(window: MainWindow) -> Composer:
    return find(window, Composer, "composer")


def _names(window: MainWindow) -> list[str]:
    return [each.name for each in _composer(window).tray.attachments]


def _give(window: MainWindow, qtbot: QtBot, *paths: Path) -> None:
    """Attach files as the button and the drop do, and wait until they are read."""
    with qtbot.waitSignal(window.chat.files_read, timeout=30_000):
        _composer(window).files_given.emit(list(paths))


def _paste(window: MainWindow, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    find(window, QTextEdit, "composer_text").paste()


def _file(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _refused(window: MainWindow) -> str:
    line = find(window, QLabel, "attachment_refused_words")
    return line.text() if line.isVisible() else ""


def _send(window: MainWindow, qtbot: QtBot, question: str, messages: int = 2) -> None:
    editor = find(window, QTextEdit, "composer_text")
    qtbot.keyClicks(editor, question)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: answered(window, messages))


def _drag(paths: Sequence[Path]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_a_file_is_stored_and_read_as_a_named_block_before_the_question(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    _give(window, qtbot, _file(tmp_path, "notes.md", NOTES))
    assert _names(window) == ["notes.md"]
    _send(window, qtbot, "What is missing?")
    said = attach("What is missing?", [Attachment("notes.md", NOTES)])
    first = window.chat.model.rows[0]
    assert first.message_id is not None and store.messages.get(first.message_id).content == said
    assert {"role": "user", "content": said} in model.asked[-1][0]
    talk = window.chat.talk.conversation
    assert talk is not None and talk.title == "What is missing?"
    assert _names(window) == [] and not find(window, QWidget, "attachment_tray").isVisible()


def test_a_message_shows_its_question_and_its_attachment_folded(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    _give(window, qtbot, _file(tmp_path, "a<b>&.md", NOTES))
    _send(window, qtbot, "What is missing?")
    message = find(window, QWidget, "message_0")
    assert find(message, QTextBrowser, "").toPlainText() == "What is missing?"
    assert message.findChild(QPlainTextEdit, "attachment_text") is None
    chip = find(message, QPushButton, "attached_0")
    assert "a<b>&&.md" in chip.text() and "characters" in chip.text()
    qtbot.mouseClick(chip, LEFT)
    assert find(message, QPlainTextEdit, "attachment_text").toPlainText() == NOTES
    qtbot.mouseClick(chip, LEFT)
    wait_until(qtbot, lambda: message.findChild(QPlainTextEdit, "attachment_text") is None)
    assert "notes" not in message.accessibleName() and "missing" in message.accessibleName()


def test_an_attachment_alone_can_be_sent(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    assert not find(window, QToolButton, "send").isEnabled()
    _give(window, qtbot, _file(tmp_path, "notes.md", NOTES))
    assert find(window, QToolButton, "send").isEnabled()
    _send(window, qtbot, "")
    assert parts_of(window.chat.model.rows[0].text) == ((Attachment("notes.md", NOTES),), "")


def test_a_long_paste_becomes_a_chip_and_one_click_puts_it_into_the_field(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    window = _window(open_window, store)
    editor = find(window, QTextEdit, "composer_text")
    qtbot.keyClicks(editor, "Why?")
    _paste(window, LONG)
    assert editor.toPlainText() == "Why?" and _names(window) == ["Pasted text"]
    _paste(window, LONG + "another")
    assert _names(window) == ["Pasted text", "Pasted text 2"]
    qtbot.mouseClick(find(window, QToolButton, "attachment_remove_1"), LEFT)
    qtbot.mouseClick(find(window, QToolButton, "attachment_unfold_0"), LEFT)
    assert editor.toPlainText() == "Why?" + LONG.strip("\n") and _names(window) == []
    editor.undo()
    assert editor.toPlainText() == "Why?"


def test_a_short_paste_stays_text_without_what_is_no_letter(
    open_window: Opener, store: Store
) -> None:
    window = _window(open_window, store)
    source = QMimeData()
    source.setText("one\x1b[2J\ttwo\r\nthree")
    source.setHtml("<b>one</b>")
    editor = find(window, QTextEdit, "composer_text")
    editor.insertFromMimeData(source)
    assert editor.toPlainText() == "one[2J\ttwo\nthree" and _names(window) == []


def test_a_paste_of_megabytes_is_refused_with_words_and_the_field_stays_as_it_was(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    window = _window(open_window, store)
    editor = find(window, QTextEdit, "composer_text")
    qtbot.keyClicks(editor, "Why?")
    _paste(window, "megabytes " * 600_000)
    assert editor.toPlainText() == "Why?" and _names(window) == []
    assert "longer than 200,000 characters" in _refused(window)
    qtbot.mouseClick(find(window, QToolButton, "attachment_refused_close"), LEFT)
    assert _refused(window) == "" and not find(window, QWidget, "attachment_tray").isVisible()


def test_what_is_no_text_is_refused_and_the_rest_is_attached(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    paper = _file(tmp_path, "paper.pdf", b"%PDF-1.7")
    photo = _file(tmp_path, "photo.png", b"\x89PNG\r\n")
    notes = _file(tmp_path, "notes.md", NOTES)
    _give(window, qtbot, paper, photo, tmp_path, notes)
    assert _names(window) == ["notes.md"]
    said = _refused(window)
    assert "“paper.pdf” is a PDF" in said and "“photo.png” is a picture" in said
    assert "is a folder" in said


def test_a_copied_picture_is_refused_and_copied_files_are_attached(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    picture = QMimeData()
    picture.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    editor = find(window, QTextEdit, "composer_text")
    assert editor.canInsertFromMimeData(picture)
    editor.insertFromMimeData(picture)
    assert "is a picture" in _refused(window)
    with qtbot.waitSignal(window.chat.files_read, timeout=30_000):
        editor.insertFromMimeData(_drag([_file(tmp_path, "notes.md", NOTES)]))
    assert _names(window) == ["notes.md"] and _refused(window) == ""


def test_what_was_copied_is_attached_from_the_menu(open_window: Opener, store: Store) -> None:
    window = _window(open_window, store)
    action = window.findChild(QAction, "attach_clipboard")
    assert action is not None
    QGuiApplication.clipboard().setText("short")
    action.trigger()
    assert _composer(window).tray.attachments == (Attachment("What was copied", "short"),)
    QGuiApplication.clipboard().clear()
    action.trigger()
    assert "no text in" in _refused(window)


def test_more_than_a_message_holds_is_told(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    paths = [_file(tmp_path, f"{n}.txt", f"text {n}") for n in range(MOST_ATTACHMENTS + 2)]
    _give(window, qtbot, *paths)
    assert len(_names(window)) == MOST_ATTACHMENTS and "left out: 2" in _refused(window)
    _give(window, qtbot, paths[0])
    assert len(_names(window)) == MOST_ATTACHMENTS, "the same is not attached twice"


def test_files_of_one_name_are_told_apart(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    (tmp_path / "other").mkdir()
    _give(
        window, qtbot, _file(tmp_path, "a.py", "one"), _file(tmp_path / "other", "a.py", "two")
    )  # fmt: skip
    assert _names(window) == ["a.py", "a 2.py"]


def test_a_chip_opens_what_will_be_sent(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    _give(window, qtbot, _file(tmp_path, "long.txt", "x\u202e" * MOST_SHOWN))
    find(window, QPushButton, "attachment_open_0").click()
    dialog = find(window, QDialog, "attachment_dialog")
    shown = find(dialog, QPlainTextEdit, "attachment_text").toPlainText()
    assert shown.startswith("x\\u202ex") and "\u202e" not in shown
    assert "20,000 more" in find(dialog, QLabel, "attachment_rest").text()
    dialog.accept()


def test_a_drop_on_the_field_attaches_and_one_elsewhere_comes_in(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    given: list[list[Path]] = []
    window._drops.dropped.disconnect()
    window._drops.dropped.connect(given.append)
    notes = _file(tmp_path, "notes.md", NOTES)
    data = _drag([notes])
    editor = find(window, QWidget, "composer_text")
    field = editor.mapTo(window, QPoint(5, 5))
    handle = window.windowHandle()
    QApplication.sendEvent(handle, QDragEnterEvent(field, COPY, data, LEFT, NO_KEYS))
    words = find(window, QLabel, "drop_zone_words")
    assert words.isVisible() and "attach" in words.text()
    assert find(window, QWidget, "drop_zone").property("kind") == "drop"
    QApplication.sendEvent(handle, QDragMoveEvent(QPoint(300, 90), COPY, data, LEFT, NO_KEYS))
    assert find(window, QWidget, "drop_zone").property("kind") == "card"
    with qtbot.waitSignal(window.chat.files_read, timeout=30_000):
        QApplication.sendEvent(handle, QDropEvent(QPointF(field), COPY, data, LEFT, NO_KEYS))
    assert _names(window) == ["notes.md"] and given == []
    above = QPoint(300, 90)
    QApplication.sendEvent(handle, QDragEnterEvent(above, COPY, data, LEFT, NO_KEYS))
    QApplication.sendEvent(handle, QDropEvent(QPointF(above), COPY, data, LEFT, NO_KEYS))
    assert given == [[notes]] and _names(window) == ["notes.md"]


def test_attachments_that_were_not_sent_outlive_a_change_of_theme(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    _give(window, qtbot, _file(tmp_path, "notes.md", NOTES))
    qtbot.keyClicks(find(window, QTextEdit, "composer_text"), "Half a quest")
    window.session.choose_theme("dark")
    wait_until(qtbot, lambda: _names(window) == ["notes.md"])
    assert find(window, QTextEdit, "composer_text").toPlainText() == "Half a quest"


def test_a_message_that_failed_off_the_record_gives_its_attachment_back(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    window.chat.set_off_record(True)
    model.breaks_after = 0
    _give(window, qtbot, _file(tmp_path, "notes.md", NOTES))
    editor = find(window, QTextEdit, "composer_text")
    qtbot.keyClicks(editor, "A secret")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: editor.toPlainText() == "A secret")
    assert _composer(window).tray.attachments == (Attachment("notes.md", NOTES),)
    assert store.search.find("milk") == []


def test_what_the_model_cannot_read_at_once_is_said_before_sending(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = _window(open_window, store)
    _send(window, qtbot, "Hello")
    wait_until(qtbot, lambda: window.session.held is not None)
    words = find(window, QLabel, "attachment_too_long_words")
    qtbot.keyClicks(find(window, QTextEdit, "composer_text"), "Why?")
    assert words.text() == ""
    _give(window, qtbot, _file(tmp_path, "long.txt", "word " * 2_000))
    assert words.isVisible() and "reads 2,048 at once" in words.text()
    assert find(window, QToolButton, "send").isEnabled(), "it is an estimate"
    qtbot.mouseClick(find(window, QToolButton, "attachment_remove_0"), LEFT)
    assert words.text() == ""


def test_what_ollama_holds_is_not_guessed(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    window = _window(open_window, store)
    window.session.held = None
    composer = _composer(window)
    composer.set_room(None, 0)
    composer.tray.put([Attachment("a.txt", "word " * 9_000)])
    assert not find(window, QWidget, "attachment_too_long").isVisible()


def test_letters_that_hide_or_turn_others_are_shown(qapp: QApplication) -> None:
    assert harmless("pay \u202eecila\u202c\x00\r\nnow") == "pay \\u202eecila\\u202c\\u0000\nnow"
    family = "👨\u200d👩\u200d👧 שלום\u200f"
    assert harmless(family) == family
    install_theme(qapp, "light")
    body = MessageBody(markdown=True)
    body.show_text(
        "a\u202eb\n\n```python\nif x: \u2066return\u2069\n```\n\n<script>alert(1)</script>"
    )
    texts = [each.toPlainText() for each in body.findChildren(QTextBrowser)]
    assert texts == ["a\\u202eb", "<script>alert(1)</script>"]
    block = body.findChild(QPlainTextEdit)
    assert block is not None and block.toPlainText() == "if x: \\u2066return\\u2069"


def test_a_name_of_500_letters_pushes_nothing_out_of_the_window(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    store.personas.update(sunny.id, name="N" * 500)
    window = open_window()
    _composer(window).tray.put([Attachment("n" * 500 + ".txt", "text")])
    assert find(window, QWidget, "attachment_0").width() < 400
    assert len(find(window, QTextEdit, "composer_text").placeholderText()) < 80
    assert "n" * 400 in find(window, QPushButton, "attachment_open_0").toolTip()
    assert shortened("N" * 500) == "N" * 39 + "…"


def test_a_stored_message_with_a_nul_is_shown_and_found(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    said = chat.ask(store, sunny, None, "before\x00 after")
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_0") is not None)
    shown = find(find(window, QWidget, "message_0"), QTextBrowser, "").toPlainText()
    assert shown == "before\\u0000 after"
    assert [hit.message_id for hit in store.search.find("after")] == [said.id]


def test_attachments_look_as_they_should(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    tmp_path: Path,
    shade: tuple[Choice, Language],
) -> None:
    look = "-".join(shade)
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = open_window(*shade)
    _give(window, qtbot, _file(tmp_path, "shopping.md", NOTES))
    _send(window, qtbot, "What is missing for breakfast?", 6)
    window.findChild(QPushButton, "attached_0").click()
    picture(window, f"attachment-said-{look}")
    paths = [
        _file(tmp_path, "server.log", LONG),
        _file(tmp_path, "a_very_long_name_of_a_file_that_nobody_reads_to_its_end.py", "x = 1"),
        _file(tmp_path, "paper.pdf", b"%PDF-1.7"),
        _file(tmp_path, "everything.csv", "a,b,c\n" * 9_000),
    ]
    _give(window, qtbot, *paths)
    qtbot.keyClicks(find(window, QTextEdit, "composer_text"), "Which line fails?")
    wait_until(qtbot, lambda: window.session.held is not None)
    picture(window, f"attachment-chips-{look}")
    window.findChild(QPushButton, "attachment_open_0").click()
    dialog = find(window, QDialog, "attachment_dialog")
    picture(dialog, f"attachment-dialog-{look}")
    dialog.accept()
    data = _drag(paths)
    field = find(window, QWidget, "composer_text").mapTo(window, QPoint(5, 5))
    enter = QDragEnterEvent(field, COPY, data, LEFT, NO_KEYS)
    QApplication.sendEvent(window.windowHandle(), enter)
    picture(window, f"attachment-drop-{look}")


def test_a_message_of_megabytes_shows_its_beginning_and_gives_all_of_it(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    text = "Some words that somebody imported. " * 60_000
    chat.ask(store, sunny, None, text)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QPushButton, "copy_whole") is not None)
    message = find(window, QWidget, "message_0")
    assert len(find(message, QTextBrowser, "").toPlainText()) <= 20_000
    assert "2,080,000 more" in find(message, QLabel, "message_rest").text()
    find(message, QPushButton, "copy_whole").click()
    assert QGuiApplication.clipboard().text() == text


@pytest.mark.parametrize("lines", [1, 4_000])
def test_a_long_attachment_opens_at_once(
    open_window: Opener, store: Store, qtbot: QtBot, lines: int
) -> None:
    """Only its beginning is laid out."""
    (sunny,) = homes.add_personas(store, "Sunny")
    text = ("word " * (40_000 // lines) + "\n") * lines
    chat.ask(store, sunny, None, attach("Why?", [Attachment("long.txt", text)]))
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QPushButton, "attached_0") is not None)
    find(window, QPushButton, "attached_0").click()
    shown = find(window, QPlainTextEdit, "attachment_text").toPlainText()
    assert len(shown) == MOST_SHOWN
