"""Forgetting asks first, says what goes and which adapters know it, and shows how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.gui.background import Background
from app.gui.controls import CANCELS, CLOSES, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.menus import Menu
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import later, tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.store.store import Store, open_store

if TYPE_CHECKING:
    from app.forgetting.plan import Forgotten, Plan
    from app.store.forgetting import Place

WIDTH_PX = 520
PLACES_SHOWN = 5
_TITLES = {
    "message": later("Forget this message?"),
    "conversation": later("Forget this conversation?"),
    "persona": later("Forget everything said to this persona?"),
}
_STEPS = {
    "files": later("Cleaning trainings, reports and logs…"),
    "backups": later("Cleaning backups…"),
    "tables": later("Removing it from the store…"),
    "database": later("Writing the database anew…"),
}


@dataclass(frozen=True)
class Target:
    """What is to be forgotten."""

    kind: Literal["message", "conversation", "persona"]
    id: int


def open_forget_menu(place: QWidget, at: QPoint, entries: list[tuple[str, Any]]) -> None:
    """Ways of forgetting, each with what it does."""
    menu = Menu(place)
    menu.setObjectName("forget_menu")
    for words, chosen in entries:
        menu.addAction(words).triggered.connect(lambda _on=False, each=chosen: each())
    menu.popup(place.mapToGlobal(at))


class ForgetDialog(FittedDialog):
    """What goes, a last question, and the work itself."""

    forgotten = Signal()
    step_reached = Signal(str)

    def __init__(self, session: Session, target: Target, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("forget_dialog")
        self.setWindowTitle(tr("Forget"))
        self._session, self._target = session, target
        self._plan: Plan | None = None
        self._working = False
        # The database is written anew, which takes longer than a page may wait for the store.
        self._work: Background[Store] = Background(
            "forget", lambda: open_store(session.home), session
        )
        self._title = label(tr(_TITLES[target.kind]), "title", name="forget_title", wrap=True)
        self._what = label(tr("Looking for all of it…"), "", name="forget_what", wrap=True)
        self._adapters = label("", "soft", name="forget_adapters", wrap=True)
        self._elsewhere = label("", "soft", name="forget_elsewhere", wrap=True)
        self._with_adapters = button(
            "forget_with_adapters", tr("Delete these adapters, too"), "chip",
            tip=tr("For when even what was learned from it must go; they cannot be had back"),
        )  # fmt: skip
        self._with_adapters.setCheckable(True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._step = label("", "soft", name="forget_step")
        self._trouble = TroubleBar("forget_trouble")
        self._go = button(
            "forget_go", tr("Forget for good"), "danger", self._forget,
            tip=tr("Removes it everywhere at once; there is no way back"),
        )  # fmt: skip
        self._leave = button("forget_leave", tr("Keep it"), "plain", self.reject, tip=tr(CANCELS))
        self._lay_out()
        self.step_reached.connect(lambda step: self._step.setText(tr(_STEPS[step])))
        self.finished.connect(lambda _result: self._work.leave())
        self._look()

    def reject(self) -> None:
        """Half a forgetting is none: while it is at work the dialog stays."""
        if not self._working:
            super().reject()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(self._title)
        for widget in (
            self._what, self._adapters, self._with_adapters, self._elsewhere, self._trouble,
            self._step, self._progress,
        ):  # fmt: skip
            inside.addWidget(widget)
        inside.addSpacing(space("small"))
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(self._leave)
        buttons.addWidget(self._go)
        inside.addLayout(buttons)
        for part in (self._adapters, self._with_adapters, self._elsewhere, self._step):
            part.hide()
        self._progress.hide()
        self._go.setEnabled(False)

    def _look(self) -> None:
        home, target = self._session.home, self._target

        def work(store: Store) -> Plan:
            verbs = _verbs()
            verbs.go_on(home, store)
            plan: Plan
            if target.kind == "message":
                plan = verbs.plan_message(home, store, target.id)
            elif target.kind == "persona":
                plan = verbs.plan_persona(home, store, target.id)
            else:
                plan = verbs.plan_conversations(home, store, [target.id])
            return plan

        self._work.run(work, self._show_plan, self._on_look_failed)

    def _show_plan(self, plan: Plan) -> None:
        self._plan = plan
        counts = plan.counts
        self._what.setText(
            tr(
                "It goes for good, from the store, the search, trainings and backups, and cannot"
                " be undone.\n\n"
                "Messages: {messages} · whole conversations: {conversations} · ratings: {ratings}"
                " · edits: {edits} · trainings: {runs} · backups: {backups} · about {seconds} s"
                "\n\n"
                "Files that you exported yourself stay. Importing them again leaves it out; only"
                " the archive of a persona brings it back.",
                messages=counts.messages,
                conversations=counts.conversations,
                ratings=counts.ratings,
                edits=counts.edits,
                runs=len(plan.runs),
                backups=plan.backups,
                seconds=plan.seconds,
            )
        )
        self._adapters.setText(_words_on(plan))
        for part in (self._adapters, self._with_adapters):
            part.setVisible(bool(plan.adapters))
        self._elsewhere.setText(
            tr("Some of these words stand elsewhere, too, and stay there: {places}.",
               places=_words_on_places(plan.stays_in))
        )  # fmt: skip
        self._elsewhere.setVisible(bool(plan.stays_in))
        self._go.setEnabled(True)
        self._leave.setFocus()

    def _forget(self) -> None:
        plan, home = self._plan, self._session.home
        if plan is None:
            return
        with_adapters = self._with_adapters.isChecked()
        self._set_working(True)

        def work(store: Store) -> Forgotten:
            verbs = _verbs()
            done: Forgotten = verbs.forget(
                home, store, plan, with_adapters=with_adapters, tell=self.step_reached.emit
            )
            return done

        self._work.run(work, self._on_forgotten, self._on_failed)

    def _on_forgotten(self, done: Forgotten) -> None:
        self._set_working(False)
        self._go.hide()
        self._leave.setText(tr("Close"))
        self._leave.setAccessibleName(tr("Close"))
        self._leave.setToolTip(tr(CLOSES))
        self._title.setText(tr("Forgotten."))
        words = []
        if done.rebuild:
            words.append(tr("The next training starts from the base, without it."))
        if done.gone_back:
            words.append(tr("The persona speaks through what it had before, which never knew it."))
        if done.left_in_ollama:
            words.append(
                tr("Still in an Ollama that does not answer: {names}. It goes when that server is"
                   " back and this window is opened again.", names=", ".join(done.left_in_ollama))
            )  # fmt: skip
        if done.dropped_backups:
            words.append(tr("Backups that could not be read were deleted as a whole."))
        self._adapters.setText(" ".join(words))
        self._adapters.setVisible(bool(words))
        for part in (self._what, self._with_adapters, self._elsewhere):
            part.hide()
        self._session.refresh()
        self.forgotten.emit()

    def _on_look_failed(self, error: Exception) -> None:
        self._trouble.show_trouble(explain(error, button=tr("Try again"), action=self._look))

    def _on_failed(self, error: Exception) -> None:
        self._set_working(False)
        run_id = getattr(error, "run_id", None)
        if run_id is None:
            self._trouble.show_trouble(explain(error, button=tr("Try again"), action=self._forget))
            return
        self._trouble.show_trouble(
            explain(error, button=tr("Stop the training"), action=lambda: self._stop(run_id))
        )

    def _stop(self, run_id: str) -> None:
        """Stop and discard the training; the forgetting is asked for once more after that."""
        from app.gui.run_look import training_verbs

        home = self._session.home
        self._work.run(
            lambda _store: training_verbs().send_command(home, run_id, "discard"),
            lambda _nothing: self._what.setText(
                tr("The training is being stopped. Ask again in a moment.")
            ),
            self._on_failed,
        )

    def _set_working(self, working: bool) -> None:
        self._working = working
        for part in (self._progress, self._step):
            part.setVisible(working)
        for control in (self._go, self._leave, self._with_adapters):
            control.setEnabled(not working)


def _verbs() -> ModuleType:
    """Imported in the thread that calls them: they bring half a second of libraries."""
    from app.operations import forgetting

    return forgetting


def _words_on_places(places: Sequence[Place]) -> str:
    words = {
        "conversation": later("the conversation “{title}”"),
        "prompt": later("the prompt of {name}"),
        "note": later("the note about you"),
        "setting": later("the settings"),
        "replay": later("the replay groups"),
        "test": later("the test set {name}"),
    }
    shown = dict.fromkeys(
        tr(words[each.kind], name=each.name, title=each.title or tr("Untitled")) for each in places
    )
    more = " …" if len(shown) > PLACES_SHOWN else ""
    return ", ".join(list(shown)[:PLACES_SHOWN]) + more


def _words_on(plan: Plan) -> str:
    names = ", ".join(
        f"{each.persona} v{each.version} ({tr('live')})"
        if each.live
        else f"{each.persona} v{each.version}"
        for each in plan.adapters
    )
    there = ""
    if plan.in_ollama:
        there = " " + tr("In Ollama they are {names}, and go with them.",
                         names=", ".join(plan.in_ollama))  # fmt: skip
    if not any(each.live for each in plan.adapters):
        words = tr("Adapters that learned from it: {names}. They stay unless you delete them.",
                   names=names)  # fmt: skip
        return words + there
    words = tr(
        "Adapters that learned from it: {names}. They stay unless you delete them; the next"
        " training starts from the base, without it.",
        names=names,
    )
    return words + there
