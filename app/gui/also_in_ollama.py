"""Beside *Use it*: whether the candidate goes to the user's Ollama too."""

from __future__ import annotations

from app.gui.session import Session
from app.gui.tick import Tick
from app.gui.train_session import TrainSession
from app.gui.translation import tr


def also_in_ollama(session: Session, train: TrainSession) -> Tick | None:
    """The tick, where a candidate waits and an Ollama of this computer answers.

    One on another computer is asked about in its own dialog, before anything is sent.
    """
    standing, run = session.ollama.standing, train.run
    if run is None or run.state != "waiting" or standing is None:
        return None
    if standing.persona_id != run.persona_id or standing.server is None:
        return None
    if not standing.server.local:
        return None
    if train.in_ollama is None:
        train.in_ollama = standing.proposed
    made = Tick(
        "also_in_ollama",
        tr("Also in Ollama, as {name}", name=standing.choice.name),
        tr("Puts the new adapter there, too; untick it to try it in this window first"),
    )
    made.setChecked(train.in_ollama)
    made.setEnabled(not train.busy)

    def keep(on: bool) -> None:
        train.in_ollama = on

    made.clicked.connect(keep)
    return made
