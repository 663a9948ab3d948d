"""Tiny tokenizers of the kinds that bases have, trained on a few sentences, and their GGUF form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from tests.tiny_gguf import TEMPLATE, byte_alphabet
from tests.unit.trainer.tiny_families import finish

SPACE = "\u2581"
TEXTS = (
    "안녕하세요! 오늘은 날씨가 참 좋네요. 내일 서울에 비가 온다고 합니다.",
    "한국어와 English를 섞어 쓰면 어떻게 되나요? 3월 14일 오후 2시 30분입니다.",
    "ㅋㅋㅋ 그래요 ㅠㅠ 진짜로?? 네, 맞아요... 값이 12,345원이에요.",
    "I'm sure they've said it'll rain; we'd better go. It's John's, ISN'T IT?",
    "The quick brown fox jumps over 1234567890 lazy dogs, doesn't it?",
    "def add(a: int, b: int) -> int:\n    return a + b  # sum\n\n\nprint(add(1, 22))\n",
    "for (let i = 0; i < 10; ++i) {\n\tconsole.log(`${i}:${arr[i]}`);\n}\r\n",
    "SELECT * FROM users WHERE name = 'O''Brien' AND age >= 30;",
    "Emoji: 😀👍🏽👨‍👩‍👧‍👦🇰🇷 and ❤️‍🔥 too! ½ cup, Ⅷ, ２０２６",
    "  leading,  double   triple    spaces and a tail   ",
    "\n\n\tTabs\tand\n\n\nnewlines \n \n end\n",
    "Zażółć gęślą jaźń; naïve café — “quotes” … ελληνικά кириллица 日本語の文章 中文。",
    "camelCase HTTPServer snake_case UPPER lower MixedCASE123abc 1st 2nd",
    "https://example.org/a?b=c&d=%20 user@example.org #tag @name $5.00 100%",
)
DECOMPOSED = "\u1112\u1161\u11ab\u1100\u1173\u11af cafe\u0301"
# Not seen in training, the odd cases too: decomposed letters, lone marks, other scripts.
UNSEEN = (
    DECOMPOSED,
    "",
    " ",
    "   ",
    "a",
    "\n",
    "가",
    "🙂",
    "한 글 자 씩 1 2 3",
    "x" * 70,
    "ไทย עברית العربية हिन्दी",
    "<|im_start|>user\n안녕<|im_end|>\n<|im_start|>assistant\n",
    " <|im_end|> ",
    "a<|im_end|>b <|im_end|> c",
)
CORPUS = (*TEXTS, *UNSEEN)
CONTROL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class ByteKind:
    """How the makers of a base build its tokenizer, as their own `tokenizer.json` says."""

    pre: str
    regex: str = ""
    digits: bool = False
    composes: bool = False
    whole_words_first: bool = False

    def make(self) -> Tokenizer:
        """A tokenizer of this kind, trained."""
        tokenizer = Tokenizer(models.BPE(ignore_merges=self.whole_words_first))
        if self.composes:
            tokenizer.normalizer = normalizers.NFC()
        steps: list[Any] = []
        if self.digits:
            steps.append(pre_tokenizers.Digits(individual_digits=True))
        if self.regex:
            steps.append(pre_tokenizers.Split(Regex(self.regex), "isolated"))
        steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not self.regex))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=700, initial_alphabet=byte_alphabet(), show_progress=False,
            special_tokens=list(CONTROL),
        )  # fmt: skip
        tokenizer.train_from_iterator(TEXTS, trainer)
        return tokenizer


BYTE_KINDS = {
    "gpt-2": ByteKind("gpt-2"),
    "smollm": ByteKind("smollm", digits=True),
    "llama-bpe": ByteKind("llama-bpe", _LLAMA3, whole_words_first=True),
    "qwen2": ByteKind("qwen2", _LLAMA3.replace("{1,3}", ""), composes=True),
    "tekken": ByteKind("tekken", _TEKKEN, whole_words_first=True),
}


def make_pieces(*, prefixed: bool, runs: bool) -> Tokenizer:
    """A SentencePiece-like tokenizer: merges over characters, bytes for what is unknown."""
    letters = sorted({letter for text in TEXTS for letter in text.replace(" ", SPACE)} - {"\n"})
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    spaces = normalizers.Replace(" ", SPACE)
    tokenizer.normalizer = (
        normalizers.Sequence([normalizers.Prepend(SPACE), spaces]) if prefixed else spaces
    )
    # SentencePiece learns no piece across words; spaces begin them.
    tokenizer.pre_tokenizer = pre_tokenizers.Split(SPACE, "merged_with_next")
    trainer = trainers.BpeTrainer(
        vocab_size=len(CONTROL) + 256 + len(letters) + 250, initial_alphabet=letters,
        show_progress=False, special_tokens=[*CONTROL, *byte_tokens],
    )  # fmt: skip
    tokenizer.train_from_iterator([text for text in TEXTS if "\n" not in text], trainer)
    made = json.loads(tokenizer.to_str())
    made["pre_tokenizer"] = None
    made["added_tokens"] = [each for each in made["added_tokens"] if each["content"] in CONTROL]
    steps = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    if prefixed:
        steps.append(decoders.Strip(" ", 1, 0))
    pieces = Tokenizer.from_str(json.dumps(made))
    pieces.decoder = decoders.Sequence(steps)
    if runs:  # as Gemma has them: whole runs of spaces and newlines, cut out before anything else
        pieces.add_tokens(
            [AddedToken(run, normalized=False) for run in ("\n", "\n\n", "  ", "   ", "    ")]
        )
    return pieces


def write_tokenizer(
    path: Path, tokenizer: Tokenizer, *, pre: str = "", pieces: bool = False, **flags: bool
) -> Path:
    """A base of random weights with this tokenizer, as llama.cpp's converter writes it."""
    size = tokenizer.get_vocab_size()
    tokens = [tokenizer.id_to_token(index) for index in range(size)]
    added = tokenizer.get_added_tokens_decoder()
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, tokens)
    writer.add_tokenizer_model("llama" if pieces else "gpt2")
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([_kind(index, tokens[index], added) for index in range(size)])
    model = json.loads(tokenizer.to_str())["model"]
    if pieces:
        writer.add_token_scores([-float(index) for index in range(size)])
    else:
        writer.add_token_merges([" ".join(merge) for merge in model["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    for name, value in flags.items():
        getattr(writer, f"add_{name}")(value)
    finish(writer)
    return path


def _kind(index: int, token: str, added: dict[int, AddedToken]) -> gguf.TokenType:
    if index == 0:
        return gguf.TokenType.UNKNOWN
    if token in CONTROL:
        return gguf.TokenType.CONTROL
    if token.startswith("<0x") and token.endswith(">"):
        return gguf.TokenType.BYTE
    return gguf.TokenType.USER_DEFINED if index in added else gguf.TokenType.NORMAL


def _describe(writer: Any, tokens: list[str]) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_context_length(512)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(16)
    writer.add_vocab_size(len(tokens))
    writer.add_chat_template(TEMPLATE)
    random = np.random.default_rng(0)
    writer.add_tensor("token_embd.weight", random.normal(size=(len(tokens), 32)).astype("f4"))
    writer.add_tensor("output_norm.weight", np.ones(32, "f4"))
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(32, "f4"))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        matrix = random.normal(size=(32, 32)).astype("f4")
        writer.add_tensor(f"blk.0.{name}.weight", matrix)
