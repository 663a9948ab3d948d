"""Who trains in a terminal is told what it will take before it is taken."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from app.cli_preflight import about
from app.cli_progress import RunView
from trainer.contract.events import OomBackoff, Preflight

TOLD = Preflight(
    device="cuda",
    precision="nf4",
    precision_reason="its self-test on this device passed",
    examples=286,
    tokens=70_000,
    trained_tokens=30_000,
    steps=216,
    parts_mb={"weights": 9_000.0, "activations": 4_000.0, "logits": 300.0},
    needed_mb=13_300.0,
    there_mb=15_000.0,
    seconds=1_260.0,
    disk_needed_mb=900.0,
    disk_free_mb=50_000.0,
    changes=["Gradient checkpointing: less is kept, and a third more is computed."],
    differences=["3 epochs instead of 5: a round of this size."],
    others=["Ollama holds 2.0 GB; its models can be unloaded"],
)


def said(*events: dict[str, object]) -> str:
    written = io.StringIO()
    view = RunView(Console(file=written, width=200, highlight=False), None)
    for event in events:
        view.show({"origin": "trainer", **event})
    return written.getvalue()


def test_device_time_memory_disk_and_differences_are_told_in_lines() -> None:
    """Without them a person starts a night of work that the machine cannot bear."""
    lines = [line.strip() for line in said(TOLD.model_dump()).splitlines()]
    assert lines == [
        "on cuda, base in nf4: its self-test on this device passed",
        "286 examples, 30000 tokens to learn, 216 steps, about 21 min",
        "memory: 13.0 GB of 14.6 GB free for it (weights 8.8 GB, activations 3.9 GB)",
        "disk: 900 MB will be written, 48.8 GB are free",
        "to fit: Gradient checkpointing: less is kept, and a third more is computed.",
        "not as in the recipe: 3 epochs instead of 5: a round of this size.",
        "beside it: Ollama holds 2.0 GB; its models can be unloaded",
    ]


def test_other_programs_are_named_only_where_memory_is_short() -> None:
    """A browser is nobody's business while there is room for both."""
    roomy = TOLD.model_copy(update={"changes": []})
    assert "Ollama" not in said(roomy.model_dump())
    short = roomy.model_copy(update={"there_mb": 9_000.0})
    assert "Ollama" in said(short.model_dump())


def test_what_an_older_trainer_did_not_tell_is_left_out() -> None:
    old = TOLD.model_dump(include={"kind", "device", "precision", "examples", "trained_tokens"})
    lines = said({**old, "steps": 9}).splitlines()
    assert [line.strip() for line in lines] == [
        "on cuda, base in nf4",
        "286 examples, 30000 tokens to learn, 9 steps",
    ]


def test_a_warning_is_said_once() -> None:
    """The changes stand with the memory already; the same words twice look like two things."""
    changed = {"kind": "warning", "warning": "memory_changes", "advice": "To fit: x"}
    short = {"kind": "warning", "warning": "memory_short", "advice": "Needs 9 GB."}
    assert said(changed) == "" and "Needs 9 GB." in said(short)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "about 5 s"), (62, "about 60 s"), (1_260, "about 21 min"), (9_000, "about 2.5 h")],
)
def test_a_reckoned_time_is_no_more_exact_than_it_is(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_what_memory_took_is_told_as_it_happens() -> None:
    """Who sees the speed fall should know that the run gave something up, and goes on."""
    told = OomBackoff(packed_tokens=512, change="The optimiser in 8 bits.").model_dump()
    assert "Memory ran short: The optimiser in 8 bits. The training goes on." in said(told)
