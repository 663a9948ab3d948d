"""Replies of the model as it stands, for people who watch it learn.

They are cheap: greedy, short, a few prompts, and never more than a small share of the time that
the training itself takes. Nothing random is drawn, so they leave the training as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from trainer.batches import render, spans
from trainer.coherence import main_script
from trainer.contract.events import Sample
from trainer.errors import DataUnusable
from trainer.losses import log_probabilities
from trainer.turn_tokens import prompt_tokens

LONGEST_SAMPLE = 48
PROMPTS = 3
# A prompt that takes longer to read than the reply takes to write is no cheap sample.
LONGEST_PROMPT = 384
# Of the time since the last look. Never so long that a stop has to wait for it.
SHARE_OF_TIME = 0.05
LEAST_S, MOST_S = 0.5, 3.0
# Fewer tokens may be unlikely for many good reasons.
TOKENS_TO_JUDGE = 8

_NEW = "new"


@dataclass(frozen=True)
class Question:
    """A held-out prompt, and the reply that a person approved."""

    prompt: str
    tokens: tuple[int, ...]
    expected: str
    group: str


@dataclass(frozen=True)
class Reply:
    """What the model wrote; `cut` when its time was up."""

    tokens: tuple[int, ...]
    cut: bool


def questions(tokenizer: Any, rows: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Two or three prompts that differ: new ones in each script there is, and one of replay."""
    found = [each for each in (_question(tokenizer, row) for row in rows) if each is not None]
    short = [each for each in found if len(each.tokens) <= LONGEST_PROMPT]
    found = short or sorted(found, key=lambda each: len(each.tokens))[:1]
    found.sort(key=lambda each: each.group != _NEW)
    kinds: dict[tuple[bool, str], Question] = {}
    for each in found:
        kinds.setdefault((each.group == _NEW, main_script(each.expected)), each)
    chosen = [*kinds.values(), *(each for each in found if each not in kinds.values())]
    prompts: dict[str, Question] = {}
    for each in chosen:
        prompts.setdefault(each.prompt, each)
    return tuple(prompts.values())[:PROMPTS]


def _question(tokenizer: Any, row: Mapping[str, Any]) -> Question | None:
    """The conversation up to its first approved reply, if the base's template takes it."""
    messages = row["messages"]
    for at, message in enumerate(messages):
        if message["role"] == "assistant" and message.get("weight", 1.0) > 0 and at > 0:
            try:
                tokens = _prompt_tokens(tokenizer, messages[:at])
            except DataUnusable:
                return None
            prompt, group = str(messages[at - 1]["content"]), str(row["group"])
            return Question(prompt, tokens, str(message["content"]), group)
    return None


class Sampler:
    """Asks the held-out prompts at each look, as far as the time for it goes."""

    def __init__(
        self,
        tokenizer: Any,
        rows: Sequence[Mapping[str, Any]],
        device: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokenizer, self._device, self._clock = tokenizer, device, clock
        self._questions = questions(tokenizer, rows)
        self._ends = end_tokens(tokenizer)
        self._looks = 0
        self._last_look = clock()

    def of_base(self, model: Any) -> list[Sample]:
        """How the base answers, to tell what training does to it from what it never could."""
        with model.disable_adapter():
            made = self._ask(model, 0, MOST_S)
        self._last_look = self._clock()
        return made

    def look(self, model: Any, step: int) -> list[Sample]:
        """How it answers by now; each look begins with another prompt, should time be short."""
        allowed = SHARE_OF_TIME * (self._clock() - self._last_look)
        made = self._ask(model, step, min(max(allowed, LEAST_S), MOST_S))
        self._looks += 1
        self._last_look = self._clock()
        return made

    def _ask(self, model: Any, step: int, seconds: float) -> list[Sample]:
        until = self._clock() + seconds
        first = self._looks % max(1, len(self._questions))
        made: list[Sample] = []
        for question in (*self._questions[first:], *self._questions[:first]):
            if made and self._clock() >= until:
                break
            try:
                made.append(self._answer(model, question, step, until))
            except (torch.OutOfMemoryError, MemoryError):
                self._questions = ()  # where memory is that short, the training needs it
                break
        return made

    def _answer(self, model: Any, question: Question, step: int, until: float) -> Sample:
        reply = write(
            model, question.tokens, self._ends, self._device, lambda: self._clock() >= until
        )
        judged = reply.tokens if step else self._expected_tokens(question)
        return Sample(
            step=step,
            prompt=question.prompt,
            reply=_text(self._tokenizer, reply.tokens),
            expected=question.expected,
            cut=reply.cut,
            surprise=self._surprise(model, question, judged),
        )

    def _expected_tokens(self, question: Question) -> tuple[int, ...]:
        ids = self._tokenizer(question.expected, add_special_tokens=False)["input_ids"]
        return tuple(ids[:LONGEST_SAMPLE])

    def _surprise(self, model: Any, question: Question, tokens: tuple[int, ...]) -> float | None:
        """How unlikely the base finds a reply: words at random look like nothing to it."""
        if len(tokens) < TOKENS_TO_JUDGE:
            return None
        whole = [*question.tokens, *tokens]
        with model.disable_adapter():
            found = log_probabilities(model, whole, len(question.tokens), self._device)
        return round(-sum(found) / len(found), 3)


@torch.no_grad()
def write(
    model: Any,
    prompt: Sequence[int],
    ends: frozenset[int],
    device: str,
    late: Callable[[], bool] = lambda: False,
) -> Reply:
    """The likeliest words after a prompt, until the turn ends or it gets late."""
    was_training = model.training
    model.eval()
    inner = model.get_base_model()
    cache: Any = None
    reply: list[int] = []
    step_ids = torch.tensor([list(prompt)], device=device)
    ended = cut = False
    try:
        while not (ended or cut) and len(reply) < LONGEST_SAMPLE:
            out = inner(input_ids=step_ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache = out.past_key_values
            token = int(out.logits[0, -1].argmax())
            ended = token in ends
            if not ended:
                reply.append(token)
                step_ids = torch.tensor([[token]], device=device)
                cut = late()
    finally:
        model.train(was_training)
    return Reply(tuple(reply), cut)


def reply_to(model: Any, tokenizer: Any, question: Question, device: str) -> str:
    """Answer a prompt with the likeliest words."""
    reply = write(model, question.tokens, end_tokens(tokenizer), device)
    return _text(tokenizer, reply.tokens)


def end_tokens(tokenizer: Any) -> frozenset[int]:
    """What ends a turn: the tokenizer's end, and what the template puts behind a reply."""
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    ends = {tokenizer.eos_token_id} - {None}
    for span in spans(tokenizer, turns):
        last = tokenizer(span.text, add_special_tokens=False)["input_ids"][-1:]
        if span.weight > 0 and last and last[0] in tokenizer.all_special_ids:
            ends.add(last[0])
    return frozenset(ends)


def _prompt_tokens(tokenizer: Any, messages: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    return tuple(prompt_tokens(tokenizer, render(tokenizer, messages, prompt=True)))


def _text(tokenizer: Any, tokens: Sequence[int]) -> str:
    return str(tokenizer.decode(list(tokens), skip_special_tokens=True)).strip()
