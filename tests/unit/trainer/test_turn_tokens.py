"""A persona that learns a space too many at each reply says one too many, and is served another
prompt than it learned from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tokenizers import AddedToken
from transformers import GemmaTokenizer, LlamaTokenizer

from tests.unit.trainer.tiny_tokenizers import (
    BYTE_KINDS,
    CONTROL,
    CORPUS,
    make_pieces,
    write_tokenizer,
)
from trainer import base, gguf_base
from trainer.batches import Example, encode, spans
from trainer.sampling import end_tokens
from trainer.turn_tokens import prompt_tokens, tokens_of

# Where a reply begins is no special token here, as in Llama 2 and Mistral.
INSTRUCT = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}"
)
INSTRUCT_FROM_BEGINNING = "{{ bos_token }}" + INSTRUCT
TURNS = (
    "{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + ('model' if m.role =="
    " 'assistant' else m.role) + '\n' + m.content + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
# A reply that begins with line ends would run together with those before it.
REPLIES = [text for text in CORPUS if text.strip() and not text.startswith("\n")]


def conversation(reply: str) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "비가 올까요? Will it rain?"},
        {"role": "assistant", "content": reply},
        {"role": "user", "content": "고마워요. Thanks!"},
        {"role": "assistant", "content": reply},
    ]


def encoded(tokenizer: Any, reply: str) -> Example:
    row = {"id": "a", "group": "new", "messages": conversation(reply)}
    example = encode(tokenizer, row, 10_000)
    assert example is not None
    return example


def makers_own(kind: str) -> Any:
    """The tokenizer as transformers makes it for the family, with a vocabulary of a few hundred."""
    pieces = json.loads(make_pieces(prefixed=False, runs=False).to_str())["model"]
    merges = [tuple(pair) for pair in pieces["merges"]]
    if kind == "gemma":
        names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<unk>", "mask_token": "<m>"}
        made: Any = GemmaTokenizer(pieces["vocab"], merges, **names)
        turns = [AddedToken(t, special=True) for t in ("<start_of_turn>", "<end_of_turn>")]
        made.add_special_tokens({"additional_special_tokens": turns})
        made.chat_template = TURNS
        return made
    made = LlamaTokenizer(pieces["vocab"], merges, legacy=kind == "llama legacy")
    made.chat_template = INSTRUCT_FROM_BEGINNING
    return made


@pytest.mark.parametrize("kind", ["llama", "llama legacy", "gemma"])
def test_a_conversation_in_pieces_has_the_tokens_of_the_whole(kind: str) -> None:
    tokenizer = makers_own(kind)
    for reply in REPLIES:
        text = tokenizer.apply_chat_template(
            conversation(reply), tokenize=False, add_generation_prompt=False
        ).removesuffix("\n")
        whole = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert list(encoded(tokenizer, reply).tokens) == whole, reply


def test_pieces_by_themselves_would_have_other_tokens() -> None:
    """Else the test above would pass without any care."""
    tokenizer = makers_own("llama")
    turns = spans(tokenizer, conversation("네, 그래요."))
    apart = [tokenizer(turn.text, add_special_tokens=False)["input_ids"] for turn in turns]
    assert apart != tokens_of(tokenizer, [turn.text for turn in turns])


@pytest.mark.parametrize("template", [INSTRUCT, INSTRUCT_FROM_BEGINNING])
@pytest.mark.parametrize("begins", [True, False])
def test_a_text_begins_once(begins: bool, template: str, tmp_path: Path) -> None:
    """Twice or not at all, and the base answers from a place it was never in."""
    original = make_pieces(prefixed=True, runs=False)
    path = write_tokenizer(tmp_path / "a.gguf", original, pieces=True, add_bos_token=begins)
    gguf_base.convert(path, tmp_path / "hf")
    tokenizer = base.load_tokenizer(tmp_path / "hf")
    tokenizer.chat_template = template
    tokens = encoded(tokenizer, "네.").tokens
    wanted = begins or template == INSTRUCT_FROM_BEGINNING
    assert (tokens.count(1), tokens[:1] == (1,)) == (int(wanted), wanted)
    prompt = prompt_tokens(tokenizer, spans(tokenizer, conversation("네."))[0].text)
    assert tuple(prompt) == tokens[: len(prompt)]


def test_byte_level_bases_begin_as_they_say(tmp_path: Path) -> None:
    original = BYTE_KINDS["llama-bpe"].make()
    path = write_tokenizer(tmp_path / "a.gguf", original, pre="llama-bpe")
    gguf_base.convert(path, tmp_path / "hf")
    tokenizer = base.load_tokenizer(tmp_path / "hf")
    assert prompt_tokens(tokenizer, "안녕")[:1] == [1]
    assert prompt_tokens(tokenizer, "<s>안녕").count(1) == 1


def test_the_end_of_a_turn_is_taught_and_ends_a_reply() -> None:
    """A persona on Gemma that was not taught it never stops to speak."""
    tokenizer = makers_own("gemma")
    example, end = encoded(tokenizer, "그래요."), tokenizer.convert_tokens_to_ids("<end_of_turn>")
    ends = [at for at, token in enumerate(example.tokens) if token == end]
    assert [example.weights[at] for at in ends] == [0.0, 1.0, 0.0, 1.0]
    assert example.tokens[-1] == end and end in end_tokens(tokenizer)


def test_a_space_after_a_special_token_is_the_makers(tmp_path: Path) -> None:
    """As llama.cpp and the older tokenizers have it: after each special token, not in between."""
    path = write_tokenizer(
        tmp_path / "a.gguf", make_pieces(prefixed=True, runs=False), pieces=True,
        add_space_prefix=True,
    )  # fmt: skip
    gguf_base.convert(path, tmp_path / "hf")
    tokenizer = base.load_tokenizer(tmp_path / "hf")
    end = CONTROL[-1]
    for before, after in (("가", "나 다"), ("가" + end, "나"), ("가 ", "나"), ("", "나")):
        ids = [token for piece in tokens_of(tokenizer, [before, after]) for token in piece]
        assert ids == tokenizer(before + after)["input_ids"], (before, after)
