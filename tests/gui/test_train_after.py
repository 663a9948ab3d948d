"""After a training the window says what the report says, and asks before it goes against it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.evaluation.page import make_page
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import training
from app.store import Persona, Store
from tests.gui import homes, report_home
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton
OVERRULED = {"because": "I like its tone, and code I ask elsewhere.", "at": "2026-11-22T14:30:00Z"}


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was ordered; the processes themselves are tested where they live."""
    given: list[tuple[Any, ...]] = []
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    monkeypatch.setattr(training, "use_all_the_same", lambda _home, *told: given.append(told))
    return given


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, made, 12)
    return made


def _open(window: MainWindow, qtbot: QtBot) -> QWidget:
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QWidget, "verdict_card") is not None)
    return find(window, QWidget, "train_after")


def _texts(widget: QWidget) -> list[str]:
    return [each.text() for each in widget.findChildren(QLabel) if not each.isHidden()]


def _plain(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def test_every_score_is_the_reports_to_the_digit(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    """Two places with two numbers would be a reason to believe neither."""
    report = report_home.full_report("refused")
    report_home.add_result(store, home, sunny, "refused", report)
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "score_grid") is not None)
    qtbot.mouseClick(find(page, QPushButton, "all_scores"), LEFT)
    grid = find(page, QWidget, "score_grid")
    wait_until(qtbot, lambda: "Speed" in _texts(grid))
    shown = _texts(grid)
    table = make_page(report, "en").partition('id="scores"')[2].partition("</table>")[0]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table)
    values = [_plain(part) for each in cells for part in each.split("<span")[:1] if _plain(part)]
    assert len(values) > 60 and set(values) - {"–"} <= set(shown)
    ranges = [_plain(each) for each in re.findall(r'class="range">(.*?)</span>', table)]
    assert ranges and set(ranges) <= set(shown)
    assert shown.count("worse") == table.count(">worse<") > 0


def test_each_reason_says_how_it_stands(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    report_home.add_result(store, home, sunny, "refused")
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "reasons") is not None)
    first = _texts(find(page, QWidget, "reasons"))
    assert first.count("does not hold") == 2 and "holds" not in first
    assert any("It forgot: coding, +22.9 %" in each for each in first)
    assert find(page, QLabel, "why_beside").text() == "7 of 9 conditions hold"
    qtbot.mouseClick(find(page, QPushButton, "why"), LEFT)
    rest = _texts(find(page, QWidget, "more_reasons"))
    assert rest.count("holds") == 7 and "only shown" in rest
    assert "more replay in the mix" in find(page, QLabel, "next_0").text()


def test_too_little_to_tell_is_not_called_a_failure(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    report_home.add_result(store, home, sunny, "undecided")
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "reasons") is not None)
    assert "too little to tell" in _texts(find(page, QWidget, "reasons"))


def test_replies_are_seen_by_why_they_are_shown(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    report_home.add_result(store, home, sunny, "passed")
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "replies_card") is not None)

    def shown() -> int:
        found = page.findChildren(QWidget, re_name("reply_candidate_"))
        return sum(not each.isHidden() for each in found)

    assert shown() == 3
    qtbot.mouseClick(find(page, QPushButton, "more_most_changed"), LEFT)
    assert shown() == 10
    qtbot.mouseClick(find(page, QPushButton, "others_0"), LEFT)
    assert "What you approved" in _texts(page)
    qtbot.mouseClick(find(page, QPushButton, "replies_worst"), LEFT)
    wait_until(qtbot, lambda: page.findChild(QWidget, "reply_candidate_15") is not None)
    assert page.findChild(QWidget, "reply_candidate_10") is None


def re_name(start: str) -> Any:
    from PySide6.QtCore import QRegularExpression

    return QRegularExpression(f"^{start}")


def test_what_was_opened_stays_open_when_the_page_is_made_anew(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    report_home.add_result(store, home, sunny, "passed")
    window = open_window()
    page = _open(window, qtbot)
    wait_until(qtbot, lambda: page.findChild(QPushButton, "fold_data") is not None)
    qtbot.mouseClick(find(page, QPushButton, "fold_data"), LEFT)
    before = find(page, QWidget, "data_facts")
    window.train.changed.emit()
    assert find(page, QWidget, "data_facts") is before, "made anew though nothing had changed"
    window.train.busy = True
    window.train.changed.emit()
    assert find(page, QPushButton, "fold_data").isChecked()
    wait_until(qtbot, lambda: not find(page, QPushButton, "use_it").isEnabled())


def test_the_report_is_opened_where_there_is_one(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    sunny: Persona,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    folder = report_home.add_result(store, home, sunny, "passed")
    window = open_window()
    page = _open(window, qtbot)
    wait_until(qtbot, lambda: page.findChild(QPushButton, "open_report") is not None)
    qtbot.mouseClick(find(page, QPushButton, "open_report"), LEFT)
    assert opened == [str(folder.root / "report.html")]


def test_a_report_without_its_parts_shows_what_there_is(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    folder = report_home.add_result(store, home, sunny, "refused", {"verdict": "refused"})
    (folder.root / "report.html").unlink()
    page = _open(open_window(), qtbot)
    assert "refused" in find(page, QLabel, "verdict").text()
    for name in ("scores_card", "replies_card", "open_report", "why"):
        assert page.findChild(QWidget, name) is None


def test_a_report_of_an_earlier_version_is_shown_with_the_scores_of_the_store(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=90, of=90, until="gated")
    homes.write_report(store, folder, "refused")
    store.runs.set_state(homes.RUN_ID, "refused", verdict="refused")
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "score_grid") is not None)
    shown = _texts(find(page, QWidget, "score_grid"))
    assert {"2.710", "1.520", "42 %", "40"} <= set(shown)
    assert page.findChild(QWidget, "reply_candidate_1") is not None
    assert "does not hold" in _texts(find(page, QWidget, "reasons"))


def test_nothing_is_used_against_the_exam_without_a_reason(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    sunny: Persona,
    orders: list[Any],
) -> None:
    report_home.add_result(store, home, sunny, "refused")
    window = open_window()
    page = _open(window, qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "reasons") is not None)
    qtbot.mouseClick(find(page, QPushButton, "overrule"), LEFT)
    dialog = find(window, QWidget, "overruling_dialog")
    use = find(dialog, QPushButton, "overruling_use")
    reason = find(dialog, QPlainTextEdit, "overruling_reason")
    assert find(dialog, QPushButton, "overruling_cancel").isDefault()
    assert any("It forgot: coding" in each for each in _texts(dialog))
    assert not use.isEnabled()
    for words, enough in (("  \n ", False), ("x" * 201, False), ("I like\nits tone.", True)):
        reason.setPlainText(words)
        assert use.isEnabled() is enough
    assert orders == []
    qtbot.mouseClick(use, LEFT)
    wait_until(qtbot, lambda: orders == [(homes.RUN_ID, "I like its tone.")])


def test_cancelling_uses_nothing(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    sunny: Persona,
    orders: list[Any],
) -> None:
    report_home.add_result(store, home, sunny, "undecided")
    window = open_window()
    page = _open(window, qtbot)
    wait_until(qtbot, lambda: page.findChild(QWidget, "reasons") is not None)
    qtbot.mouseClick(find(page, QPushButton, "overrule"), LEFT)
    dialog = find(window, QWidget, "overruling_dialog")
    find(dialog, QPlainTextEdit, "overruling_reason").setPlainText("Because.")
    qtbot.mouseClick(find(dialog, QPushButton, "overruling_cancel"), LEFT)
    assert not dialog.isVisible() and orders == []


def _overruled(store: Store, home: Home, persona: Persona) -> None:
    report = report_home.full_report("refused") | {"overruled": OVERRULED}
    report_home.add_result(store, home, persona, "refused", report)
    report_home.put_live(store, persona)


def test_an_overruled_result_says_so_and_why(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    _overruled(store, home, sunny)
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QLabel, "overruled_words") is not None)
    words = find(page, QLabel, "overruled_words").text()
    assert OVERRULED["because"] in words and "2026-11-22 14:30 UTC" in words
    wait_until(qtbot, lambda: "your own word" in find(page, QLabel, "verdict").text())
    assert page.findChild(QPushButton, "overrule") is None
    assert page.findChild(QPushButton, "roll_back") is not None
    store.deployments.undo_last(sunny.id)
    wait_until(qtbot, lambda: "rolled back" in find(page, QLabel, "verdict").text())
    assert OVERRULED["because"] in find(page, QLabel, "overruled_words").text()


def test_an_overruling_that_was_cut_off_before_it_counted_can_be_said_again(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    report = report_home.full_report("refused") | {"overruled": OVERRULED}
    report_home.add_result(store, home, sunny, "refused", report)
    page = _open(open_window(), qtbot)
    wait_until(qtbot, lambda: page.findChild(QPushButton, "overrule") is not None)
    assert page.findChild(QLabel, "overruled_words") is None


def _live(store: Store, home: Home, persona: Persona) -> None:
    report_home.add_result(store, home, persona, "passed")
    report_home.put_live(store, persona)


def _old(store: Store, home: Home, persona: Persona) -> None:
    folder = homes.add_run(store, home, persona)
    homes.write_making(folder, steps=90, of=90, until="gated")
    homes.write_report(store, folder, "passed")
    store.runs.set_state(homes.RUN_ID, "waiting", verdict="passed")


STATES: dict[str, Callable[[Store, Home, Persona], object]] = {
    "passed": lambda store, home, who: report_home.add_result(store, home, who, "passed"),
    "refused": lambda store, home, who: report_home.add_result(store, home, who, "refused"),
    "undecided": lambda store, home, who: report_home.add_result(store, home, who, "undecided"),
    "live": _live,
    "overruled": _overruled,
    "old": _old,
    "bare": lambda store, home, who: report_home.add_result(
        store, home, who, "refused", {"verdict": "refused", "reasons": [None], "replies": [{}]}
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_pictures(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    sunny: Persona,
    state: str,
) -> None:
    STATES[state](store, home, sunny)
    window = open_window(*shade)
    page = _open(window, qtbot)
    wait_until(qtbot, lambda: window.train.outcome.report is not None)
    last = "replies_card" if state in ("bare", "old") else "facts_card"
    wait_until(qtbot, lambda: page.findChild(QWidget, last) is not None)
    if state == "undecided":
        for name in ("why", "all_scores", "fold_warnings", "fold_data", "fold_recipe", "fold_exam"):
            find(page, QPushButton, name).click()
        find(page, QPushButton, "overrule").click()
        picture(find(window, QWidget, "overruling_dialog"), f"overruling-{'-'.join(shade)}")
        find(window, QPushButton, "overruling_cancel").click()
    picture(window, f"after-{state}-{'-'.join(shade)}")
    picture(page, f"after-{state}-whole-{'-'.join(shade)}")
    if state == "refused":
        window.resize(800, 560)
        picture(page, f"after-{state}-narrow-{'-'.join(shade)}")


def test_reports_are_read_as_they_were_written() -> None:
    """The report of these tests is one that a run could leave."""
    assert json.loads(json.dumps(report_home.full_report("passed")))["version"] == 2
