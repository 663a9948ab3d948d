"""The card on the page after a training that offers to compare by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QWidget

from app.cycle.stages import NOT_PASSED
from app.evaluation.page_reading import parts
from app.gui.compare_session import comparing_verbs
from app.gui.controls import button, column, icon_row, label, row
from app.gui.reasons import reason_words, stands_against
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_session import TrainSession
from app.gui.translation import tr
from app.operations.comparing_words import adapter_name, finding_words
from app.store.store import Store
from app.store.values import Run

if TYPE_CHECKING:
    from app.operations.comparing import Standing

_COMPARED = ("waiting", "done", "refused", "undecided")


class CompareOffer(QFrame):
    """A sentence and a button; asks for it where the exam could not decide.

    Hidden until it has read how things stand, which it does anew after each comparison.
    """

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("compare_offer")
        self.setProperty("kind", "card")
        self._session, self._train = session, train
        self._standing: Standing | None = None
        self._title = label("", "strong", name="compare_offer_title", wrap=True)
        self._words = label("", "soft", name="compare_offer_words", wrap=True)
        self._open = button(
            "compare_open", "", "plain", self._compare,
            tip=tr("Shows two replies to each of your own messages; you say which is better"),
        )  # fmt: skip
        inside = row(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(icon_row("scales", "accent_text"), alignment=Qt.AlignmentFlag.AlignTop)
        words = column(gap=space("hair"))
        words.addWidget(self._title)
        words.addWidget(self._words)
        inside.addLayout(words, 1)
        inside.addWidget(self._open)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read anew; until then it says what it said of the same run."""
        run = self._run()
        if run is None or (self._standing and self._standing.pair.run != run.id):
            self._standing = None
        self._show()
        if run is None:
            return
        home, run_id = self._session.home, run.id

        def work(store: Store) -> Standing | None:
            found: Standing | None = comparing_verbs().standing(home, store, run_id)
            return found

        self._session.ask(work, lambda found: self._on_read(run_id, found))

    def _run(self) -> Run | None:
        """The run of the page, once it has been judged."""
        run = self._train.run
        return run if run is not None and run.verdict and run.state in _COMPARED else None

    def _on_read(self, run_id: str, found: Standing | None) -> None:
        run = self._run()
        if run is not None and run.id == run_id:
            self._standing = found
            self._show()

    def _show(self) -> None:
        run, standing = self._run(), self._standing
        self.setVisible(run is not None and standing is not None)
        if run is None or standing is None:
            return
        asked = run.state == "undecided"
        begun = standing.result
        if begun is None:
            title = (
                tr("Decide with your own eyes") if asked else tr("See the difference for yourself")
            )
            words = tr(
                "Up to twelve of your own messages, two replies each, names hidden until the end."
                " It takes some minutes and can be stopped at any time."
            )
            button_words = tr("Compare")
        else:
            new = adapter_name(standing.new_version, tr)
            title = finding_words(begun, new, adapter_name(standing.old_version, tr), tr)
            words = (
                tr("By your own eyes so far; {count} messages are left.", count=begun.left)
                if begun.left
                else tr("By your own eyes, names hidden.")
            )
            button_words = tr("Go on comparing") if begun.left else tr("Show the comparison")
        self._title.setText(title)
        self._words.setText(words)
        self._open.setText(button_words)
        self._open.setAccessibleName(button_words)
        self._open.setProperty("kind", "primary" if asked and begun is None else "plain")
        self._open.style().polish(self._open)

    def _compare(self) -> None:
        # The dialog brings what shows messages, which the page itself does not need.
        from app.gui.compare_dialog import CompareDialog

        run, standing = self._run(), self._standing
        if run is None or standing is None:
            return
        session, train, window = self._session, self._train, self.window()
        live = train.recorded_live
        dialog = CompareDialog(session, standing, run.state, live, window)
        # The page may be built anew while the dialog is open; what is used does not hang on it.
        dialog.use_wanted.connect(lambda evidence: _use(session, train, window, evidence))
        dialog.finished.connect(self.refresh)
        dialog.open()


def _use(session: Session, train: TrainSession, window: QWidget, evidence: str) -> None:
    """What passed goes live at once; of what did not a reason is asked, and this is one."""
    from app.gui.overruling_dialog import ask_to_overrule

    run, card = train.run, session.card
    if run is None or card is None:
        return
    if run.state == "waiting":
        train.use()
    elif run.state in NOT_PASSED:
        reasons = parts(train.outcome.report or {}, "reasons")
        against = [reason_words(each) for each in reasons if stands_against(each)]
        dialog = ask_to_overrule(
            window, card.persona.name, run.state, against, train.use_all_the_same
        )
        dialog.reason.setPlainText(evidence)
