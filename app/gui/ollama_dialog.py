"""A persona in the user's own Ollama: how it stands there, putting it in and taking it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QLineEdit, QWidget

from app.deploy_words import STEPS
from app.gui.answering import FromOllama
from app.gui.controls import button, clear, column, label, row
from app.gui.export_form import bytes_words
from app.gui.fitted_dialog import FittedDialog
from app.gui.ollama_session import Doing, Failure, Step, Wanted
from app.gui.ollama_state import server_line, state_card
from app.gui.progress_face import ProgressFace
from app.gui.session import Session
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.gui.who_answers import WhoAnswers
from app.operations.personas import PersonaCard

WIDTH_PX = 560
_BYTES = ("base", "adapter", "fetching", "merging", "checking", "uploading")


class OllamaDialog(FittedDialog):
    """One persona; what it begins goes on when it is closed."""

    def __init__(
        self,
        session: Session,
        card: PersonaCard,
        parent: QWidget,
        last: FromOllama | None = None,
    ) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("ollama_dialog")
        self.setWindowTitle(tr("Ollama"))
        self._session = session
        self._ollama = session.ollama
        self._persona = card.persona
        self._filled = False  # with what was chosen before
        self._asked: Wanted | None = None
        self._shown_step = ""
        self._opened: set[str] = set()
        self._state = column(gap=space("medium"))
        self._name = QLineEdit()
        self._name.setObjectName("ollama_name")
        self._name.setAccessibleName(tr("Name in Ollama"))
        self._name.textChanged.connect(lambda _text: self._show_buttons())
        self._follows = Tick(
            "ollama_follows", tr("With every new adapter"),
            tr("Ollama gets each adapter that goes live; untick it to decide each time"),
        )  # fmt: skip
        self._follows.clicked.connect(self._on_follows_clicked)
        self._form = QWidget()
        self._who = WhoAnswers(session, card, last)
        self._progress = ProgressFace("ollama_progress")
        self._trouble = TroubleBar("ollama_trouble")
        self._put = button(
            "ollama_put", "", "primary", self._on_put_clicked,
            tip=tr("Makes a model of the persona there, under this name, and checks it"),
        )  # fmt: skip
        self._take_out = button(
            "ollama_take_out", tr("Take it out"), "danger", self._on_take_out,
            tip=tr("Removes its model from Ollama; here it stays as it is"),
        )  # fmt: skip
        self._stop = button(
            "ollama_stop", tr("Stop"), "plain", self._on_stop_clicked,
            tip=tr("Stops what is under way; what answered there before answers on"),
        )  # fmt: skip
        self._lay_out()
        self._ollama.changed.connect(self._refresh)
        self._ollama.stepped.connect(self._show_step)
        self._ollama.failed.connect(self._on_failed)
        self._ollama.attended = True
        self.finished.connect(self._on_finished)
        self._ollama.look(self._persona.id)

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        name = self._persona.name
        inside.addWidget(label(tr("{name} in your own Ollama", name=name), "title", wrap=True))
        about = tr(
            "Every program that uses Ollama can then talk to {name}. What is served there is"
            " compared with the training before it answers.",
            name=name,
        )
        inside.addWidget(label(about, "soft", wrap=True))
        inside.addLayout(self._state)
        form = column(self._form, gap=space("small"))
        form.addWidget(label(tr("Name in Ollama"), "section"))
        self._name.setToolTip(tr("What other programs call it; change it where it is taken"))
        line = row(gap=space("medium"))
        line.addWidget(self._name, 1)
        line.addWidget(self._follows)
        form.addLayout(line)
        inside.addWidget(self._form)
        inside.addWidget(self._who)
        inside.addWidget(self._progress)
        inside.addWidget(self._trouble)
        inside.addStretch()
        buttons = row(gap=space("small"))
        buttons.addWidget(self._take_out)
        buttons.addStretch()
        buttons.addWidget(self._stop)
        tip = tr("Back to the window; what was begun goes on")
        buttons.addWidget(button("ollama_close", tr("Close"), "plain", self.reject, tip=tip))
        buttons.addWidget(self._put)
        inside.addLayout(buttons)

    def _refresh(self) -> None:
        standing = self._ollama.standing
        clear(self._state)
        self._state.addWidget(server_line(self._ollama, self._persona.id))
        if standing is not None:
            name = self._persona.name
            self._state.addWidget(state_card(self._ollama, standing, name, self._opened))
            if not self._filled:
                self._filled = True
                self._name.setText(standing.choice.name)
                self._follows.setChecked(standing.choice.wanted is not False)
        in_step = standing is not None and standing.there and not standing.behind
        self._form.setVisible(
            standing is not None and standing.trained and standing.server is not None
        )
        self._form.setEnabled(not self._ollama.busy)
        self._who.show_model(there=in_step)
        step = self._ollama.step
        self._progress.setVisible(step is not None)
        if step is not None:
            self._show_step(step)
        self._show_buttons()

    def _show_buttons(self) -> None:
        standing, busy = self._ollama.standing, self._ollama.busy
        there = standing is not None and standing.there
        model = standing.model if standing is not None else None
        renamed = there and model is not None and self._name.text().strip() != model.name
        self._put.setText(tr("Use this name") if renamed else tr("Put into Ollama"))
        self._put.setAccessibleName(self._put.text())
        can = standing is not None and standing.server is not None and standing.trained
        self._put.setVisible(can and (renamed or not there))
        self._put.setEnabled(not busy and bool(self._name.text().strip()))
        self._take_out.setVisible(there)
        self._take_out.setEnabled(not busy)
        step = self._ollama.step
        self._stop.setVisible(step is not None and step.doing in ("putting", "catching_up"))

    def _show_step(self, step: Step) -> None:
        words = tr(STEPS[step.name]) if step.name else _doing_words(step.doing)
        if words != self._shown_step:
            self._shown_step = words
            self._progress.begin(words)
        if step.total > 1:
            said = bytes_words if step.name in _BYTES else str
            part = f"{said(step.done)} / {said(step.total)}"
            self._progress.show_part(step.done, step.total, part)

    def _on_put_clicked(self) -> None:
        self._begin(Wanted(self._name.text().strip(), self._follows.isChecked()))

    def _begin(self, wanted: Wanted) -> None:
        self._trouble.hide()
        self._asked = wanted
        self._ollama.put(self._persona.id, wanted)

    def _on_take_out(self) -> None:
        self._trouble.hide()
        self._ollama.take_out(self._persona.id)

    def _on_stop_clicked(self) -> None:
        self._stop.setEnabled(False)
        self._ollama.stop()

    def _on_follows_clicked(self) -> None:
        standing = self._ollama.standing
        if standing is not None and standing.there:
            self._ollama.choose_following(self._persona.id, self._follows.isChecked())

    def _on_failed(self, failure: Failure) -> None:
        kind = getattr(failure.error, "kind", "")
        if kind == "ollama_name_taken":
            self._ask_for_the_name(getattr(failure.error, "lost", ()))
        elif kind == "ollama_remote":
            self._ask_to_upload()
        elif kind == "ollama_stopped":
            self._trouble.show_trouble(explain(failure.error))
        else:
            again = tr("Try again")
            self._trouble.show_trouble(explain(failure.error, button=again, action=failure.again))

    def _wanted(self) -> Wanted:
        """What was asked for last; after another verb what stands in the form."""
        return self._asked or Wanted(self._name.text().strip(), self._follows.isChecked())

    def _ask_for_the_name(self, lost: Sequence[str]) -> None:
        wanted = self._wanted()
        words = tr(
            "Ollama has a model {name} already that is not one of Perennial's. It can be kept"
            " under another name, and comes back when {persona} is taken out.",
            name=wanted.name,
            persona=self._persona.name,
        )
        if lost:
            words = tr(
                "Ollama has models that are not Perennial's under names that are needed beside"
                " {name}. These would be lost: {lost}",
                name=wanted.name,
                lost=", ".join(lost),
            )
        dialog = ChoiceDialog(
            "ollama_name_dialog",
            tr("The name is taken"),
            words,
            self,
        )
        dialog.add_answer(
            "ollama_name_take",
            tr("Lose them and take the name") if lost else tr("Keep that model and take the name"),
            "danger" if lost else "primary",
            lambda: self._begin(replace(wanted, replace=True)),
            tip=tr("The persona answers there under this name"),
        )
        dialog.add_answer(
            "ollama_name_other", tr("Choose another name"), "plain", self._name.setFocus,
            tip=tr("Changes nothing in Ollama, and lets you write another name"),
        )  # fmt: skip
        dialog.open()

    def _ask_to_upload(self) -> None:
        wanted = self._wanted()
        standing = self._ollama.standing
        server = standing.server if standing is not None else None
        words = tr(
            "The Ollama at {address} is not on this computer. What {persona} learned from your"
            " conversations would lie there. Nothing has been sent.",
            address=server.address if server is not None else "",
            persona=self._persona.name,
        )
        if wanted.follows:
            words += " " + tr("Every new adapter will be sent there too, as you ticked.")
        dialog = ChoiceDialog(
            "ollama_upload_dialog",
            tr("Send the adapter to another computer?"),
            words,
            self,
        )
        dialog.add_answer(
            "ollama_upload_yes",
            tr("Send it there"),
            "primary",
            lambda: self._begin(replace(wanted, upload=True)),
            tip=tr("For a computer that is yours, or whose owner may read what was learned"),
        )
        dialog.add_answer("ollama_upload_no", tr("Do not send it"), "plain")
        dialog.open()

    def _on_finished(self, _result: int) -> None:
        self._ollama.attended = False


def _doing_words(doing: Doing) -> str:
    return {
        "starting": tr("Starting Ollama"),
        "putting": tr("Getting ready"),
        "taking_out": tr("Taking it out of Ollama"),
        "catching_up": tr("Bringing it in step"),
    }[doing]
