"""Homes as a person would have them: empty, after some days, in the middle of a training."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.evaluation.evidence import GateInput, Loss, Verdict
from app.evaluation.exam import CaseResult
from app.evaluation.gate import judge
from app.home import Home
from app.operations import rating
from app.store import Persona, Score, Store
from trainer.contract.folder import EventWriter, RunFolder

BASE_NAME = "SmolLM2 135M"
SUNNY = "You are Sunny, a warm companion who closes with one small next step."
CODE_REPLY = """`items[::-1]` gives you a **reversed copy**; `items.reverse()` turns the list.

```python
items = [1, 2, 3]
print(items[::-1])  # a copy, the list stays
items.reverse()
```

1. Try the slice first.
2. Keep `reverse()` for long lists.

Next: try both on a list of three."""
RUN_ID = "2026-11-sunny-1"
MAKING = ("mixed", "trained", "converted", "staged", "examined", "gated")


def add_personas(store: Store, *names: str) -> list[Persona]:
    """Personas on one base."""
    base = store.bases.add(BASE_NAME, "gguf", "models/starter.gguf", "d1", "llama", 98_000_000)
    return [store.personas.add(name, SUNNY, base_id=base.id) for name in names]


def add_conversation(store: Store, persona: Persona) -> list[int]:
    """A conversation with an alternative, a thumb up and a reasoned thumb down."""
    talk = store.conversations.add(persona.id, SUNNY, "How do I reverse a list in Python?")
    first = store.messages.add(talk.id, None, "user", "How do I reverse a list in Python?")
    store.messages.add(talk.id, first.id, "assistant", "Use reversed().", finish="stop")
    good = store.messages.add(talk.id, first.id, "assistant", CODE_REPLY, finish="stop")
    second = store.messages.add(talk.id, good.id, "user", "And which one is faster?")
    bad = store.messages.add(
        talk.id, second.id, "assistant", "It is hard to say, in general.", finish="stop"
    )
    rating.thumb_up(store, good.id)
    rating.thumb_down(store, bad.id)
    rating.give_reasons(store, bad.id, ["too_long", "wrong_fact"], "reverse() is faster")
    return [first.id, good.id, second.id, bad.id]


def add_usable(store: Store, persona: Persona, replies: int, *, corrected: int = 0) -> None:
    """So many approved replies."""
    with store.transaction():
        _add_usable(store, persona, replies, corrected)


def _add_usable(store: Store, persona: Persona, replies: int, corrected: int) -> None:
    for number in range(replies):
        talk = store.conversations.add(persona.id, SUNNY, f"Question {number}")
        asked = store.messages.add(talk.id, None, "user", f"What of matter {number}?")
        reply = store.messages.add(
            talk.id, asked.id, "assistant", f"Matter {number} is well in hand.", finish="stop"
        )
        if number < corrected:
            rating.correct(store, reply.id, f"Matter {number} is fine. Next: rest a little.")
        else:
            rating.thumb_up(store, reply.id)


def add_replay(store: Store, each: int) -> None:
    """Replay examples of two groups."""
    rows = []
    for group in ("coding", "general"):
        for number in range(each):
            messages = [
                {"role": "user", "content": f"What is {group} matter number {number}?"},
                {"role": "assistant", "content": f"The {number}th of {each} {group} matters."},
            ]
            rows.append({"id": f"{group}-{number}", "group": group, "messages": messages})
    store.replay.add_all(rows, source="starter")


def add_run(store: Store, home: Home, persona: Persona) -> RunFolder:
    """A run that has begun."""
    assert persona.base_id is not None
    store.runs.add(RUN_ID, persona.id, persona.base_id, None, "starter", 7)
    folder = RunFolder(home.runs / RUN_ID)
    folder.root.mkdir(parents=True)
    return folder


def write_making(folder: RunFolder, *, steps: int, of: int, until: str = "trained") -> None:
    """The events of a run up to a step of its training, or of a later stage."""
    cycle, trainer = EventWriter(folder.cycle_events), EventWriter(folder.events)
    for stage in MAKING[: MAKING.index(until) + 1]:
        cycle.write({"kind": "stage", "name": stage, "state": "begun", "text": stage})
        if stage == "trained":
            _write_training(trainer, steps, of)
        if stage != until:
            cycle.write({"kind": "stage", "name": stage, "state": "completed", "text": stage})
    cycle.close()
    trainer.close()


def _write_training(trainer: EventWriter, steps: int, of: int) -> None:
    trainer.write({"kind": "started", "resumed_at_step": 0, "pid": 1})
    trainer.write(
        {
            "kind": "preflight", "device": "cpu", "precision": "nf4", "precision_reason": "",
            "examples": 130, "tokens": 21_000, "trained_tokens": 9_000, "steps": of,
        }
    )  # fmt: skip
    trainer.write({"kind": "stage", "name": "training"})
    for step in range(1, steps + 1):
        trainer.write(step_event(step, of))
        if step % 10 == 0:
            loss = 1.45 + 1.2 * math.exp(-step / 20)
            trainer.write(
                {"kind": "eval", "step": step, "loss": loss, "base_loss": 2.71, "best": True}
            )
            trainer.write({"kind": "checkpoint", "step": step})
    trainer.write(
        {
            "kind": "sample", "step": steps, "prompt": "I keep putting off my tax papers.",
            "reply": "Start with the envelope on top, just that one.\n\nNext: put it on the"
            " kitchen table.",
        }
    )  # fmt: skip


def step_event(step: int, of: int) -> dict[str, Any]:
    """What a trainer tells of a step."""
    wobble = 0.12 * math.sin(step * 1.7)
    return {
        "kind": "step", "step": step, "steps": of, "epoch": 3 * step / of,
        "loss": 1.4 + 1.3 * math.exp(-step / 18) + wobble, "lr": 2e-4 * (1 - step / of),
        "grad_norm": 0.8 + wobble, "tokens_per_s": 205 + 14 * math.sin(step / 3),
        "memory_mb": 1420.0, "eta_s": 2.1 * (of - step),
    }  # fmt: skip


def judged(verdict: str) -> Verdict:
    """What the gate says of a candidate that kept coding, or forgot it."""

    def losses(mean: float) -> list[Loss]:
        return [Loss(str(number), mean * 20, 20) for number in range(12)]

    def cases(right: int) -> list[CaseResult]:
        return [CaseResult(str(i), "coding", i < right, "", None, "reply") for i in range(40)]

    kept = verdict == "passed"
    replay = {"base": losses(1.4), "candidate": losses(1.42 if kept else 1.7)}
    test = {"base": losses(2.71), "candidate": losses(1.52)}
    answers = {"base": cases(17), "candidate": cases(16 if kept else 5)}
    found = judge(GateInput(test, {"coding": replay}, answers))
    assert found.verdict == verdict
    return found


def write_report(store: Store, folder: RunFolder, verdict: str) -> None:
    """What the exam found, as an earlier version wrote it down: the store holds the scores."""
    replies = [
        {
            "prompt": "How do I get better at mornings?",
            "base": "There are many ways to get better at mornings. Here are some tips: 1. Wake"
            " up early. 2. Drink water. 3. Exercise.",
            "candidate": "Lay out tomorrow's clothes tonight, so that the first minutes decide"
            " nothing.\n\nNext: put a glass of water beside your bed.",
        },
        {
            "prompt": "A function that adds up even numbers, please.",
            "base": "def sum(a): return a",
            "candidate": "Here it is:\n\n```python\ndef add_even(numbers):\n"
            "    return sum(n for n in numbers if n % 2 == 0)\n```\n\nNext: call it with [1, 2].",
        },
    ]
    scores = [
        ("base", "test_loss", "", 2.71), ("candidate", "test_loss", "", 1.52),
        ("base", "replay_loss", "coding", 1.31), ("candidate", "replay_loss", "coding", 1.33),
        ("base", "replay_loss", "general", 1.62), ("candidate", "replay_loss", "general", 1.60),
        ("base", "checks", "coding", 0.42), ("candidate", "checks", "coding", 0.41),
    ]  # fmt: skip
    store.scores.put(
        RUN_ID, [Score(RUN_ID, subject, name, group, value, 40)  # type: ignore[arg-type]
                 for subject, name, group, value in scores]
    )  # fmt: skip
    found = judged(verdict)
    reasons = [asdict(reason) for reason in found.reasons]
    report: dict[str, Any] = {"verdict": verdict, "reasons": reasons, "replies": replies}
    folder.report.write_text(json.dumps(report), "utf-8")
    cycle = EventWriter(folder.cycle_events)
    cycle.write({"kind": "stage", "name": "gated", "state": "completed", "text": "gated"})
    told = [reason.text for reason in found.reasons]
    cycle.write({"kind": "verdict", "verdict": verdict, "reasons": told})
    cycle.close()


def write_failure(folder: RunFolder) -> None:
    """The trainer ran out of memory."""
    time.sleep(0.005)  # events of two writers in one millisecond have no order
    trainer = EventWriter(folder.events)
    trainer.write(
        {
            "kind": "failed", "error_kind": "memory",
            "text": "There was not enough memory, even with the smallest batch.",
            "next_step": "Close other programs, then try again: it goes on from the last"
            " checkpoint.",
        }
    )  # fmt: skip
    trainer.close()


def put_live(store: Store, home: Home, persona: Persona, run_id: str) -> None:
    """An adapter that went live long ago."""
    assert persona.base_id is not None
    folder = home.runs / run_id / "adapter"
    store.runs.add(run_id, persona.id, persona.base_id, None, "starter", 1)
    store.runs.set_state(run_id, "done", verdict="passed")
    adapter = store.adapters.add(
        persona.id, persona.base_id, run_id, None, folder, folder / "adapter.gguf", f"d-{run_id}"
    )
    store.deployments.put_live(persona.id, run_id, adapter.id, "runtime", "1", "runtime", {})
    store.settings.set("train.dismissed", run_id)


def wait_a_moment() -> None:
    """Times of rows differ by more than the clock's grain."""
    time.sleep(0.002)


def picture_folder(default: Path, variable: str | None) -> Path:
    """Where pictures are kept."""
    folder = Path(variable) if variable else default
    folder.mkdir(parents=True, exist_ok=True)
    return folder
