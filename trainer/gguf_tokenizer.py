"""The tokenizer that a GGUF file describes, as a fast tokenizer of its own."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors

from trainer.errors import BaseUnsupported
from trainer.gguf_file import GgufFile, damaged
from trainer.gguf_splits import split_named

SPACE = "\u2581"
# llama.cpp's own where a SentencePiece file names none.
_PIECE_DEFAULTS = {"bos": 1, "eos": 2, "unknown": 0}


class Kind(IntEnum):
    """What `tokenizer.ggml.token_type` says of a token."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


def tokenizer_of(file: GgufFile) -> Tokenizer:
    """The tokenizer with its special tokens and what it adds at both ends."""
    model, tokens = str(file.get("tokenizer.ggml.model", "missing")), _tokens(file)
    if model == "gpt2":
        tokenizer = _byte_level(file, tokens)
    elif model == "llama":
        tokenizer = _sentence_pieces(file, tokens)
    else:
        raise BaseUnsupported(
            f"This base splits text in a way ({model}) that is not read from GGUF here.",
            "Use the base's Hugging Face folder instead of the GGUF file.",
        )
    kinds = _kinds(file, tokens)
    special = (Kind.CONTROL, Kind.UNKNOWN)
    tokenizer.add_tokens(
        [
            AddedToken(token, special=kind in special, normalized=False)
            for token, kind in zip(tokens, kinds, strict=True)
            if token and kind in (*special, Kind.USER_DEFINED)
        ]
    )
    _add_ends(file, tokenizer, tokens)
    return tokenizer


def tokenizer_config_of(file: GgufFile) -> dict[str, Any]:
    """`tokenizer_config.json`: the named tokens and the chat template."""
    tokens = _tokens(file)
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": file.get("tokenizer.chat_template"),
        "clean_up_tokenization_spaces": False,
        "model_max_length": int(file.of_model("context_length", 2048)),
    }
    for name, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"), ("unk", "unknown")):
        index = _index(file, tokens, key)
        if index is not None:
            config[f"{name}_token"] = tokens[index]
    return config


def _tokens(file: GgufFile) -> list[str]:
    tokens = file.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not tokens:
        raise damaged(file.path, "it has no vocabulary")
    return tokens


def _kinds(file: GgufFile, tokens: Sequence[str]) -> list[int]:
    kinds = file.get("tokenizer.ggml.token_type") or [Kind.NORMAL] * len(tokens)
    if len(kinds) != len(tokens):
        raise damaged(file.path, "its vocabulary is not whole")
    return list(kinds)


def _index(file: GgufFile, tokens: Sequence[str], key: str) -> int | None:
    pieces = file.get("tokenizer.ggml.model") == "llama"
    index = file.get(f"tokenizer.ggml.{key}_token_id")
    if index is None and pieces:
        index = _PIECE_DEFAULTS.get(key)
    # An id outside of the vocabulary is how some files say that there is none.
    return int(index) if index is not None and 0 <= index < len(tokens) else None


def _byte_level(file: GgufFile, tokens: Sequence[str]) -> Tokenizer:
    split = split_named(str(file.get("tokenizer.ggml.pre") or "default"))
    vocabulary = {token: index for index, token in enumerate(tokens)}
    merges = [_pair(merge) for merge in file.get("tokenizer.ggml.merges") or []]
    for left, right in merges:
        if not {left, right, left + right} <= vocabulary.keys():
            raise damaged(file.path, f"a merge of its vocabulary ({left} {right}) leads nowhere")
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, fuse_unk=False, ignore_merges=split.whole_words_first)
    )
    if split.composes:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = split.steps()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _pair(merge: str) -> tuple[str, str]:
    # The first letter may itself be a space in files that do not write it as a letter.
    left, _, right = merge[1:].partition(" ")
    return merge[:1] + left, right


def _sentence_pieces(file: GgufFile, tokens: Sequence[str]) -> Tokenizer:
    """A vocabulary with scores: the best pair is joined first, bytes stand for what is unknown."""
    kinds, scores = _kinds(file, tokens), file.get("tokenizer.ggml.scores") or []
    if len(scores) != len(tokens):
        raise damaged(file.path, "its vocabulary has no scores")
    unknown = _index(file, tokens, "unknown")
    vocabulary = {token: index for index, token in enumerate(tokens)}
    words = {
        token: float(score)
        for token, score, kind in zip(tokens, scores, kinds, strict=True)
        if kind == Kind.NORMAL
    }
    tokenizer = Tokenizer(
        models.BPE(
            vocabulary,
            _merges(words),
            unk_token=None if unknown is None else tokens[unknown],
            fuse_unk=True,
            byte_fallback=Kind.BYTE in kinds,
        )
    )
    # As llama.cpp serves it: the space stands before each stretch between special tokens.
    prefixed = bool(file.get("tokenizer.ggml.add_space_prefix", True))
    spaces = normalizers.Replace(" ", SPACE)
    tokenizer.normalizer = (
        normalizers.Sequence([normalizers.Prepend(SPACE), spaces]) if prefixed else spaces
    )
    steps = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(
        [*steps, decoders.Strip(" ", 1, 0)] if prefixed else steps
    )
    return tokenizer


def _merges(words: dict[str, float]) -> list[tuple[str, str]]:
    """Each pair of words that makes a word, the best word first."""
    found = [
        (-score, word[:cut], word[cut:])
        for word, score in words.items()
        for cut in range(1, len(word))
        if word[:cut] in words and word[cut:] in words
    ]
    found.sort(key=lambda each: (each[0], len(each[1]), each[1]))
    return [(left, right) for _, left, right in found]


def _add_ends(file: GgufFile, tokenizer: Tokenizer, tokens: Sequence[str]) -> None:
    """A token at the beginning, at the end, at both or at neither, as the file says."""
    pieces = file.get("tokenizer.ggml.model") == "llama"
    usual = pieces or split_named(str(file.get("tokenizer.ggml.pre") or "default")).begins
    asked = {
        "bos": bool(file.get("tokenizer.ggml.add_bos_token", usual)),
        "eos": bool(file.get("tokenizer.ggml.add_eos_token", False)),
    }
    ends = {
        name: index
        for name, wanted in asked.items()
        if wanted and (index := _index(file, tokens, name)) is not None
    }
    if not ends:
        return
    one = [name if name in ends else "" for name in asked]
    single = [part for part in (one[0], "$A", one[1]) if part]
    pair = [*single, *(part for part in (one[0], "$B:1", one[1]) if part)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single,
        pair=pair,
        special_tokens=[
            {"id": name, "ids": [index], "tokens": [tokens[index]]} for name, index in ends.items()
        ],
    )
