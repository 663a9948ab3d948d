"""Asking whether Ollama lets go of its models, so that a training has their memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.gui.stop_dialog import ChoiceDialog
from app.gui.translation import tr

if TYPE_CHECKING:
    from ollama_bridge.ollama import LoadedModel


@dataclass(frozen=True)
class Consent:
    """What Ollama holds of the memory that a training needs, and where the answer goes."""

    held: tuple[LoadedModel, ...]
    answer: Callable[[bool], None]


def ask_to_free(parent: QWidget, consent: Consent, on_always: Callable[[], object]) -> ChoiceDialog:
    """Ask before a training begins; nothing begins without an answer."""
    from trainer.contract.fitting import gigabytes

    names = ", ".join(f"{model.name} ({gigabytes(model.mb)})" for model in consent.held)
    dialog = ChoiceDialog(
        "free_dialog",
        tr("May Ollama let go of its models?"),
        tr(
            "Ollama holds {names}, and the training needs that memory. Ollama loads a model again"
            " with the next message to it.",
            names=names,
        ),
        parent,
    )

    def always() -> None:
        on_always()
        consent.answer(True)

    dialog.add_answer(
        "free_yes", tr("Unload them and train"), "primary", lambda: consent.answer(True),
        tip=tr("For this training alone; the next one asks again"),
    )  # fmt: skip
    dialog.add_answer(
        "free_always", tr("Unload them now and for every training"), "plain", always,
        tip=tr("For when nothing else needs Ollama while you train"),
    )  # fmt: skip
    dialog.add_answer(
        "free_no", tr("Train with the memory that is left"), "plain", lambda: consent.answer(False),
        tip=tr("For when Ollama must go on answering; the training may be slower, or not fit"),
    )  # fmt: skip
    dialog.add_answer("free_cancel", tr("Do not train now"), "plain")
    dialog.open()
    return dialog
