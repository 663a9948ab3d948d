"""A persona could not be found, edited, taken back or kept from loss if these failed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.persona_fields import PromptField
from app.gui.personas_page import PersonasPage
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations.editing_personas import PROMPT_MOST
from app.store import Persona, Score, Store
from app.store.values import Traits
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import activate, wait_until
from tests.unit.app.operations.test_adapter_line import add_adapter, go_live

LEFT = Qt.MouseButton.LeftButton
NO_EMOJI = "Use no emoji and no emoticons."
SAMPLES: list[tuple[str, str, str, float]] = [
    ("base", "test_loss", "", 2.71), ("candidate", "test_loss", "", 1.52),
    ("base", "replay_loss", "coding", 1.31), ("candidate", "replay_loss", "coding", 1.33),
    ("base", "checks", "coding", 0.42), ("candidate", "checks", "coding", 0.41),
    ("base", "checks", "general", 0.5), ("candidate", "checks", "general", 0.55),
]  # fmt: skip


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    return store.personas.update(made.id, languages=("en", "ko"))


def _open(window: MainWindow, qtbot: QtBot) -> PersonasPage:
    window.show_page("personas")
    page = window.findChild(PersonasPage)
    assert page is not None
    count = len(window.session.household.cards)
    wait_until(qtbot, lambda: len(page.findChildren(QWidget, "tile_name")) == count)
    return page


def _press(qtbot: QtBot, inside: QWidget, name: str) -> None:
    qtbot.mouseClick(find(inside, QPushButton, name), LEFT)


def _edit(page: PersonasPage, qtbot: QtBot, slug: str = "sunny") -> QWidget:
    _press(qtbot, find(page, QWidget, f"tile_{slug}"), "tile_edit")
    return find(page, QWidget, "persona_editor")


def _line(page: PersonasPage, qtbot: QtBot) -> QWidget:
    _press(qtbot, find(page, QWidget, "tile_sunny"), "tile_line")
    return find(page, QWidget, "persona_line")


def _preview(page: QWidget) -> str:
    return find(page, QPlainTextEdit, "preview_text").toPlainText()


def _words(page: QWidget, name: str) -> str:
    found = page.findChild(QLabel, name)
    return found.text() if found is not None else ""


def _add_line(store: Store, home: Home, persona: Persona, count: int = 3) -> None:
    """Adapters that grew from one another, the last of them live, and one that was refused."""
    parent = None
    homes.add_usable(store, persona, 4)
    said = [turn.message_id for talk in store.learnable(persona.id) for turn in talk.turns]
    for number in range(1, count + 1):
        adapter = add_adapter(store, home, persona, number, parent)
        store.runs.use(adapter.run_id, said[: 2 * number])
        store.scores.put(
            adapter.run_id,
            [Score(adapter.run_id, *each, 40) for each in SAMPLES],  # type: ignore[arg-type]
        )
        go_live(store, adapter)
        parent = adapter
    refused = add_adapter(store, home, persona, count + 1, parent)
    store.runs.set_state(refused.run_id, "refused", verdict="refused")


def test_every_persona_says_what_it_has_and_the_one_that_is_on_is_marked(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    other = store.personas.add("Technical", base_id=sunny.base_id)
    homes.put_live(store, home, other, "2026-10-technical-1")
    begun = store.ollama_models.begin(other.id, "2026-10-technical-1", "127.0.0.1:9", "technical")
    store.ollama_models.went_live(begun.id, "0.34.1", "registry", {}, "")
    homes.add_usable(store, sunny, 7)
    homes.add_conversation(store, sunny)
    page = _open(open_window(), qtbot)
    first, second = find(page, QWidget, "tile_sunny"), find(page, QWidget, "tile_technical")
    counted = "Conversations: 8 · thumbs up: 8, down: 1"
    wait_until(qtbot, lambda: _words(first, "tile_counts") == counted)
    wait_until(qtbot, lambda: _words(second, "tile_counts") == "No conversations yet")
    assert _words(first, "tile_speaks") == f"English, 한국어 · {homes.BASE_NAME}"
    assert _words(first, "tile_adapter") == "No adapter yet"
    assert _words(second, "tile_adapter").startswith("Adapter v1 of ")
    assert _words(second, "tile_ollama") == "In Ollama as technical"
    assert find(first, QLabel, "tile_current").isVisible()
    assert not find(second, QLabel, "tile_current").isVisible()


def test_talk_switches_and_leads_to_the_chat(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    other = store.personas.add("Technical", base_id=sunny.base_id)
    window = open_window()
    page = _open(window, qtbot)
    with qtbot.waitSignal(page.chat_asked):
        _press(qtbot, find(page, QWidget, "tile_technical"), "tile_talk")
    assert window.session.household.current_id == other.id
    assert not page.isVisible()


def test_an_edit_is_kept_and_the_former_adapter_is_told_of(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    save = find(editor, QPushButton, "editor_save")
    assert not save.isEnabled()
    find(editor, QLineEdit, "edit_name").setText("Sun & <b>Moon</b>")
    find(editor, QSlider, "trait_emoji").setValue(0)
    qtbot.mouseClick(find(editor, QToolButton, "colour_15803d"), LEFT)
    wait_until(qtbot, lambda: _preview(page) == f"{homes.SUNNY}\n\n{NO_EMOJI}")
    assert find(editor, QLabel, "preview_mark").isVisible()
    qtbot.keySequence(find(editor, QLineEdit, "edit_name"), QKeySequence("Ctrl+S"))
    wait_until(qtbot, lambda: find(page, QWidget, "personas_done").isVisible())
    assert "Adapter v1 learned with the former prompt" in _words(page, "personas_done_text")
    kept = store.personas.get(sunny.id)
    assert (kept.name, kept.colour, kept.traits) == (
        "Sun & <b>Moon</b>", "#15803D", Traits(emoji=0.0)
    )  # fmt: skip
    assert kept.system_prompt == f"{homes.SUNNY}\n\n{NO_EMOJI}"
    tile = find(page, QWidget, "tile_sunny")
    wait_until(qtbot, lambda: _words(tile, "tile_name") == "Sun & <b>Moon</b>")


def test_the_prompt_changes_as_one_types_and_goes_back_with_ctrl_z(
    open_window: Opener, sunny: Persona, qtbot: QtBot
) -> None:
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    field = find(editor, QPlainTextEdit, "edit_prompt")
    field.moveCursor(field.textCursor().MoveOperation.End)
    qtbot.keyClicks(field, " Be brief.")
    wait_until(qtbot, lambda: _preview(page) == f"{homes.SUNNY} Be brief.")
    qtbot.keySequence(field, QKeySequence("Ctrl+Z"))
    wait_until(qtbot, lambda: _preview(page) == homes.SUNNY)
    assert not find(editor, QPushButton, "editor_save").isEnabled()


def test_the_advanced_traits_and_the_first_language_change_the_prompt(
    open_window: Opener, sunny: Persona, qtbot: QtBot
) -> None:
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    assert editor.findChild(QSlider, "trait_humour") is None
    _press(qtbot, editor, "traits_advanced")
    find(editor, QSlider, "trait_humour").setValue(100)
    wait_until(qtbot, lambda: _preview(page).endswith("without losing the answer."))
    _press(qtbot, editor, "edit_language_first")
    wait_until(qtbot, lambda: _preview(page).endswith("농담으로 만드세요."))
    qtbot.mouseClick(find(editor, QToolButton, "trait_humour_middle"), LEFT)
    wait_until(qtbot, lambda: _preview(page) == homes.SUNNY)


def test_changes_are_not_lost_without_a_question(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    window = open_window()
    page = _open(window, qtbot)
    editor = _edit(page, qtbot)
    name = find(editor, QLineEdit, "edit_name")
    name.setText("Sun")
    qtbot.keyClick(name, Qt.Key.Key_Escape)
    dialog = find(window, QDialog, "unsaved_dialog")
    _press(qtbot, dialog, "unsaved_stay")
    assert editor.isVisible() and name.text() == "Sun"
    _press(qtbot, editor, "editor_cancel")
    wait_until(qtbot, lambda: len(window.findChildren(QDialog, "unsaved_dialog")) == 1)
    _press(qtbot, find(window, QDialog, "unsaved_dialog"), "unsaved_discard")
    wait_until(qtbot, lambda: page.findChild(QWidget, "persona_editor") is None)
    assert store.personas.get(sunny.id).name == "Sunny"
    activate(window, qtbot)
    editor = _edit(page, qtbot)
    qtbot.keyClick(find(editor, QLineEdit, "edit_name"), Qt.Key.Key_Escape)
    wait_until(qtbot, lambda: page.findChild(QWidget, "persona_editor") is None)
    assert not window.findChildren(QDialog, "unsaved_dialog")


def test_what_was_being_edited_survives_a_page_that_is_built_anew(
    open_window: Opener, sunny: Persona, qtbot: QtBot
) -> None:
    """As when the evening changes the theme."""
    window = open_window()
    page = _open(window, qtbot)
    editor = _edit(page, qtbot)
    find(editor, QSlider, "trait_verbosity").setValue(20)
    find(editor, QPlainTextEdit, "edit_prompt").setPlainText("Be brief.")
    draft = page.draft
    again = PersonasPage(window.session)
    qtbot.addWidget(again)
    again.set_draft(draft)
    assert find(again, QPlainTextEdit, "edit_prompt").toPlainText() == "Be brief."
    assert find(again, QSlider, "trait_verbosity").value() == 20
    assert again.draft == draft and draft is not None


def test_a_failure_keeps_what_was_written(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    other = store.bases.add("Gone", "gguf", "models/gone.gguf", "d9", "llama", 1)
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    box = find(editor, QComboBox, "persona_base")
    wait_until(qtbot, lambda: box.count() == 2)
    find(editor, QLineEdit, "edit_name").setText("Sun")
    box.setCurrentIndex(box.findData(other.id))
    _press(qtbot, editor, "editor_save")
    wait_until(qtbot, lambda: find(editor, QWidget, "editor_trouble").isVisible())
    assert find(editor, QLineEdit, "edit_name").text() == "Sun"
    assert store.personas.get(sunny.id) == sunny
    assert find(editor, QPushButton, "editor_save").isEnabled()


def test_the_wheel_over_a_slider_or_the_base_changes_nothing(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    store.bases.add("Other", "gguf", "models/other.gguf", "d9", "llama", 1)
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    box, slider = find(editor, QComboBox, "persona_base"), find(editor, QSlider, "trait_emoji")
    wait_until(qtbot, lambda: box.count() == 2)
    for widget in (box, slider):
        at = QPointF(widget.rect().center())
        turned = QWheelEvent(
            at, QPointF(widget.mapToGlobal(at.toPoint())), QPoint(0, -120), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, turned)
    assert slider.value() == 50 and box.currentData() == sunny.base_id


def test_a_megabyte_in_the_clipboard_is_cut_and_said_so(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    field = find(editor, PromptField, "edit_prompt")
    field.selectAll()
    pasted = QMimeData()
    pasted.setText("One more rule to keep.\n" * 45_000)
    field.insertFromMimeData(pasted)
    assert len(field.toPlainText()) == PROMPT_MOST
    assert "935,000" in _words(editor, "edit_prompt_note")
    wait_until(qtbot, lambda: len(_preview(page)) == PROMPT_MOST)
    qtbot.keySequence(field, QKeySequence("Ctrl+S"))
    wait_until(qtbot, lambda: page.findChild(QWidget, "persona_editor") is None)
    assert len(store.personas.get(sunny.id).system_prompt) == PROMPT_MOST


@pytest.mark.parametrize("name", ["n" * 500, "🌞🌻" * 40, "👩‍👩‍👧", "عربي", "<h1>&amp;"])
def test_odd_names_are_shown_and_kept(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot, name: str
) -> None:
    store.personas.update(sunny.id, name=name)
    page = _open(open_window(), qtbot)
    tile = find(page, QWidget, "tile_sunny")
    assert _words(tile, "tile_name") == name
    assert tile.width() <= page.width()
    editor = _edit(page, qtbot)
    assert editor.width() <= page.width()
    find(editor, QSlider, "trait_emoji").setValue(0)
    _press(qtbot, editor, "editor_save")
    wait_until(qtbot, lambda: page.findChild(QWidget, "persona_editor") is None)
    assert store.personas.get(sunny.id).name == name


def test_a_name_that_nobody_sees_cannot_be_saved(
    open_window: Opener, sunny: Persona, qtbot: QtBot
) -> None:
    page = _open(open_window(), qtbot)
    editor = _edit(page, qtbot)
    find(editor, QLineEdit, "edit_name").setText("\u202e\u200b ")
    save = find(editor, QPushButton, "editor_save")
    assert not save.isEnabled() and save.toolTip() == "Write a name that can be seen."


def test_sixty_personas_are_all_there_and_can_be_reached(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    with store.transaction():
        for number in range(59):
            store.personas.add(f"Persona {number}", base_id=sunny.base_id)
    window = open_window()
    page = _open(window, qtbot)
    last = find(page, QWidget, "tile_persona-58")
    assert last.width() <= page.width()
    find(last, QPushButton, "tile_talk").setFocus()
    assert len(page.findChildren(QWidget, "tile_name")) == 60


def test_the_cards_stay_while_something_changes(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    window = open_window()
    page = _open(window, qtbot)
    tile = find(page, QWidget, "tile_sunny")
    find(tile, QPushButton, "tile_edit").setFocus()
    store.personas.update(sunny.id, name="Sun")
    store.personas.add("Other", base_id=sunny.base_id)
    window.session.refresh()
    wait_until(qtbot, lambda: page.findChild(QWidget, "tile_other") is not None)
    assert find(page, QWidget, "tile_sunny") is tile
    assert _words(tile, "tile_name") == "Sun" and find(tile, QPushButton, "tile_edit").hasFocus()


def test_a_deleted_persona_is_asked_about_and_can_be_taken_back(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    store.personas.add("Technical", base_id=sunny.base_id)
    window = open_window()
    page = _open(window, qtbot)
    tile = find(page, QWidget, "tile_sunny")
    for answer in ("delete_persona_not", "delete_persona"):
        _choose(tile, "tile_delete")
        wait_until(qtbot, lambda: len(window.findChildren(QDialog, "delete_persona_dialog")) == 1)
        _press(qtbot, find(window, QDialog, "delete_persona_dialog"), answer)
    wait_until(qtbot, lambda: page.findChild(QWidget, "tile_sunny") is None)
    assert [each.name for each in store.personas.all()] == ["Technical"]
    _press(qtbot, page, "personas_undo")
    wait_until(qtbot, lambda: page.findChild(QWidget, "tile_sunny") is not None)
    assert len(store.personas.all()) == 2


def test_forgetting_and_exporting_are_about_this_persona(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    other = store.personas.add("Technical", base_id=sunny.base_id)
    window = open_window()
    page = PersonasPage(window.session)  # of its own, so that no dialog of the window opens
    qtbot.addWidget(page)
    page.show()
    tile = find(page, QWidget, "tile_technical")
    with qtbot.waitSignal(page.export_wanted) as wanted:
        _choose(tile, "tile_export")
    assert wanted.args == [other.id]
    _choose(tile, "tile_forget")
    dialog = find(page, QDialog, "forget_dialog")
    wait_until(qtbot, lambda: find(dialog, QPushButton, "forget_go").isEnabled())
    dialog.close()


def _choose(tile: QWidget, name: str) -> None:
    menu: QMenu = find(tile, QToolButton, "tile_more").menu()
    next(each for each in menu.actions() if each.objectName() == name).trigger()


def test_the_line_leads_back_to_an_earlier_adapter_after_a_question(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    _add_line(store, home, sunny)
    window = open_window()
    page = _open(window, qtbot)
    line = _line(page, qtbot)
    wait_until(qtbot, lambda: line.findChild(QWidget, "adapter_1") is not None)
    assert _words(line, "line_about") == "Sunny speaks through v3."
    shown = [_words(line, f"adapter_{number}_standing") for number in (4, 3, 2, 1)]
    assert shown == ["not put live", "live", "was live before", "was live before"]
    facts = [each.text() for each in find(line, QWidget, "adapter_2_facts").findChildren(QLabel)]
    assert "v1, on SmolLM2 135M" in facts and "your replies: 4" in facts
    reached = find(line, QWidget, "adapter_2_reached").findChildren(QLabel)
    assert "1.520 (base alone: 2.710)" in [each.text() for each in reached]
    assert line.findChild(QPushButton, "adapter_3_back") is None
    _press(qtbot, line, "adapter_1_back")
    dialog = find(window, QDialog, "bring_back_dialog")
    told = " ".join(each.text() for each in dialog.findChildren(QLabel))
    assert "Sunny speaks through v1 again" in told and "v3 stays here" in told
    _press(qtbot, dialog, "bring_back_not")
    assert _words(line, "adapter_3_standing") == "live"
    _press(qtbot, line, "adapter_1_back")
    wait_until(qtbot, lambda: len(window.findChildren(QDialog, "bring_back_dialog")) == 1)
    _press(qtbot, find(window, QDialog, "bring_back_dialog"), "bring_back")
    wait_until(qtbot, lambda: _words(line, "line_about") == "Sunny speaks through v1.")
    adapter = store.personas.get(sunny.id).active_adapter_id
    assert adapter is not None and store.adapters.get(adapter).version == 1
    wait_until(qtbot, lambda: line.findChild(QPushButton, "adapter_3_back") is not None)


def test_ollama_follows_where_the_persona_is_there(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    _add_line(store, home, sunny, 2)
    begun = store.ollama_models.begin(sunny.id, "2026-02-sunny-1", "127.0.0.1:9", "sunny")
    store.ollama_models.went_live(begun.id, "0.34.1", "registry", {}, "")
    window = open_window()
    followed: list[int] = []
    window.session.ollama.follow = followed.append  # type: ignore[assignment,method-assign]
    page = _open(window, qtbot)
    line = _line(page, qtbot)
    wait_until(qtbot, lambda: line.findChild(QWidget, "adapter_1_back") is not None)
    _press(qtbot, line, "adapter_1_back")
    dialog = find(window, QDialog, "bring_back_dialog")
    assert any("Ollama follows, as sunny." in each.text() for each in dialog.findChildren(QLabel))
    _press(qtbot, dialog, "bring_back")
    wait_until(qtbot, lambda: followed == [sunny.id])


def test_a_way_back_that_fails_says_so_and_can_be_tried_again(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _add_line(store, home, sunny, 2)

    def refused(*_said: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("app.gui.persona_line.bring_back", refused)
    window = open_window()
    page = _open(window, qtbot)
    line = _line(page, qtbot)
    wait_until(qtbot, lambda: line.findChild(QWidget, "adapter_1_back") is not None)
    _press(qtbot, line, "adapter_1_back")
    _press(qtbot, find(window, QDialog, "bring_back_dialog"), "bring_back")
    wait_until(qtbot, lambda: find(line, QWidget, "line_trouble").isVisible())
    assert find(line, QPushButton, "adapter_1_back").isEnabled()
    assert _words(line, "line_about") == "Sunny speaks through v2."


def test_many_adapters_are_shown_when_they_are_asked_for(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    _add_line(store, home, sunny, 14)
    page = _open(open_window(), qtbot)
    line = _line(page, qtbot)
    wait_until(qtbot, lambda: line.findChild(QPushButton, "line_more") is not None)
    assert line.findChild(QWidget, "adapter_1") is None
    _press(qtbot, line, "line_more")
    wait_until(qtbot, lambda: line.findChild(QWidget, "adapter_1") is not None)


def test_without_anybody_the_page_leads_on(
    open_window: Opener, picture: Picture, qtbot: QtBot, shade: tuple[Choice, Language]
) -> None:
    window = open_window(*shade)
    page = PersonasPage(window.session)
    qtbot.addWidget(page)
    page.resize(904, 760)
    page.show()
    picture(page, f"personas-empty-{'-'.join(shade)}")
    for name, asked in (("empty_new", page.persona_wanted), ("empty_import", page.import_wanted)):
        with qtbot.waitSignal(asked):
            _press(qtbot, page, name)


def test_pictures_of_the_cards(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    sunny, *_ = homes.add_personas(
        store, "Sunny", "Technical", "👩‍🚀 Nova", "A name that goes on and on " * 18
    )
    store.personas.update(sunny.id, languages=("en", "ko"))
    homes.add_usable(store, sunny, 41)
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    begun = store.ollama_models.begin(sunny.id, "2026-10-sunny-1", "127.0.0.1:9", "sunny")
    store.ollama_models.went_live(begun.id, "0.34.1", "registry", {}, "")
    window = open_window(*shade)
    page = _open(window, qtbot)
    counts = find(page, QWidget, "tile_technical").findChild(QLabel, "tile_counts")
    first = counts.text()
    wait_until(qtbot, lambda: counts.text() != first or "No" in counts.text())
    picture(window, f"personas-cards-{'-'.join(shade)}")
    window.resize(800, 560)
    picture(window, f"personas-cards-small-{'-'.join(shade)}")


def test_pictures_of_the_editor(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    first = "ko" if shade[1] == "ko" else "en"
    store.personas.update(sunny.id, languages=(first, "en" if first == "ko" else "ko"))
    window = open_window(*shade)
    page = _open(window, qtbot)
    editor = _edit(page, qtbot)
    for name, value in (("verbosity", 18), ("emoji", 0), ("formality", 66)):
        find(editor, QSlider, f"trait_{name}").setValue(value)
    wait_until(qtbot, lambda: find(editor, QLabel, "preview_mark").isVisible())
    picture(window, f"personas-editor-{'-'.join(shade)}")
    _press(qtbot, editor, "traits_advanced")
    find(editor, QSlider, "trait_code_examples").setFocus()
    picture(window, f"personas-editor-advanced-{'-'.join(shade)}")
    window.resize(800, 560)
    picture(window, f"personas-editor-small-{'-'.join(shade)}")
    window.resize(1160, 760)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    dialog = find(window, QDialog, "unsaved_dialog")
    picture(dialog, f"personas-unsaved-{'-'.join(shade)}")
    _press(qtbot, dialog, "unsaved_save")
    wait_until(qtbot, lambda: find(page, QWidget, "personas_done").isVisible())
    picture(window, f"personas-saved-{'-'.join(shade)}")


def test_pictures_of_the_line(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    _add_line(store, home, sunny)
    begun = store.ollama_models.begin(sunny.id, "2026-03-sunny-1", "127.0.0.1:9", "sunny")
    store.ollama_models.went_live(begun.id, "0.34.1", "registry", {}, "")
    window = open_window(*shade)
    page = _open(window, qtbot)
    line = _line(page, qtbot)
    wait_until(qtbot, lambda: line.findChild(QWidget, "adapter_1") is not None)
    _press(qtbot, line, "adapter_3_scores")
    picture(window, f"personas-line-{'-'.join(shade)}")
    _press(qtbot, line, "adapter_1_back")
    dialog = find(window, QDialog, "bring_back_dialog")
    picture(dialog, f"personas-back-{'-'.join(shade)}")
    dialog.close()
    window.resize(800, 560)
    picture(window, f"personas-line-small-{'-'.join(shade)}")
    page.show_line(technical.id)
    wait_until(qtbot, lambda: page.findChild(QWidget, "line_empty") is not None)
    picture(window, f"personas-line-empty-{'-'.join(shade)}")
