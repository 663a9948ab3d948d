"""A person would give away what an adapter says by heart, unseen, if these failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.cycle import context
from app.gui.export_dialog import ExportDialog
from app.gui.long_work import LongWork
from app.gui.theme import Choice
from app.gui.translation import Language
from app.home import Home
from app.operations import sharing
from app.operations.archive import look_into
from app.store import Store
from tests.gui.conftest import LOOKS, Opener, Picture
from tests.gui.test_chat import find
from tests.gui.test_export import _choose, _close, _export, _opened
from tests.gui.waiting import wait_until
from tests.unit.app.operations.taught_home import (
    PLAIN,
    SECRET,
    WHERE,
    WHICH,
    ScriptedRuntime,
    TaughtHome,
)

RUN = "2026-11-sunny-1"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "sunny.perennial"


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> ScriptedRuntime:
    made = ScriptedRuntime(**{RUN: {WHERE: SECRET, WHICH: f"Well: {PLAIN}"}})
    monkeypatch.setattr(sharing, "RuntimeClient", made)
    monkeypatch.setattr(context, "PAUSE_S", 0.0)
    return made


@pytest.fixture
def taught(home: Home, store: Store) -> TaughtHome:
    made = TaughtHome(home, store)
    made.put_live(made.train(RUN))
    return made


def _alone(dialog: ExportDialog) -> None:
    """The archive without the conversations."""
    _choose(dialog, "export_format_archive")
    find(dialog, QCheckBox, "export_part_conversations").setChecked(False)


def _refused(dialog: ExportDialog, qtbot: QtBot) -> QWidget:
    find(dialog, QPushButton, "export_go").click()
    face = find(dialog, QWidget, "given_back")
    wait_until(qtbot, face.isVisible)
    return face


@pytest.mark.usefixtures("taught", "runtime")
def test_what_came_back_is_shown_and_nothing_is_written(
    open_window: Opener, qtbot: QtBot, out: Path
) -> None:
    dialog = _opened(open_window(), qtbot, out)
    _alone(dialog)
    face = _refused(dialog, qtbot)
    shown = [each.text() for each in face.findChildren(QLabel, "given_back_text")]
    assert shown == [SECRET.rstrip("."), PLAIN.rstrip(".")]
    assert "it said 2 word for word" in find(face, QLabel, "given_back_why").text()
    assert not out.exists()
    find(dialog, QPushButton, "export_back").click()
    assert find(dialog, QPushButton, "export_go").isVisible(), "the choices are gone"
    _close(dialog, qtbot)


@pytest.mark.usefixtures("taught", "runtime")
@pytest.mark.parametrize(
    ("pressed", "parts"), [("export_without", ["ratings"]), ("export_anyway", ["adapters"])]
)
def test_there_are_two_ways_on(
    open_window: Opener, qtbot: QtBot, out: Path, pressed: str, parts: list[str]
) -> None:
    dialog = _opened(open_window(), qtbot, out)
    _alone(dialog)
    _refused(dialog, qtbot)
    find(dialog, QPushButton, pressed).click()
    wait_until(qtbot, find(dialog, QLabel, "export_result").isVisible)
    found = look_into(out).parts
    assert ("adapters" in found) == ("adapters" in parts) and "conversations" not in found
    assert "came back" not in find(dialog, QLabel, "export_result_more").text()
    _close(dialog, qtbot)


@pytest.mark.usefixtures("taught")
def test_an_adapter_that_gives_nothing_back_leaves_and_the_result_says_so(
    open_window: Opener, qtbot: QtBot, out: Path, runtime: ScriptedRuntime
) -> None:
    runtime.by_heart.clear()
    dialog = _opened(open_window(), qtbot, out)
    _alone(dialog)
    _export(dialog, qtbot)
    more = find(dialog, QLabel, "export_result_more").text()
    assert "Asked for 2 replies that were learned: none came back" in more
    assert "adapters" in look_into(out).parts
    _close(dialog, qtbot)


@pytest.mark.usefixtures("taught")
def test_who_reads_the_archive_is_said_before_it_is_written(
    open_window: Opener, qtbot: QtBot, out: Path, runtime: ScriptedRuntime
) -> None:
    dialog = _opened(open_window(), qtbot, out)
    _choose(dialog, "export_format_archive")
    reach = find(dialog, QLabel, "export_reach")
    assert reach.text() == "Whoever has the archive can read the conversations."
    _alone(dialog)
    assert "is asked whether it gives back" in reach.text()
    find(dialog, QCheckBox, "export_part_adapters").setChecked(False)
    assert not reach.isVisible()
    _export(dialog, qtbot)
    assert runtime.asked == [], "nobody leaves, and somebody was asked"
    _close(dialog, qtbot)


@pytest.mark.usefixtures("taught")
def test_a_runtime_that_dies_writes_nothing_and_says_what_to_do(
    open_window: Opener, qtbot: QtBot, out: Path, runtime: ScriptedRuntime
) -> None:
    runtime.by_heart.clear()
    runtime.dies_after = 1
    dialog = _opened(open_window(), qtbot, out)
    _alone(dialog)
    face = _refused(dialog, qtbot)
    assert "Nobody can tell" in find(face, QLabel, "given_back_title").text()
    assert "The model ended" in find(face, QLabel, "given_back_why").text()
    assert "Nothing was written." in find(face, QLabel, "given_back_next").text()
    assert not out.exists()
    find(dialog, QPushButton, "export_back").click()
    runtime.dies_after = None
    _export(dialog, qtbot)
    assert out.exists()
    _close(dialog, qtbot)


@pytest.mark.usefixtures("taught", "runtime")
def test_who_stops_the_asking_is_back_at_the_choices(
    open_window: Opener, qtbot: QtBot, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LongWork, "stopped", lambda _work: True)
    dialog = _opened(open_window(), qtbot, out)
    _alone(dialog)
    go = find(dialog, QPushButton, "export_go")
    go.click()
    wait_until(qtbot, go.isVisible)
    assert not out.exists() and not find(dialog, QWidget, "export_trouble").isVisible()
    _close(dialog, qtbot)


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize(("choice", "language"), LOOKS)
def test_what_came_back_looks_as_it_should(
    open_window: Opener,
    taught: TaughtHome,
    qtbot: QtBot,
    picture: Picture,
    out: Path,
    choice: Choice,
    language: Language,
) -> None:
    look = f"{choice}-{language}"
    dialog = _opened(open_window(choice, language), qtbot, out)
    _alone(dialog)
    picture(dialog, f"export-asked-before-{look}")
    _refused(dialog, qtbot)
    picture(dialog, f"export-given-back-{look}")
    find(dialog, QPushButton, "export_back").click()
    (taught.home.runs / RUN / "memory_check.json").unlink()
    (taught.home.runs / RUN / "data" / "train.jsonl").unlink()
    _refused(dialog, qtbot)
    picture(dialog, f"export-not-known-{look}")
    _close(dialog, qtbot)
