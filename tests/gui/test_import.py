"""A person could not bring in what was said elsewhere, or not see what comes, if these failed."""

from __future__ import annotations

import ast
import errno
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

import app.importers
from app.errors import SourceRefused, StoreError
from app.gui.import_dialog import ImportDialog
from app.gui.import_reasons import is_known
from app.gui.import_sources import ImportSources, SourceJob
from app.gui.import_words import ASIDE
from app.gui.long_work import LongWork
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.importers.findings import ASIDE_WORDS
from app.importers.programs import Program
from app.operations import importing, receiving, sources
from app.operations.archive import export_archive
from app.store import Store
from app.store.foreign import ForeignPerson
from app.store.intake import Intake
from tests.gui import homes
from tests.gui.conftest import LOOKS, Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until
from tests.unit.app.importers import pictures, shapes

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction
MARKUP = "<b>Bold</b> & <img src=x>"


def _file(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(raw)
    return path


def _talk(number: int, **rating: Any) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": f"What of matter {number}?"},
            {"role": "assistant", "content": f"Matter {number} is well in hand.", **rating},
        ]
    }


def _lines(*rows: object) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


def _card(name: str) -> bytes:
    data = {
        "name": name, "description": f"{name} helps {{{{user}}}}.", "personality": "kind",
        "scenario": "", "first_mes": "Hello there.", "mes_example": "",
    }  # fmt: skip
    card = {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}
    return pictures.picture(pictures.text("chara", pictures.packed(card)))


def _dialog(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    """The dialog, once it is open."""
    wait_until(qtbot, lambda: window.findChild(ImportDialog, "import_dialog") is not None)
    return find(window, ImportDialog, "import_dialog")


def _opened(window: MainWindow, qtbot: QtBot, *paths: Path) -> ImportDialog:
    """The preview of these files."""
    window.open_import(list(paths))
    dialog = _dialog(window, qtbot)
    _looked(dialog, qtbot)
    return dialog


def _looked(dialog: ImportDialog, qtbot: QtBot) -> None:
    wait_until(qtbot, lambda: find(dialog, QWidget, "import_preview").isVisible())


def _click(dialog: QWidget, qtbot: QtBot, name: str) -> None:
    qtbot.mouseClick(find(dialog, QPushButton, name), LEFT)


def _import(dialog: ImportDialog, qtbot: QtBot) -> str:
    """Take it in; what the summary says."""
    _click(dialog, qtbot, "import_go")
    done = find(dialog, QWidget, "import_done")
    wait_until(qtbot, done.isVisible)
    return find(dialog, QLabel, "import_done_title").text()


def _close(dialog: ImportDialog, qtbot: QtBot) -> None:
    dialog.reject()
    wait_until(qtbot, lambda: not isValid(dialog))
    wait_until(qtbot, lambda: not any(t.name == "import" for t in threading.enumerate()))


def _words(widget: QWidget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel) if each.isVisible())


def _left_out(dialog: ImportDialog, name: str = "import_left_out") -> list[str]:
    model = find(dialog, QListView, name).model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def _drag(paths: Sequence[Path]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _drop(dialog: ImportDialog, qtbot: QtBot, *paths: Path) -> None:
    """Drop files on the dialog, and have the preview of what is offered then."""
    data = _drag(paths)
    QApplication.sendEvent(dialog, QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, NO_KEYS))
    QApplication.sendEvent(dialog, QDropEvent(QPointF(5, 5), COPY, data, LEFT, NO_KEYS))
    wait_until(qtbot, lambda: find(dialog, QWidget, "import_progress").isVisible())
    _looked(dialog, qtbot)


def test_files_dropped_anywhere_come_in(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    data = _drag([_file(tmp_path, "conversations.json", [shapes.chatgpt()])])
    place = QPoint(300, 90)
    enter = QDragEnterEvent(place, COPY, data, LEFT, NO_KEYS)
    QApplication.sendEvent(window.windowHandle(), enter)
    overlay = find(window, QWidget, "drop_overlay")
    assert overlay.isVisible() and overlay.size() == window.size()
    assert "before anything is stored" in _words(overlay)
    drop = QDropEvent(QPointF(place), COPY, data, LEFT, NO_KEYS)
    QApplication.sendEvent(window.windowHandle(), drop)
    assert drop.isAccepted() and not overlay.isVisible()
    dialog = _dialog(window, qtbot)
    _looked(dialog, qtbot)
    assert "ChatGPT export" in _words(dialog)
    find(dialog, QPushButton, "import_warnings_read").click()
    assert "replies: 2" in _import(dialog, qtbot)
    assert len(store.conversations.page(sunny.id, limit=9)) == 1
    _close(dialog, qtbot)


def test_text_that_is_dragged_is_left_to_the_field(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    data = QMimeData()
    data.setText("just words")
    enter = QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, NO_KEYS)
    QApplication.sendEvent(window.windowHandle(), enter)
    assert window.findChild(QWidget, "drop_overlay") is None


def test_preview_says_what_comes_and_what_stays_out_and_why(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    month = _file(tmp_path, "month.jsonl", _lines(_talk(1), b"{broken", _talk(2)))
    empty = _file(tmp_path, "empty.json", b"")
    dialog = _opened(open_window(), qtbot, month, empty)
    assert find(dialog, QLabel, "import_coming").text() == "New conversations: 2, with replies: 2"
    assert _left_out(dialog) == [
        "month.jsonl, line 2: not valid JSON", "empty.json: it is empty"
    ]  # fmt: skip
    assert "What of matter 1?" in _words(dialog)
    assert store.conversations.page(1, limit=9) == [], "a preview must not write"
    _close(dialog, qtbot)


def test_second_import_brings_only_what_is_new(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    month = _file(tmp_path, "month.jsonl", _lines(_talk(1), _talk(2)))
    dialog = _opened(window, qtbot, month)
    _import(dialog, qtbot)
    _close(dialog, qtbot)
    dialog = _opened(window, qtbot, month)
    assert "all of it is here already" in find(dialog, QLabel, "import_coming").text()
    assert not find(dialog, QPushButton, "import_go").isEnabled()
    _file(tmp_path, "month.jsonl", _lines(_talk(1), _talk(2), _talk(3)))
    dialog.look_at([month])
    wait_until(qtbot, lambda: find(dialog, QPushButton, "import_go").isEnabled())
    assert "as they are: 2" in find(dialog, QLabel, "import_more").text()
    _import(dialog, qtbot)
    assert len(store.conversations.page(1, limit=9)) == 3
    _close(dialog, qtbot)


def test_wrong_guess_of_the_format_can_be_changed(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    row = {"prompt": "Salt or sugar?", "completion": "Salt.", "label": False}
    path = _file(tmp_path, "rows.jsonl", _lines(row))
    other = _file(tmp_path, "month.jsonl", _lines(_talk(1)))
    dialog = _opened(open_window(), qtbot, path, other)
    assert "KTO" in _words(dialog)
    combo = find(dialog, QComboBox, "import_format_0")
    combo.setCurrentIndex(combo.findData("prompt"))
    combo.activated.emit(combo.currentIndex())
    _looked(dialog, qtbot)
    wait_until(qtbot, lambda: "Prompt and completion" in _words(dialog))
    assert find(dialog, QLabel, "import_coming").text().startswith("New conversations: 2")
    assert not find(dialog, QCheckBox, "import_reviewed").isVisible(), "no label, no rating"
    _import(dialog, qtbot)
    assert not store.ratings.of(range(1, 9))
    _close(dialog, qtbot)


def test_what_was_chosen_is_for_the_files_that_it_was_chosen_for(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    """More files leave the choice alone; other files begin anew, and the first stay away."""
    homes.add_personas(store, "Sunny")
    row = {"prompt": "Salt or sugar?", "completion": "Salt.", "label": False}
    path = _file(tmp_path, "rows.jsonl", _lines(row))
    other = _file(tmp_path, "month.jsonl", _lines(_talk(1, rating="up")))
    dialog = _opened(open_window(), qtbot, path)
    find(dialog, QCheckBox, "import_reviewed").setChecked(True)
    combo = find(dialog, QComboBox, "import_format_0")
    combo.setCurrentIndex(combo.findData("prompt"))
    combo.activated.emit(combo.currentIndex())
    wait_until(qtbot, lambda: "Prompt and completion" in _words(dialog))
    _drop(dialog, qtbot, other)
    said = _words(dialog)
    assert "Prompt and completion" in said and "month.jsonl" in said
    _click(dialog, qtbot, "import_other")
    _drop(dialog, qtbot, other)
    assert "rows.jsonl" not in _words(dialog)
    assert not find(dialog, QCheckBox, "import_reviewed").isChecked(), "said of other ratings"
    _close(dialog, qtbot)


def test_card_without_a_word_to_say_is_a_persona(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    texts = dict.fromkeys(("scenario", "first_mes", "mes_example"), "")
    card = {"name": "Mira", "description": "Mira helps.", "personality": "kind", **texts}
    dialog = _opened(open_window(), qtbot, _file(tmp_path, "mira.json", card))
    assert "Mira becomes a persona" in _words(dialog) and "Nothing" not in _words(dialog)
    assert _import(dialog, qtbot) == "It came in."
    assert [each.name for each in store.personas.all()] == ["Sunny", "Mira"]
    _close(dialog, qtbot)


def test_folder_of_many_files_is_counted_whole(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(120):
        _file(folder, f"{number}.jsonl", _lines(_talk(number)))
    alone = _file(tmp_path, "alone.json", [shapes.chatgpt()])
    dialog = _opened(open_window(), qtbot, folder, alone)
    assert "files: 120" in _words(dialog)
    assert "ChatGPT export" in _words(dialog), "also what comes after a hundred others"
    _close(dialog, qtbot)


def test_warnings_are_asked_about_once(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    first = shapes.chatgpt()
    dialog = _opened(window, qtbot, _file(tmp_path, "conversations.json", [first]))
    assert "OpenAI" in _words(find(dialog, QWidget, "import_warnings"))
    assert not find(dialog, QPushButton, "import_go").isEnabled(), "it must be read first"
    find(dialog, QPushButton, "import_warnings_read").click()
    _import(dialog, qtbot)
    _close(dialog, qtbot)
    other = {**first, "conversation_id": "other", "id": "other"}
    dialog = _opened(window, qtbot, _file(tmp_path, "conversations.json", [first, other]))
    assert "OpenAI" in _words(find(dialog, QWidget, "import_warnings")), "still to be seen"
    assert not find(dialog, QPushButton, "import_warnings_read").isVisible()
    assert find(dialog, QPushButton, "import_go").isEnabled()
    _close(dialog, qtbot)


@pytest.mark.parametrize("mine", [False, True])
def test_ratings_teach_only_when_the_user_says_that_they_are_the_users(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path, mine: bool
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    path = _file(tmp_path, "month.jsonl", _lines(_talk(1, rating="up")))
    dialog = _opened(open_window(), qtbot, path)
    find(dialog, QCheckBox, "import_reviewed").setChecked(mine)
    _import(dialog, qtbot)
    approved = [t for item in store.learnable(sunny.id) for t in item.turns if t.rating]
    assert bool(approved) == mine
    assert find(dialog, QPushButton, "import_review").isVisible() != mine
    _close(dialog, qtbot)


def test_whole_or_nothing_leaves_everything_as_it_was(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    path = _file(tmp_path, "month.jsonl", _lines(_talk(1), b"{broken"))
    homes.add_personas(store, "Sunny")
    dialog = _opened(open_window(), qtbot, _file(tmp_path, "mira.png", _card("Mira")), path)
    find(dialog, QCheckBox, "import_whole").setChecked(True)
    _click(dialog, qtbot, "import_go")
    trouble = find(dialog, QWidget, "import_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert "month.jsonl, line 2" in _words(trouble) and "Nothing was changed" in _words(trouble)
    assert store.conversations.page(1, limit=9) == []
    assert [each.name for each in store.personas.all()] == ["Sunny"], "no half of it either"
    assert find(dialog, QPushButton, "import_go").isVisible(), "one may choose otherwise"
    _close(dialog, qtbot)


def test_cards_become_personas_and_chats_go_where_one_says(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny", "Technical")
    card = _file(tmp_path, "mira.png", _card("Mira"))
    chats = _file(tmp_path, "month.jsonl", _lines(_talk(1)))
    dialog = _opened(open_window(), qtbot, card, chats)
    assert "Mira becomes a persona" in _words(dialog)
    combo = find(dialog, QComboBox, "import_persona")
    combo.setCurrentIndex(combo.findText("Technical"))
    combo.activated.emit(combo.currentIndex())
    _looked(dialog, qtbot)
    _import(dialog, qtbot)
    assert [each.name for each in store.personas.all()] == ["Sunny", "Technical", "Mira"]
    assert [len(store.conversations.page(each, limit=9)) for each in (1, 2, 3)] == [0, 1, 1]
    assert "User" in store.personas.get(3).system_prompt
    _close(dialog, qtbot)


def test_chats_can_make_a_persona_of_their_own(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    """Also where there is nobody yet: who comes from elsewhere begins with this."""
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QPushButton, "welcome_import") is not None)
    _click(window, qtbot, "welcome_import")
    dialog = _dialog(window, qtbot)
    wait_until(qtbot, lambda: find(dialog, QPushButton, "import_files_choose").hasFocus())
    row = _talk(1)
    row["messages"].insert(0, {"role": "system", "content": "너는 다정한 친구야. 짧게 말해."})
    row["messages"][1]["content"] = "오늘 점심으로 뭘 먹을까?"
    row["messages"][2]["content"] = "따뜻한 국수는 어때?"
    path = _file(tmp_path, "my-friend.jsonl", _lines(row))
    find(dialog, QWidget, "import_choose").paths_chosen.emit([path])
    _looked(dialog, qtbot)
    name = find(dialog, QLineEdit, "import_persona_name")
    assert name.isVisible() and name.text() == "My friend"
    name.setText("친구")
    _import(dialog, qtbot)
    (friend,) = store.personas.all()
    assert (friend.name, friend.languages) == ("친구", ("ko",))
    assert friend.system_prompt.startswith("너는 다정한")
    _close(dialog, qtbot)


def test_archive_comes_in_as_a_persona_and_a_second_time_only_on_request(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, tmp_path: Path
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    path = tmp_path / "sunny.perennial"
    export_archive(home, store, sunny, path)
    window = open_window()
    dialog = _opened(window, qtbot, path)
    assert "conversations 1, ratings 3" in _words(dialog)
    assert not find(dialog, QComboBox, "import_persona").isVisible(), "an archive is somebody"
    _import(dialog, qtbot)
    assert len(store.personas.all()) == 2
    _close(dialog, qtbot)
    dialog = _opened(window, qtbot, path)
    assert "It came in before" in _words(dialog)
    assert not find(dialog, QPushButton, "import_go").isEnabled()
    find(dialog, QCheckBox, "import_again").setChecked(True)
    _import(dialog, qtbot)
    assert len(store.personas.all()) == 3
    _close(dialog, qtbot)


def test_stopped_import_keeps_what_came_and_goes_on(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    homes.add_personas(store, "Sunny")
    monkeypatch.setattr(importing, "CONVERSATIONS_A_CHUNK", 10)
    path = _file(tmp_path, "month.jsonl", _lines(*(_talk(n) for n in range(60))))
    dialog = _opened(open_window(), qtbot, path)
    asked = iter(range(25))
    with monkeypatch.context() as patched:
        patched.setattr(LongWork, "stopped", lambda _work: next(asked, None) is None)
        assert _import(dialog, qtbot).startswith("Stopped.")
    came = len(store.conversations.page(1, limit=99))
    assert 0 < came < 60
    _click(dialog, qtbot, "import_go_on")
    title = find(dialog, QLabel, "import_done_title")
    wait_until(qtbot, lambda: title.isVisible() and "came in:" in title.text())
    assert len(store.conversations.page(1, limit=99)) == 60
    _close(dialog, qtbot)


def test_stop_keeps_an_archive_out_until_one_goes_on(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Taken in after the stop, it came a second time with going on."""
    (sunny,) = homes.add_personas(store, "Sunny")
    archive = tmp_path / "sunny.perennial"
    export_archive(home, store, sunny, archive)
    path = _file(tmp_path, "month.jsonl", _lines(_talk(1)))
    dialog = _opened(open_window(), qtbot, path, archive)
    with monkeypatch.context() as patched:
        patched.setattr(LongWork, "stopped", lambda _work: True)
        assert _import(dialog, qtbot).startswith("Stopped.")
    assert len(store.personas.all()) == 1
    _click(dialog, qtbot, "import_go_on")
    title = find(dialog, QLabel, "import_done_title")
    wait_until(qtbot, lambda: title.isVisible() and "came in:" in title.text())
    assert len(store.personas.all()) == 2
    _close(dialog, qtbot)


def test_import_that_a_full_disk_ends_says_that_its_part_is_here(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    homes.add_personas(store, "Sunny")
    monkeypatch.setattr(importing, "CONVERSATIONS_A_CHUNK", 10)
    path = _file(tmp_path, "month.jsonl", _lines(*(_talk(n) for n in range(30))))
    dialog = _opened(open_window(), qtbot, path)
    take, taken = Intake.take, iter(range(1))

    def full(intake: Intake, *arguments: Any) -> Any:
        if next(taken, None) is None:
            raise StoreError("The disk is full.", "Free some space.", kind="disk_full")
        return take(intake, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Intake, "take", full)
        assert "What came in stays" in _import(dialog, qtbot)
    assert len(store.conversations.page(1, limit=99)) == 10
    assert "disk is full" in _words(dialog)
    _click(dialog, qtbot, "import_go_on")
    title = find(dialog, QLabel, "import_done_title")
    wait_until(qtbot, lambda: title.isVisible() and "came in:" in title.text())
    assert len(store.conversations.page(1, limit=99)) == 30
    _close(dialog, qtbot)


def test_closing_ends_the_look_at_a_long_file(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    path = _file(tmp_path, "month.jsonl", _lines(*(_talk(n) for n in range(20_000))))
    window = open_window()
    window.open_import([path])
    dialog = _dialog(window, qtbot)
    assert find(dialog, QPushButton, "import_stop").isVisible()
    _close(dialog, qtbot)
    assert store.conversations.page(1, limit=9) == []


def test_files_that_cannot_be_read_are_named_with_the_reason(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    broken = _file(tmp_path, "export.zip", b"PK\x03\x04 and then nothing")
    archive = _file(tmp_path, "sunny.perennial", b"PK\x03\x04")
    dialog = _opened(open_window(), qtbot, broken, archive, tmp_path / "gone.json")
    said = _words(dialog)
    assert "without its end" in said and "sunny.perennial cannot be taken in" in said
    assert "No such file" in said
    assert not find(dialog, QPushButton, "import_go").isEnabled()
    assert find(dialog, QPushButton, "import_other").isVisible(), "what to do next"
    _close(dialog, qtbot)


def test_why_a_file_cannot_be_read_is_told_in_korean(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    archive = _file(tmp_path, "sunny.perennial", b"PK\x03\x04")
    dialog = _opened(open_window("light", "ko"), qtbot, archive, tmp_path / "gone.json")
    said = _words(dialog)
    assert "페르소나 보관 파일이 손상되었거나" in said and "파일이 없습니다" in said
    assert "cannot" not in said and "No such" not in said
    _close(dialog, qtbot)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        StoreError("The disk is full.", "Free some space.", kind="disk_full"),
    ],
)
def test_full_disk_is_told_and_can_be_tried_again(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    homes.add_personas(store, "Sunny")
    dialog = _opened(open_window(), qtbot, _file(tmp_path, "month.jsonl", _lines(_talk(1))))

    def full(*_args: object, **_choices: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "import_files", full)
        _click(dialog, qtbot, "import_go")
        wait_until(qtbot, lambda: "disk is full" in _words(dialog))
    if find(dialog, QPushButton, "import_go").isVisible():
        _import(dialog, qtbot)
        assert len(store.conversations.page(1, limit=9)) == 1
    _close(dialog, qtbot)


def test_nothing_from_a_file_is_markup(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    chat = {**shapes.chatgpt(), "title": MARKUP}
    folder = tmp_path / "<i>folder<i>"
    folder.mkdir()
    dialog = _opened(open_window(), qtbot, _file(folder, "<b>x<b>.json", [chat]))
    assert MARKUP in _words(dialog)
    labels = dialog.findChildren(QLabel)
    assert {each.textFormat() for each in labels if each.text()} == {Qt.TextFormat.PlainText}
    tips = [each.toolTip() for each in labels if each.toolTip()]
    assert tips and all("&lt;b&gt;x" in tip for tip in tips)
    _close(dialog, qtbot)


def test_long_word_pushes_nothing_out_of_sight(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    """A link, or a sentence of a language without spaces."""
    homes.add_personas(store, "Sunny" * 11)
    chat = {**shapes.chatgpt(), "title": "https://example.org/" + "x" * 300}
    dialog = _opened(open_window(), qtbot, _file(tmp_path, "y" * 200 + ".json", [chat]))
    preview = find(dialog, QScrollArea, "import_preview")
    assert preview.horizontalScrollBar().maximum() == 0
    _close(dialog, qtbot)


def _programs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """An LM Studio on this machine, with a chat."""
    place = folder / "conversations"
    place.mkdir()
    said = [
        ("user", [{"type": "text", "text": "How do bees fly?"}]),
        ("assistant", [{"type": "text", "text": "With short, quick strokes."}]),
    ]
    messages = [
        {"versions": [{"type": "singleStep", "role": role, "content": content}],
         "currentlySelected": 0}
        for role, content in said
    ]  # fmt: skip
    chat = {"name": "Bees", "createdAt": 1_740_000_000_000, "messages": messages}
    _file(place, "1740000000000.conversation.json", chat)
    found = Program("lm-studio", "LM Studio", place)
    monkeypatch.setattr(sources, "programs", lambda: (found,))
    return place


def test_other_programs_that_are_here_are_taken_in_again_and_again(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _programs(monkeypatch, tmp_path)
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.open_import()
    dialog = _dialog(window, qtbot)
    take = "source_take_lm-studio"
    wait_until(qtbot, lambda: dialog.findChild(QPushButton, take) is not None)
    assert "LM Studio" in _words(dialog)
    _click(dialog, qtbot, take)
    title = find(dialog, QLabel, "import_done_title")
    wait_until(qtbot, title.isVisible)
    assert title.text() == "Conversations that came in: 1, with replies: 1"
    assert len(store.conversations.page(1, limit=9)) == 1
    _click(dialog, qtbot, "import_other")
    wait_until(qtbot, lambda: dialog.findChild(QPushButton, "source_again_1") is not None)
    _click(dialog, qtbot, "source_again_1")
    wait_until(qtbot, lambda: title.isVisible() and title.text() == "Nothing new.")
    _click(dialog, qtbot, "import_other")
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "source_remove_1") is not None)
    find(dialog, QToolButton, "source_remove_1").click()
    wait_until(qtbot, lambda: not store.sources.all())
    assert len(store.conversations.page(1, limit=9)) == 1, "what came in stays"
    _close(dialog, qtbot)


def test_folder_can_be_watched(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    folder = tmp_path / "exports"
    folder.mkdir()
    _file(folder, "month.jsonl", _lines(_talk(1)))
    window = open_window()
    window.open_import()
    dialog = _dialog(window, qtbot)
    find(dialog, ImportSources, "import_sources").watch_folder(folder)
    wait_until(qtbot, lambda: find(dialog, QWidget, "import_done").isVisible())
    assert [each.place for each in store.sources.all()] == [str(folder)]
    assert len(store.conversations.page(1, limit=9)) == 1
    _close(dialog, qtbot)


def test_store_of_several_people_asks_whose_chats_come_in(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody else's words come in without a word."""
    homes.add_personas(store, "Sunny")
    asked: list[str] = []

    def add(*_args: object, user: str) -> None:
        asked.append(user)
        raise SourceRefused("Two people.", "Say whose.", kind="source_people")

    people = [ForeignPerson("u1", "Mina & Co", 3), ForeignPerson("u2", "Jun", 1)]
    monkeypatch.setattr(sources, "add_source", add)
    monkeypatch.setattr(sources, "people_of", lambda _place: people)
    window = open_window()
    window.open_import()
    dialog = _dialog(window, qtbot)
    wait_until(qtbot, lambda: window.session.card is not None)
    part = find(dialog, ImportSources, "import_sources")
    part.wanted.emit(SourceJob(1, "open-webui", tmp_path / "webui.db"))
    wait_until(qtbot, lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    actions = [each for each in menu.actions() if each.text().startswith(("Mina", "Jun"))]
    assert [each.text() for each in actions] == ["Mina && Co (chats: 3)", "Jun (chats: 1)"]
    actions[1].trigger()
    menu.close()
    wait_until(qtbot, lambda: asked == ["", "u2"])
    wait_until(qtbot, lambda: not dialog._work.busy)
    _close(dialog, qtbot)


def test_sample_is_offered_and_opens_the_review_of_that_persona(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny", "Technical")
    window = open_window()
    dialog = _opened(window, qtbot, _file(tmp_path, "month.jsonl", _lines(_talk(1), _talk(2))))
    combo = find(dialog, QComboBox, "import_persona")
    combo.setCurrentIndex(combo.findText("Technical"))
    combo.activated.emit(combo.currentIndex())
    _looked(dialog, qtbot)
    _import(dialog, qtbot)
    review = find(dialog, QPushButton, "import_review")
    assert review.text() == "Review them" and review.hasFocus()
    review.click()
    wait_until(qtbot, lambda: window.findChild(QWidget, "review_page") is not None)
    assert window.session.card is not None and window.session.card.persona.name == "Technical"
    wait_until(qtbot, lambda: window.review.queue.model.rowCount() == 2)


def test_everything_works_with_the_keyboard(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    dialog = _dialog(window, qtbot)
    dialog.look_at([_file(tmp_path, "month.jsonl", _lines(_talk(1)))])
    _looked(dialog, qtbot)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: find(dialog, QWidget, "import_done").isVisible())
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_controls_can_be_hit_and_heard(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    path = _file(tmp_path, "conversations.json", [shapes.open_webui()])
    dialog = _opened(open_window(), qtbot, path)
    controls = [
        each
        for kind in (QPushButton, QComboBox, QLineEdit, QCheckBox)
        for each in dialog.findChildren(kind)
        if each.isVisible()
    ]
    assert len(controls) > 4
    for each in controls:
        assert each.height() >= 30, each.objectName()
        spoken = each.accessibleName() or getattr(each, "text", str)()
        assert spoken.strip(), each.objectName()
        assert each.focusPolicy() & Qt.FocusPolicy.TabFocus, each.objectName()
    _close(dialog, qtbot)


def test_menu_offers_both_ways(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.findChild(QAction, "menu_import").trigger()
    _close(_dialog(window, qtbot), qtbot)
    window.findChild(QAction, "menu_export").trigger()
    wait_until(qtbot, lambda: window.findChild(QWidget, "export_dialog") is not None)
    export = find(window, QWidget, "export_dialog")
    assert export.isVisible()
    export.close()


def _reasons() -> set[str]:
    """Everything that the importers say of what cannot come in, names and numbers filled in."""
    raised = ("Unusable", "NoCard", "NoValue", "LeftOut", "Broken", "fault")
    found: set[str] = set()
    for path in Path(app.importers.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            said = node.args[-1]
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in raised and isinstance(said, ast.Constant) and isinstance(said.value, str):
                found.add(said.value)
            elif name in raised and isinstance(said, ast.JoinedStr):
                found.add("".join(_filled(part) for part in said.values))
    return found


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return "message 7" if ast.unparse(part.value) == "what" else "7"


def test_reasons_of_the_importers_have_words_in_every_language() -> None:
    """Somebody who reads Korean would meet English reasons in the list."""
    reasons = _reasons()
    assert len(reasons) > 40
    assert {each for each in reasons if not is_known(each)} == set()
    assert {each for each in ASIDE_WORDS if each not in ASIDE} == set()


@pytest.mark.parametrize(("choice", "language"), LOOKS)
def test_import_looks_as_it_should(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    picture: Picture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    choice: Choice,
    language: Language,
) -> None:
    _programs(monkeypatch, tmp_path)
    (sunny,) = homes.add_personas(store, "Sunny")
    archive = tmp_path / "sunny.perennial"
    export_archive(home, store, sunny, archive)
    window = open_window(choice, language)
    look = f"{choice}-{language}"
    dragged = _drag([archive, tmp_path])
    enter = QDragEnterEvent(QPoint(9, 9), COPY, dragged, LEFT, NO_KEYS)
    QApplication.sendEvent(window.windowHandle(), enter)
    picture(window, f"import-drop-{look}")
    find(window, QWidget, "drop_overlay").hide()
    window.open_import()
    dialog = _dialog(window, qtbot)
    take = "source_take_lm-studio"
    store.sources.add(sunny.id, "folder", str(tmp_path / "downloads"), {})
    dialog._choose.sources.refresh()
    wait_until(qtbot, lambda: dialog.findChild(QPushButton, take) is not None)
    picture(dialog, f"import-choose-{look}")
    rated = _talk(1, rating="up")
    dialog.look_at(
        [
            _file(tmp_path, "conversations.json", [shapes.chatgpt(), shapes.chatgpt()]),
            _file(tmp_path, "month.jsonl", _lines(rated, b"{broken", _talk(2), {"messages": []})),
            _file(tmp_path, "mira.png", _card("Mira")),
            archive,
            _file(tmp_path, "empty.json", b""),
        ]
    )
    _looked(dialog, qtbot)
    picture(dialog, f"import-preview-{look}")
    scroll = find(dialog, QWidget, "import_preview")
    scroll.verticalScrollBar().setValue(9999)
    picture(dialog, f"import-preview-below-{look}")
    dialog._progress.begin("conversations.json")
    dialog._show(dialog._progress)
    dialog._progress._began -= 60
    dialog._progress.show_part(3, 7, "conversations.json · 1,204")
    if language == "en":  # the same but for few words
        picture(dialog, f"import-progress-{look}")
    dialog._show(dialog._deciding)
    find(dialog, QPushButton, "import_warnings_read").click()
    _import(dialog, qtbot)
    picture(dialog, f"import-done-{look}")
    dialog.look_at([_file(tmp_path, "export.zip", b"PK\x03\x04")])
    _looked(dialog, qtbot)
    picture(dialog, f"import-error-{look}")
    _close(dialog, qtbot)
