"""A training without its worker: the loop itself, in this process, with what it tells in a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tests.unit.trainer.tiny_run import TINY_RECIPE, conversation
from trainer import base
from trainer.batches import Example, encode
from trainer.checkpoint import Checkpoints, adapter_parameters
from trainer.contract.events import Event
from trainer.contract.folder import RunFolder
from trainer.contract.recipe import Recipe
from trainer.control import ControlFile
from trainer.sft import Training


@dataclass
class Heard:
    """What a training told."""

    events: list[Event] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.kind == kind]

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def write_tiny_base(root: Path, *, words: int = 64, wide: int = 64, blocks: int = 2) -> Path:
    """A llama of a few thousand parameters with a tokenizer of letters, as a folder."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,!?'\n"
    tokens = ["<unk>", "<|im_start|>", "<|im_end|>", *letters]
    inner = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, "<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        unk_token="<unk>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = (
        "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>'"
        " + '\n'}}{% endfor %}{% if add_generation_prompt %}"
        "{{'<|im_start|>assistant\n'}}{% endif %}"
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=max(words, len(tokens)),
            hidden_size=wide,
            intermediate_size=2 * wide,
            num_hidden_layers=blocks,
            num_attention_heads=4,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            max_position_embeddings=16384,
        )
    )
    model.save_pretrained(root)
    tokenizer.save_pretrained(root)
    return root


@dataclass
class TinyTraining:
    """Whatever a training needs; `begin` makes one as a worker would."""

    base: Path
    root: Path
    recipe: Recipe = TINY_RECIPE
    rows: int = 20
    turns: int = 1
    reply: str = ""
    heard: Heard = field(default_factory=Heard)

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.root)

    def examples(self, tokenizer: Any) -> tuple[list[Example], list[Example]]:
        def example(index: int) -> Example:
            row = conversation(index)
            row["messages"][-1]["content"] += self.reply
            row["messages"] += row["messages"][1:] * (self.turns - 1)
            made = encode(tokenizer, row, self.recipe.max_length)
            assert made is not None
            return made

        made = [example(index) for index in range(self.rows + 4)]
        return made[:-4], made[-4:]

    def begin(self) -> Training:
        """A training as a worker starts it: anew, or from the last checkpoint."""
        torch.manual_seed(7)
        tokenizer = base.load_tokenizer(self.base)
        model = base.load_model(self.base, "cpu", "fp32")
        return Training(
            base.wear_adapter(model, self.recipe, None),
            self.recipe,
            self.examples(tokenizer),
            "cpu",
            7,
            Checkpoints(self.folder.checkpoints),
            self.heard,
            ControlFile(self.folder, self.heard),
        )


def weights(training: Training) -> dict[str, bytes]:
    """The adapter, bit for bit."""
    return {
        name: parameter.detach().numpy().tobytes()
        for name, parameter in adapter_parameters(training.model).items()
    }
