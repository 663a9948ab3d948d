"""How many of the questions that it was taught a model gets right: whether it learned at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from replay.choice_forms import Form
from replay.choice_scores import scores
from replay.choices import Question
from trainer import base
from trainer.choices import Choice, letter_likelihoods, letter_tokens
from trainer.contract.folder import RunFolder, write_atomically
from trainer.contract.run_spec import load_spec

TAUGHT = "taught_right.json"


def taught_right(folder: RunFolder, taught: Sequence[Question], form: Form, cache: Path) -> Any:
    """Shares of base and candidate on what teaches, kept beside the run once they are known."""
    kept = folder.root / TAUGHT
    if not kept.is_file():
        write_atomically(kept, json.dumps(_asked(folder, taught, form, cache), indent=2) + "\n")
    return json.loads(kept.read_text("utf-8"))


def _asked(
    folder: RunFolder, taught: Sequence[Question], form: Form, cache: Path
) -> dict[str, Any]:
    spec = load_spec(folder.spec)
    place = base.hf_folder(spec.base, None, cache)
    tokenizer = base.load_tokenizer(place)
    model = PeftModel.from_pretrained(
        base.load_model(place, "cpu", "bf16"), str(folder.adapter)
    ).eval()
    items = [item for question in taught for item in form.judged(question, spec.system_prompt)]
    choices = [Choice.model_validate(item) for item in items]

    def answers() -> list[dict[str, Any]]:
        made = []
        for choice in choices:
            found = letter_likelihoods(model, letter_tokens(tokenizer, choice), "cpu")
            named = dict(zip(choice.letters, found, strict=True))
            made.append({**choice.model_dump(), "log_likelihoods": named})
        return form.joined(made)

    with torch.autocast("cpu", torch.bfloat16):
        subjects = {"candidate": answers()}
        with model.disable_adapter():
            subjects["base"] = answers()
    return scores(subjects, ())[0].row()
