"""The likeliest replies of a base with and without its adapters, many prompts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from trainer import base
from trainer.sampling import end_tokens

AT_ONCE = 25


@dataclass(frozen=True)
class Written:
    """A reply, how many tokens it has, and whether it ended by itself."""

    text: str
    tokens: int
    ended: bool


class Replier:
    """A base in 32 bits, so that a reply does not depend on which others are written beside it."""

    def __init__(self, place: Path, adapters: dict[str, Path]) -> None:
        self.tokenizer = base.load_tokenizer(place)
        self.tokenizer.padding_side = "left"
        self._ends = sorted(end_tokens(self.tokenizer))
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        model = base.load_model(place, "cpu", "fp32")
        # The trainer's own attention knows no padding, which prompts of several lengths need.
        model.set_attn_implementation("sdpa")
        (first, path), *rest = adapters.items()
        self._model = PeftModel.from_pretrained(model, str(path), first)
        for name, other in rest:
            self._model.load_adapter(str(other), name)
        self._model.eval()

    def replies(
        self, subject: str, prompts: Sequence[list[dict[str, Any]]], most_tokens: int
    ) -> list[Written]:
        """Greedy replies of `base` or of an adapter, by its name."""
        if subject == "base":
            with self._model.disable_adapter():
                return self._written(prompts, most_tokens)
        self._model.set_adapter(subject)
        return self._written(prompts, most_tokens)

    def _written(self, prompts: Sequence[list[dict[str, Any]]], most: int) -> list[Written]:
        made: list[Written] = []
        for at in range(0, len(prompts), AT_ONCE):
            made += self._batch(prompts[at : at + AT_ONCE], most)
        return made

    @torch.no_grad()
    def _batch(self, prompts: Sequence[list[dict[str, Any]]], most: int) -> list[Written]:
        texts = [
            self.tokenizer.apply_chat_template(
                [{"role": each["role"], "content": each["content"]} for each in messages],
                tokenize=False,
                add_generation_prompt=True,
                enable_thinking=False,
            )
            for messages in prompts
        ]
        asked = self.tokenizer(texts, add_special_tokens=False, padding=True, return_tensors="pt")
        made = self._model.generate(
            input_ids=asked["input_ids"],
            attention_mask=asked["attention_mask"],
            max_new_tokens=most,
            do_sample=False,
            eos_token_id=self._ends,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        return [self._one(row) for row in made[:, asked["input_ids"].shape[1] :].tolist()]

    def _one(self, tokens: list[int]) -> Written:
        end = next((at for at, token in enumerate(tokens) if token in self._ends), None)
        reply = tokens[:end]
        text = str(self.tokenizer.decode(reply, skip_special_tokens=True))
        return Written(text, len(reply), end is not None)
