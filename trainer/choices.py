"""Which letter of each multiple-choice question base, parent and candidate find the likeliest.

A run that has `data/choices.jsonl` gets `choices.json` from it. The letters are compared in torch,
under the very prompt that was trained, so that no word about the answer counts for or against it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch.nn.functional import log_softmax

from trainer.batches import spans
from trainer.contract.folder import RunFolder, write_atomically
from trainer.contract.needs import Precision
from trainer.errors import DataUnusable
from trainer.turn_tokens import tokens_of
from trainer.windowed_segments import CappedHead, capped

CHOICES = "choices.jsonl"
# Of a large base's head, so that its copy in 32 bits takes little memory.
ROWS_AT_ONCE = 8192


class Choice(BaseModel):
    """A question, the letters of its options and the right one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = Field(min_length=1)
    types: list[str]
    messages: list[dict[str, str]] = Field(min_length=1)
    letters: list[str] = Field(min_length=2)
    answer: str

    @model_validator(mode="after")
    def _fits_together(self) -> Choice:
        if any({"role", "content"} - set(message) for message in self.messages):
            raise ValueError("each message needs a role and a content")
        if self.messages[-1]["role"] != "user":
            raise ValueError("the last message must be the user's")
        if len(set(self.letters)) < len(self.letters) or not all(map(str.strip, self.letters)):
            raise ValueError("the letters must differ, and none may be empty")
        if self.answer not in self.letters:
            raise ValueError("the answer must be one of the letters")
        return self


@dataclass(frozen=True)
class LetterTokens:
    """A prompt and each letter that may follow it, cut into tokens as in training."""

    prompt: tuple[int, ...]
    letters: tuple[tuple[int, ...], ...]


def read_choices(path: Path) -> list[Choice]:
    """The questions of a run, none where it has no such file; all faults are told at once."""
    if not path.is_file():
        return []
    choices: list[Choice] = []
    faults: list[str] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            choices.append(Choice.model_validate_json(line))
        except ValidationError as error:
            faults += [f"line {number}: {_words(each)}" for each in error.errors()]
    asked = Counter(choice.id for choice in choices)
    faults += [f"{name} is asked {count} times" for name, count in asked.items() if count > 1]
    if faults:
        raise DataUnusable(
            f"The questions in data/{CHOICES} cannot be used: {'; '.join(faults)}.",
            "Correct these lines, or take the file away to train without them.",
        )
    return choices


def write_choices(
    model: Any, tokenizer: Any, folder: RunFolder, precision: Precision, device: str
) -> None:
    """Ask a model that wears the candidate (and the parent, if it has one) and write it down."""
    choices = read_choices(folder.data / CHOICES)
    if not choices:
        return
    asked = [letter_tokens(tokenizer, choice) for choice in choices]

    def answers() -> list[dict[str, Any]]:
        return [
            _answer(choice, letter_likelihoods(model, each, device))
            for choice, each in zip(choices, asked, strict=True)
        ]

    subjects = {"candidate": answers()}
    with model.disable_adapter():
        subjects["base"] = answers()
    if "parent" in model.peft_config:
        worn = model.active_adapter
        model.set_adapter("parent")
        try:
            subjects["parent"] = answers()
        finally:
            model.set_adapter(worn)
    made = {"precision": precision, "subjects": subjects}
    write_atomically(folder.choices, json.dumps(made, ensure_ascii=False))


def letter_tokens(tokenizer: Any, choice: Choice) -> LetterTokens:
    """Each letter as the reply that training would make of it, without what ends the turn."""
    prompt: list[int] = []
    letters = []
    for letter in choice.letters:
        reply = {"role": "assistant", "content": letter}
        *before, last = spans(tokenizer, [*choice.messages, reply])
        lead = last.text.partition(letter)[0]
        *asked, written = tokens_of(tokenizer, [*(span.text for span in before), lead + letter])
        prompt = [token for ids in asked for token in ids]
        letters.append(tuple(written))
    return LetterTokens(tuple(prompt), tuple(letters))


@torch.no_grad()
def letter_likelihoods(model: Any, asked: LetterTokens, device: str) -> list[float]:
    """Log-likelihood of each letter after the prompt.

    Letters nearly always differ in their last token alone, and then the prompt is read once.
    """
    shared = asked.letters[0][:-1]
    if any(letter[:-1] != shared for letter in asked.letters):
        return [
            _after(model, asked.prompt, letter[:-1], letter[-1:], device)[0]
            for letter in asked.letters
        ]
    last = [letter[-1] for letter in asked.letters]
    return _after(model, asked.prompt, shared, last, device)


def _after(
    model: Any, prompt: Sequence[int], begun: Sequence[int], last: Sequence[int], device: str
) -> list[float]:
    """Log-likelihood, after a prompt, of the begun letter with each of the last tokens."""
    inner = model.get_base_model()
    ids = torch.tensor([[*prompt, *begun]], device=device)
    states = inner.model(input_ids=ids, use_cache=False).last_hidden_state[0]
    scores = _scores(inner.lm_head, states[len(prompt) - 1 :])
    so_far = sum(float(scores[at, token]) for at, token in enumerate(begun))
    return [so_far + float(scores[-1, token]) for token in last]


def _scores(head: Any, states: torch.Tensor) -> torch.Tensor:
    """Log-likelihood of every token, in 32 bits: in 16, letters that are close come out equal,
    and the first of them would be taken for the likeliest."""
    if type(head) not in (torch.nn.Linear, CappedHead) or head.bias is not None:
        return log_softmax(head(states).float(), dim=-1)
    with torch.autocast(states.device.type, enabled=False):
        rows = head.weight.split(ROWS_AT_ONCE)
        logits = torch.cat([states.float() @ each.float().T for each in rows], dim=-1)
    if isinstance(head, CappedHead):
        logits = capped(logits, head.cap)
    return log_softmax(logits, dim=-1)


def _answer(choice: Choice, likelihoods: Sequence[float]) -> dict[str, Any]:
    best = max(range(len(likelihoods)), key=likelihoods.__getitem__)
    rounded = [round(value, 6) for value in likelihoods]
    return {
        "id": choice.id,
        "types": choice.types,
        "answer": choice.answer,
        "chosen": choice.letters[best],
        "log_likelihoods": dict(zip(choice.letters, rounded, strict=True)),
    }


def _words(error: Any) -> str:
    place = ".".join(str(each) for each in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
