"""How a persona stands with Ollama, as cards and lines for its dialog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.deploy_words import CONTEXT
from app.gui.controls import button, card, column, icon_row, label, row, tool
from app.gui.copied_line import copied_line
from app.gui.dates import day
from app.gui.ollama_session import OllamaSession
from app.gui.theme import space
from app.gui.train_fold import Fold
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.operations.ollama_standing import OllamaStanding
    from app.store.ollama_models import OllamaModel


def server_line(ollama: OllamaSession, persona_id: int) -> QWidget:
    """Which Ollama was found, or why there is none, with the way to have one."""
    holder = QWidget()
    holder.setObjectName("ollama_server")
    inside = row(holder, gap=space("small"))
    standing = ollama.standing
    icon, colour, words = _server_words(standing, ollama.looking)
    inside.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignVCenter)
    inside.addWidget(label(words, name="ollama_server_words", wrap=True), 1)
    nowhere = standing if standing is not None and standing.server is None else None
    if nowhere is not None and nowhere.installed:
        start = button(
            "ollama_start",
            tr("Start Ollama"),
            "plain",
            lambda: ollama.start_server(persona_id),
            tip=tr("Starts the Ollama of this computer, so that it can be given the persona"),
        )
        start.setEnabled(not ollama.busy)
        inside.addWidget(start)
    if nowhere is not None or (standing is None and not ollama.looking):
        again = tool(
            "ollama_look", "arrows-clockwise", tr("Look again"), lambda: ollama.look(persona_id)
        )
        again.setEnabled(not ollama.looking)
        inside.addWidget(again)
    return holder


def _server_words(standing: OllamaStanding | None, looking: bool) -> tuple[str, str, str]:
    if standing is None and not looking:
        return "warning", "warning", tr("Ollama could not be asked how it stands.")
    if standing is None:
        return "circle", "text_soft", tr("Looking for Ollama…")
    if standing.server is not None:
        found = standing.server
        words = tr("Ollama {version} at {address}", version=found.version, address=found.address)
        if not found.local:
            return "warning", "warning", f"{words} · {tr('on another computer')}"
        return "check-circle", "good", words
    if standing.installed:
        return "warning", "warning", tr("Ollama is installed and does not run.")
    words = tr(
        "No Ollama answers, and none is installed on this computer. Install it from its own site,"
        " then look again."
    )
    return "x-circle", "text_soft", words


def state_card(
    ollama: OllamaSession, standing: OllamaStanding, name: str, opened: set[str]
) -> QFrame:
    """Whether the persona answers there, under which name, and what is the matter."""
    model = standing.model
    if model is None or not (standing.there or standing.server is None):
        return _absent(standing, name)
    frame, inside = card("ollama_there")
    icon, colour, words = ("check-circle", "good", tr("{name} answers there.", name=name))
    if standing.server is None:
        words = tr("{name} is in Ollama, and answers there while it runs.", name=name)
        icon, colour = "circle-half", "text_soft"
    if standing.behind:
        words = tr("{name} answers there with another adapter than here.", name=name)
        icon, colour = "warning", "warning"
    elif standing.former_prompt:
        words = tr("{name} answers there with the former prompt.", name=name)
        icon, colour = "warning", "warning"
    line = row(gap=space("small"))
    line.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignVCenter)
    line.addWidget(label(words, "strong", name="ollama_state", wrap=True), 1)
    line.addWidget(label(tr("since {date}", date=day(model.created)), "small"))
    inside.addLayout(line)
    command = f"ollama run {model.name}"
    inside.addWidget(copied_line("ollama_command", command, tr("Copy the command")))
    if standing.behind:
        inside.addLayout(_behind(ollama, standing))
    elif standing.former_prompt:
        inside.addLayout(_former_prompt(ollama, standing))
    inside.addWidget(label(parity_words(model), "soft", name="ollama_parity", wrap=True))
    inside.addWidget(Fold("ollama_why", tr("Why this way?"), lambda: _why(model), opened))
    return frame


def _absent(standing: OllamaStanding, name: str) -> QFrame:
    frame, inside = card("ollama_absent")
    line = row(gap=space("small"))
    line.addWidget(icon_row("circle", "text_soft"), alignment=Qt.AlignmentFlag.AlignTop)
    line.addWidget(label(_absent_words(standing, name), name="ollama_state", wrap=True), 1)
    inside.addLayout(line)
    return frame


def _absent_words(standing: OllamaStanding, name: str) -> str:
    if not standing.trained:
        return tr(
            "{name} has no adapter yet: what Ollama would answer is the base. Train one first.",
            name=name,
        )
    model, server = standing.model, standing.server
    if model is not None and server is not None and model.address != server.address:
        return tr(
            "{name} was put into the Ollama at {address}, and this is another one.",
            name=name,
            address=model.address,
        )
    if model is not None:
        return tr(
            "{model} was put there, and is not there any more or is another model by now.",
            model=model.name,
        )
    return tr("{name} is not in Ollama.", name=name)


def _behind(ollama: OllamaSession, standing: OllamaStanding) -> QHBoxLayout:
    words = tr(
        "Other programs that use Ollama hear the adapter that was put there, not the one in use"
        " here."
    )
    step = button(
        "ollama_catch_up",
        tr("Bring it in step"),
        "plain",
        lambda: ollama.catch_up(standing.persona_id),
        tip=tr("Gives Ollama the adapter that is in use here"),
    )
    return _step_beside(words, step, ollama, standing)


def _former_prompt(ollama: OllamaSession, standing: OllamaStanding) -> QHBoxLayout:
    words = tr(
        "The prompt was changed here since. Other programs that use Ollama hear the one that was"
        " put there."
    )
    step = button(
        "ollama_put_again",
        tr("Put it there again"),
        "plain",
        lambda: ollama.put_again(standing.persona_id),
        tip=tr("Makes the model in Ollama anew, under the same name, with the prompt of now"),
    )
    return _step_beside(words, step, ollama, standing)


def _step_beside(
    words: str, step: QPushButton, ollama: OllamaSession, standing: OllamaStanding
) -> QHBoxLayout:
    """What is not in step, and the button that mends it while there is a server at rest."""
    line = row(gap=space("small"))
    line.addWidget(label(words, "soft", wrap=True), 1)
    step.setEnabled(not ollama.busy and standing.server is not None)
    line.addWidget(step)
    return line


def parity_words(model: OllamaModel) -> str:
    """What the comparison with the training found."""
    parity = model.parity
    if not parity:
        return tr("It was finished after it had been cut off, and was not compared again.")
    return tr(
        "It is served as it was trained: over {tokens} tokens of trained replies it differs from"
        " the training by {candidate} a token, and the base alone by {base}.",
        tokens=parity["tokens"],
        candidate=f"{parity['candidate_difference']:.3f}",
        base=f"{parity['base_difference']:.3f}",
    )


def _why(model: OllamaModel) -> QWidget:
    holder = QWidget()
    inside = column(holder, gap=space("hair"))
    for words in _reasons(model):
        inside.addWidget(label(words, "small", name="ollama_reason", wrap=True))
    return holder


def _reasons(model: OllamaModel) -> Iterator[str]:
    yield {
        "adapter": tr("Base and adapter lie side by side, so it takes hardly any room."),
        "registry": tr(
            "Base and adapter lie side by side. This Ollama takes no adapter when a model is made,"
            " so it fetched both from Perennial, on this computer."
        ),
        "merged": tr(
            "The adapter is written into a copy of the base, which takes as much room as the base."
        ),
    }.get(model.strategy, model.strategy)
    if "context_tokens" in model.parity:
        words = CONTEXT[model.parity["context_lowered_by"]]
        yield tr(words, tokens=f"{model.parity['context_tokens']:,}")
    if model.reason:
        yield tr("What was tried before, in Ollama's words: {reason}", reason=model.reason)
    if model.base_is_ours:
        yield tr("The base was not in Ollama; it is there as {name}.", name=model.base_name)
