"""How it speaks by now, and how it spoke before: the sample replies of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtWidgets import QFrame, QWidget

from app.gui.controls import clear, column, label
from app.gui.message_body import MessageBody
from app.gui.theme import space
from app.gui.train_fold import Fold
from app.gui.translation import tr
from app.operations.run_curves import Curves, Said

Samples = Sequence[tuple[str, str]]


class SamplesCard(QFrame):
    """The latest reply to each prompt; the earlier ones on a click. Hidden without any."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("samples_card")
        self.setProperty("kind", "card")
        self._inside = column(self, margins=space("large"), gap=space("small"))
        self._latest: Samples = ()
        self._said: Mapping[str, Sequence[Said]] = {}
        self._opened: set[str] = set()
        self._shown: tuple[object, ...] = ()
        self.hide()

    def show_samples(self, latest: Samples) -> None:
        """The replies as they are now."""
        self._latest = latest
        self._refresh()

    def show_curves(self, curves: Curves) -> None:
        """What was said at which step."""
        self._said = curves.samples
        self._refresh()

    def _refresh(self) -> None:
        shown = (self._latest, dict(self._said))
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._inside)
        self.setVisible(bool(self._latest))
        self._inside.addWidget(label(tr("How it speaks by now"), "section"))
        for place, (prompt, reply) in enumerate(self._latest):
            self._inside.addWidget(label(prompt, "soft", wrap=True))
            self._inside.addWidget(label(reply, wrap=True))
            earlier = self._said.get(prompt, ())[:-1]
            if earlier:
                words = tr("How it spoke before: {count}", count=len(earlier))
                fill = partial(_earlier, earlier)
                self._inside.addWidget(Fold(f"sample_{place}", words, fill, self._opened))


def _earlier(said: Sequence[Said]) -> QWidget:
    """The newest first; of step 0 it is the base that speaks."""
    holder = QWidget()
    inside = column(holder, margins=(space("large"), 0, 0, 0), gap=space("small"))
    for each in reversed(said):
        words = tr("Step {step}", step=each.step) if each.step else tr("Before the training")
        inside.addWidget(label(words, "section"))
        body = MessageBody(markdown=True)
        body.show_text(each.reply)
        inside.addWidget(body)
    return holder
