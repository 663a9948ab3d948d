"""Past trainings can be found, looked at and compared, and the way back leads where one was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel, QListView, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.run_charts import LossChart, SeriesChart
from app.gui.run_history_model import TICK_PX
from app.gui.run_history_session import RunHistorySession
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
from tests.unit.app.operations.test_run_history import MANIFEST
from trainer.contract.folder import EventWriter, RunFolder
from trainer.contract.recipe import Recipe

LEFT = Qt.MouseButton.LeftButton
REPLIES = (
    "Lay out tomorrow's clothes tonight, so that the first minutes decide nothing.",
    "Here it is, and it is `O(n)`:\n\n```python\ndef add_even(numbers):\n"
    "    return sum(n for n in numbers if n % 2 == 0)\n```\n\nNext: call it with [1, 2].",
    "A word. " * 200,
)


@pytest.fixture
def sunny(store: Store, monkeypatch: pytest.MonkeyPatch) -> Persona:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    (made,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, made, 64)
    return made


def add_run(
    store: Store, home: Home, who: Persona, number: int, verdict: str, **recipe: Any
) -> RunFolder:
    """A run of a month; each one learned a little otherwise."""
    assert who.base_id is not None
    run_id = f"2026-{number:02}-sunny-1"
    parent = store.personas.get(who.id).active_adapter_id
    store.runs.add(run_id, who.id, who.base_id, parent, "starter", 7)
    folder = RunFolder(home.runs / run_id)
    folder.data.mkdir(parents=True)
    until = "gated" if verdict else "trained"
    homes.write_making(folder, steps=90 if verdict else 43, of=90, until=until)
    values = Recipe.model_validate({"name": "starter", **recipe}).model_dump(mode="json")
    folder.spec.write_text(json.dumps({"recipe": values, "system_prompt": homes.SUNNY}), "utf-8")
    manifest = MANIFEST | {"train": {"new": {"replies": 80 + number}, "replay": {"replies": 40}}}
    (folder.data / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    store.runs.complete_stage(run_id, "gated" if verdict else "mixed")
    if verdict:
        report = report_home.full_report(verdict) | {"run": run_id}
        report["recipe"]["values"] = values
        for place, reply in enumerate(report["replies"]):
            reply["candidate"] = f"{number}. {REPLIES[place % 3]}"
        report["scores"][2]["values"]["candidate"] |= {"value": 3 - number / 50, "low": 2.0}
        report_home.write(folder, report)
        store.adapters.add(
            who.id, who.base_id, run_id, parent, folder.adapter, folder.adapter_gguf, run_id
        )
    state: Any = "waiting" if verdict == "passed" else verdict or "stopped"
    store.runs.set_state(run_id, state, verdict=verdict or None)
    return folder


def put_live(store: Store, who: Persona, folder: RunFolder) -> None:
    run_id = folder.root.name
    adapter = store.adapters.of_run(run_id)
    assert adapter is not None
    store.deployments.put_live(who.id, run_id, adapter.id, "runtime", "1", "runtime", {})
    store.runs.set_state(run_id, "done", verdict="passed")


def add_year(store: Store, home: Home, who: Persona) -> None:
    """Runs of every kind; the last but one is live, the newest was stopped."""
    for number, verdict in enumerate(("passed", "refused", "undecided", "passed", ""), 1):
        epochs = {"epochs": 5, "learning_rate": 0.002} if number == 4 else {}
        folder = add_run(store, home, who, number, verdict, **epochs)
        if verdict == "passed":
            put_live(store, who, folder)
        homes.wait_a_moment()


def _open_page(window: MainWindow, qtbot: QtBot) -> QWidget:
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QPushButton, "train_history_open") is not None)
    page = find(window, QWidget, "train_page")
    wait_until(qtbot, lambda: "(" in find(page, QPushButton, "train_history_open").text())
    return page


def _open_history(window: MainWindow, qtbot: QtBot) -> QWidget:
    page = _open_page(window, qtbot)
    qtbot.mouseClick(find(page, QPushButton, "train_history_open"), LEFT)
    view = find(page, QListView, "run_list")
    empty = find(page, QLabel, "history_empty")
    wait_until(qtbot, lambda: view.model().rowCount() > 0 or empty.isVisible())
    return page


def _history(window: MainWindow) -> RunHistorySession:
    return RunHistorySession.of(window.session, window.train)


def _open_details(window: MainWindow, qtbot: QtBot, row: int = 0) -> QWidget:
    page = _open_history(window, qtbot)
    view = find(page, QListView, "run_list")
    view.setCurrentIndex(view.model().index(row, 0))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: page.findChild(QWidget, "run_card") is not None)
    return page


def _tick(view: QListView, qtbot: QtBot, row: int) -> None:
    rect = view.visualRect(view.model().index(row, 0))
    at = QPoint(rect.x() + TICK_PX // 2, rect.center().y())
    qtbot.mouseClick(view.viewport(), LEFT, pos=at)


def _open_comparison(window: MainWindow, qtbot: QtBot, *rows: int) -> QWidget:
    page = _open_history(window, qtbot)
    for row in rows:
        _tick(find(page, QListView, "run_list"), qtbot, row)
    qtbot.mouseClick(find(page, QPushButton, "history_compare"), LEFT)
    wait_until(qtbot, lambda: page.findChild(QWidget, "compare_card") is not None)
    return page


def _texts(widget: QWidget) -> list[str]:
    return [each.text() for each in widget.findChildren(QLabel) if not each.isHidden()]


def test_without_a_run_it_says_what_will_stand_here(
    open_window: Opener, qtbot: QtBot, sunny: Persona
) -> None:
    window = open_window()
    page = _open_history(window, qtbot)
    assert "(0)" in find(page, QPushButton, "train_history_open").text()
    assert "train this month's adapter" in find(page, QLabel, "history_empty").text()
    assert not find(page, QPushButton, "history_compare").isVisible()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    wait_until(qtbot, lambda: find(page, QWidget, "train_before").isVisible())


def test_the_list_is_filtered_by_verdict(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    page = _open_history(open_window(), qtbot)
    view = find(page, QListView, "run_list")
    shown = [view.model().index(row, 0).data() for row in range(view.model().rowCount())]
    assert [each.partition(" · ")[2] for each in shown] == [
        "Stopped; it can go on", "Passed; live now", "Undecided", "Refused",
        "Passed; was live before",
    ]  # fmt: skip
    assert "(5)" in find(page, QPushButton, "history_all").text()
    qtbot.mouseClick(find(page, QPushButton, "history_refused"), LEFT)
    wait_until(qtbot, lambda: view.model().rowCount() == 1)
    assert "Refused" in view.model().index(0, 0).data()


def test_enter_opens_a_run_and_going_back_returns_to_its_row(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    page = _open_details(open_window(), qtbot, row=3)
    assert find(page, QLabel, "run_outcome").text() == "Refused"
    assert find(page, QLabel, "history_title").text() == "2026-02-sunny-1"
    facts = _texts(find(page, QWidget, "run_facts"))
    assert {"first round", "82 new, 40 replay", "SmolLM2 135M", "from v1"} <= set(facts)
    assert page.findChild(QWidget, "score_grid") is not None
    assert page.findChild(QWidget, "replies_card") is not None
    qtbot.mouseClick(find(page, QPushButton, "history_back"), LEFT)
    view = find(page, QListView, "run_list")
    wait_until(qtbot, view.isVisible)
    wait_until(qtbot, lambda: view.currentIndex().row() == 3)
    assert view.hasFocus()


def test_a_click_beside_the_box_opens_and_one_on_it_ticks(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    window = open_window()
    page = _open_history(window, qtbot)
    view = find(page, QListView, "run_list")
    _tick(view, qtbot, 1)
    assert _history(window).ticked == ("2026-04-sunny-1",)
    assert not find(page, QPushButton, "history_compare").isEnabled()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert _history(window).ticked == ()
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(view.model().index(1, 0)).center())
    wait_until(qtbot, lambda: page.findChild(QWidget, "run_card") is not None)
    assert find(page, QLabel, "run_outcome").text() == "Passed; live now"


def test_the_recipe_says_what_is_usual_and_the_line_can_be_copied(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    page = _open_details(open_window(), qtbot, row=1)
    changes = " ".join(_texts(find(page, QWidget, "recipe_changes")))
    assert "5 (usually 3)" in changes and "0.002 (usually 0.0002)" in changes
    qtbot.mouseClick(find(page, QPushButton, "recipe_values"), LEFT)
    assert "warmup_share" in _texts(find(page, QWidget, "recipe_all"))
    qtbot.mouseClick(find(page, QToolButton, "run_repeat_copy"), LEFT)
    assert QGuiApplication.clipboard().text().endswith("--into 2026-04-sunny-1-again")


def test_report_and_folder_are_opened(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    sunny: Persona,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile()).name)
    )
    add_year(store, home, sunny)
    page = _open_details(open_window(), qtbot, row=1)
    for name in ("run_report", "run_folder"):
        qtbot.mouseClick(find(page, QPushButton, name), LEFT)
    assert opened == ["report.html", "2026-04-sunny-1"]


def test_a_run_with_damaged_files_is_shown_with_what_is_left(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    folder = add_run(store, home, sunny, 1, "refused")
    folder.report.write_text("{", "utf-8")
    (folder.data / "manifest.json").unlink()
    page = _open_details(open_window(), qtbot)
    told = _texts(find(page, QWidget, "run_troubles"))
    assert "report.json is damaged." in told and "data/manifest.json is missing." in told
    assert find(page, QLabel, "run_outcome").text() == "Refused"
    wait_until(qtbot, lambda: page.findChild(QWidget, "loss_chart") is not None)


def test_two_ticked_runs_stand_side_by_side_the_older_at_the_left(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    window = open_window()
    page = _open_comparison(window, qtbot, 1, 3)
    assert "Refused" in find(page, QLabel, "compare_title_0").text()
    assert "live now" in find(page, QLabel, "compare_title_1").text()
    recipe = _texts(find(page, QWidget, "compare_recipe"))
    assert {"epochs", "3", "5"} <= set(recipe) and "rank" not in recipe
    assert {"82", "84"} <= set(_texts(find(page, QWidget, "compare_mix")))
    assert "v4 is better in" in find(page, QLabel, "compare_wins").text() or "v2 is better" in (
        find(page, QLabel, "compare_wins").text()
    )
    assert page.findChild(QWidget, "compared_one_0") is not None
    wait_until(qtbot, lambda: page.findChild(QWidget, "two_runs_chart") is not None)
    qtbot.mouseClick(find(page, QPushButton, "compare_open_0"), LEFT)
    wait_until(qtbot, lambda: page.findChild(QWidget, "run_card") is not None)
    qtbot.mouseClick(find(page, QPushButton, "history_back"), LEFT)
    wait_until(qtbot, lambda: page.findChild(QWidget, "compare_card") is not None)


def test_of_three_ticked_runs_the_last_two_are_compared(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    window = open_window()
    page = _open_history(window, qtbot)
    for row in (1, 2, 3):
        _tick(find(page, QListView, "run_list"), qtbot, row)
    assert _history(window).ticked == ("2026-03-sunny-1", "2026-02-sunny-1")
    assert find(page, QPushButton, "history_compare").isEnabled()


def test_a_run_under_way_goes_on_behind_the_history(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    homes.write_making(homes.add_run(store, home, sunny), steps=20, of=90)
    window = open_window()
    page = _open_history(window, qtbot)
    homes.write_making(RunFolder(home.runs / homes.RUN_ID), steps=45, of=90)
    wait_until(qtbot, lambda: window.train.state.step == 45)
    qtbot.mouseClick(find(page, QPushButton, "history_back"), LEFT)
    wait_until(qtbot, lambda: find(page, QLabel, "number_step").isVisible())
    assert find(page, QLabel, "number_step").text() == "45 / 90"
    assert find(page, QPushButton, "train_history_open").hasFocus()


def test_the_place_in_the_history_outlives_a_change_of_theme(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    window = open_window()
    _open_details(window, qtbot, row=1)
    window.session.choose_theme("dark")
    wait_until(qtbot, lambda: _visible(window, "run_card"))
    assert find(window, QWidget, "train_history").isVisible()


def _visible(window: MainWindow, name: str) -> bool:
    return any(each.isVisible() for each in window.findChildren(QWidget, name))


def test_another_persona_has_another_history(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    add_year(store, home, sunny)
    assert sunny.base_id is not None
    other = store.personas.add("Technical", "Be brief.", base_id=sunny.base_id)
    window = open_window()
    page = _open_history(window, qtbot)
    window.session.switch(other.id)
    wait_until(qtbot, lambda: _history(window).count == 0)
    assert not find(page, QWidget, "train_history").isVisible()


def _charts(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> tuple[MainWindow, LossChart, SeriesChart]:
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=43, of=90)
    events = EventWriter(folder.events)
    values = {"best": 1.42, "best_step": 40, "now": 1.61}
    warning = {"warning": "overfitting", "advice": "Stop it.", "values": values}
    events.write({"kind": "warning", **warning})
    sample = {"step": 44, "prompt": "I keep putting off my tax papers."}
    events.write({"kind": "sample", **sample, "reply": "Open the first envelope."})
    events.close()
    window = open_window()
    _open_page(window, qtbot)
    wait_until(qtbot, lambda: window.findChild(QWidget, "loss_chart") is not None)
    loss = window.findChild(LossChart, "loss_chart")
    series = window.findChild(SeriesChart, "series_chart")
    assert isinstance(loss, LossChart) and isinstance(series, SeriesChart)
    wait_until(qtbot, lambda: len(loss.steps()) == 43)
    return window, loss, series


def test_a_chart_tells_of_evaluations_checkpoints_and_warnings(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    _, loss, series = _charts(open_window, store, home, qtbot, sunny)
    told = " ".join(loss.words_at(40))
    assert "Validation loss 1.612 (lowest, kept)" in told and "Checkpoint" in told
    assert "smoothed" in told
    assert "Warning: Stop it." in loss.words_at(43)
    assert list(loss.notable()) == [10, 20, 30, 40, 43]
    loss.setFocus()
    qtbot.keyClick(loss, Qt.Key.Key_Left)
    qtbot.keyClick(loss, Qt.Key.Key_Left)
    assert "Step 40" in loss.accessibleDescription()
    qtbot.keyClick(loss, Qt.Key.Key_Right)
    qtbot.keyClick(loss, Qt.Key.Key_Right)
    assert "Step 43" in loss.accessibleDescription()
    assert "Tokens per second: 2" in series.words_at(20)[1]


def test_the_mouse_asks_the_step_below_it(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    _, loss, _ = _charts(open_window, store, home, qtbot, sunny)
    view = loss._plot.plotItem.vb

    def asked() -> bool:
        """Once the curves have been drawn, a step has its place."""
        loss._plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(20.2, 2.0)))
        return loss.accessibleDescription().startswith("Step 20. ")

    wait_until(qtbot, asked)


def test_another_series_and_another_smoothing_are_drawn_and_remembered(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    window, loss, series = _charts(open_window, store, home, qtbot, sunny)
    choice = find(window, QComboBox, "series_choice")
    assert choice.findData("card") == -1  # this machine has none
    choice.setCurrentIndex(choice.findData("memory"))
    wait_until(qtbot, lambda: series.words_at(20)[-1] == "Memory in GB: 1.42")
    smoothing = find(window, QComboBox, "chart_smoothing")
    before = loss.words_at(30)[1]
    smoothing.setCurrentIndex(smoothing.findData("strong"))
    smoothing.activated.emit(smoothing.currentIndex())
    wait_until(qtbot, lambda: loss.words_at(30)[1] != before)
    wait_until(qtbot, lambda: store.settings.get("train.smoothing") == "strong")


def test_how_it_spoke_before_is_kept_below_how_it_speaks_now(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    window, _, _ = _charts(open_window, store, home, qtbot, sunny)
    card = find(window, QWidget, "samples_card")
    wait_until(qtbot, lambda: card.findChild(QPushButton, "sample_0") is not None)
    wait_until(qtbot, lambda: "Open the first envelope." in _texts(card))
    qtbot.mouseClick(find(card, QPushButton, "sample_0"), LEFT)
    wait_until(qtbot, lambda: "Step 43" in _texts(card))


def _damaged(store: Store, home: Home, who: Persona) -> None:
    folder = add_run(store, home, who, 1, "refused")
    folder.report.write_text("{", "utf-8")
    (folder.data / "manifest.json").unlink()


HOMES: dict[str, Callable[[Store, Home, Persona], None]] = {
    "empty": lambda _store, _home, _who: None,
    "filled": add_year,
    "details": add_year,
    "damaged": _damaged,
    "compared": add_year,
}


@pytest.mark.parametrize("state", HOMES)
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
    HOMES[state](store, home, sunny)
    window = open_window(*shade)
    if state in ("details", "damaged"):
        page = _open_details(window, qtbot, 1 if state == "details" else 0)
        wait_until(qtbot, lambda: page.findChild(QWidget, "loss_chart") is not None)
        wait_until(qtbot, lambda: len(find(page, LossChart, "loss_chart").steps()) > 0)
    elif state == "compared":
        page = _open_comparison(window, qtbot, 1, 3)
        wait_until(qtbot, lambda: page.findChild(QWidget, "two_runs_chart") is not None)
    else:
        page = _open_history(window, qtbot)
    if state == "filled":
        for row in (1, 3):
            _tick(find(page, QListView, "run_list"), qtbot, row)
    name = f"history-{state}-{'-'.join(shade)}"
    picture(window, name)
    if state in ("details", "compared", "damaged"):
        window.resize(1160, 3400)
        picture(window, f"{name}-whole")
        window.resize(800, 560)
        picture(window, f"{name}-narrow")
