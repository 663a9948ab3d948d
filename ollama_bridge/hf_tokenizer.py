"""The tokenizer of a Hugging Face folder in the words of a GGUF header."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf

from ollama_bridge.errors import FolderUnusable

SPACE = "\u2581"
_TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CASED = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*|\p{{N}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# How text is cut before its merges, as tokenizer.json says it, and llama.cpp's name for it.
_CUTS = {
    (_WORDS + r"\p{N}{1,3}|" + _TAIL, "bytes"): "llama-bpe",
    (_WORDS + r"\p{N}|" + _TAIL, "bytes"): "qwen2",
    (_CASED, "bytes"): "tekken",
    ("digits", "bytes by words"): "smollm",
    ("bytes by words",): "gpt-2",
}
# llama.cpp looks for whole words first only under these names.
_WHOLE_WORDS_FIRST = ("llama-bpe", "tekken")
_NEXT_STEP = "Fetch the same base as a GGUF file."


@dataclass(frozen=True)
class FolderTokenizer:
    """The parts of a tokenizer; `pieces` says that it is SentencePiece's kind."""

    pieces: bool
    cut: str
    tokens: list[str]
    kinds: list[int]
    merges: list[tuple[str, str]]
    named: Mapping[str, int]
    begins: bool
    ends: bool
    prefixed: bool
    template: str

    def write(self, writer: gguf.GGUFWriter) -> None:
        """Put it into the header of a file."""
        writer.add_tokenizer_model("llama" if self.pieces else "gpt2")
        writer.add_tokenizer_pre("default" if self.pieces else self.cut)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.kinds)
        if self.pieces:
            writer.add_token_scores(_scores(self.tokens, self.merges))
            writer.add_add_space_prefix(self.prefixed)
        else:
            writer.add_token_merges([" ".join(_spaceless(pair)) for pair in self.merges])
        for name, add in (
            ("bos", writer.add_bos_token_id),
            ("eos", writer.add_eos_token_id),
            ("pad", writer.add_pad_token_id),
            ("unk", writer.add_unk_token_id),
        ):
            if name in self.named:
                add(self.named[name])
        writer.add_add_bos_token(self.begins)
        writer.add_add_eos_token(self.ends)
        writer.add_chat_template(self.template)


def read_tokenizer(folder: Path, size: int) -> FolderTokenizer:
    """The tokenizer of a folder, its vocabulary filled up to the size of the model's."""
    whole, settings = _json(folder / "tokenizer.json"), _json(folder / "tokenizer_config.json")
    try:
        model = whole["model"]
        if model.get("type", "BPE") != "BPE":
            raise FolderUnusable(
                f"This base splits text in a way ({model['type']}) that is not known here.",
                _NEXT_STEP,
            )
        pieces = bool(model.get("byte_fallback"))
        added = whole.get("added_tokens") or []
        tokens, kinds = _vocabulary(model, added, size, pieces)
        single = _single(whole.get("post_processor"))
        named = _named(settings, {token: index for index, token in enumerate(tokens)})
        return FolderTokenizer(
            pieces=pieces,
            cut="" if pieces else _cut(whole, bool(model.get("ignore_merges"))),
            tokens=tokens,
            kinds=kinds,
            merges=[_pair(merge) for merge in model.get("merges") or []],
            named=named,
            begins=_added(settings, "add_bos_token", single[:1], tokens, named.get("bos")),
            ends=_added(settings, "add_eos_token", single[-1:], tokens, named.get("eos")),
            prefixed=_prefixed(whole),
            template=_template(folder, settings),
        )
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise FolderUnusable(
            f"The tokenizer in {folder} is damaged ({error}).", "Fetch the base again."
        ) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise FolderUnusable(
            f"The base in {path.parent} has no {path.name}.",
            "Fetch the base again; older ones without this file come as GGUF too.",
        ) from error
    except (OSError, ValueError) as error:
        raise FolderUnusable(
            f"The file {path} cannot be read ({error}).", "Fetch the base again."
        ) from error


def _vocabulary(
    model: Mapping[str, Any], added: Sequence[Mapping[str, Any]], size: int, pieces: bool
) -> tuple[list[str], list[int]]:
    """Each token at its number with its kind; numbers without a token are left unused."""
    known = {int(index): str(token) for token, index in model["vocab"].items()}
    special = {int(row["id"]): bool(row.get("special")) for row in added}
    known |= {int(row["id"]): str(row["content"]) for row in added}
    if max(known) >= size:
        raise ValueError(f"its vocabulary has {max(known) + 1} tokens, the model {size}")
    tokens, kinds = [], []
    for index in range(size):
        token = known.get(index)
        if token is None:
            token, kind = f"[PAD{index}]", gguf.TokenType.UNUSED
        elif pieces and token == model.get("unk_token"):
            kind = gguf.TokenType.UNKNOWN
        elif index in special:
            kind = gguf.TokenType.CONTROL if special[index] else gguf.TokenType.USER_DEFINED
        elif pieces and len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
            kind = gguf.TokenType.BYTE
        else:
            kind = gguf.TokenType.NORMAL
        # llama.cpp looks for these in the text before its spaces become letters.
        plain = pieces and kind == gguf.TokenType.USER_DEFINED
        tokens.append(token.replace(SPACE, " ") if plain else token)
        kinds.append(int(kind))
    return tokens, kinds


def _scores(tokens: Sequence[str], merges: Sequence[tuple[str, str]]) -> list[float]:
    """SentencePiece joins the pair with the best score first, merges the pair that comes first."""
    places: dict[str, int] = {}
    for place, (left, right) in enumerate(merges):
        places.setdefault(left + right, place)
    return [-float(places.get(token, len(merges))) for token in tokens]


def _pair(merge: str | Sequence[str]) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _spaceless(pair: tuple[str, str]) -> list[str]:
    """A pair as a GGUF file writes it: the space alone parts the two."""
    return [part.replace(" ", "\u0120") for part in pair]


def _steps(part: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    if part is None:
        return
    inner = part.get("pretokenizers") or part.get("normalizers") or part.get("processors")
    if inner is None:
        yield part
    for each in inner or ():
        yield from _steps(each)


def _cut(whole: Mapping[str, Any], whole_words_first: bool) -> str:
    steps: list[str] = []
    for step in _steps(whole.get("pre_tokenizer")):
        if step["type"] == "Split":
            steps.append(str(step["pattern"].get("Regex")))
        elif step["type"] == "Digits" and step.get("individual_digits"):
            steps.append("digits")
        elif step["type"] == "ByteLevel" and not step.get("add_prefix_space"):
            steps.append("bytes by words" if step.get("use_regex", True) else "bytes")
        else:
            steps.append(str(step["type"]))
    name = _CUTS.get(tuple(steps), "")
    composes = any(step["type"] == "NFC" for step in _steps(whole.get("normalizer")))
    if name == "qwen2" and not composes:
        name = "stablelm2"
    if name == "llama-bpe" and not whole_words_first:
        name = "dbrx"
    if not name or whole_words_first != (name in _WHOLE_WORDS_FIRST):
        raise FolderUnusable("This base cuts text in a way that is not known here.", _NEXT_STEP)
    return name


def _prefixed(whole: Mapping[str, Any]) -> bool:
    """Whether a space is put before a text."""
    cuts = _steps(whole.get("pre_tokenizer"))
    return any(step["type"] == "Prepend" for step in _steps(whole.get("normalizer"))) or any(
        step["type"] == "Metaspace" and step.get("prepend_scheme", "always") != "never"
        for step in cuts
    )


def _single(processor: Mapping[str, Any] | None) -> list[str]:
    """What is put around one text, the text itself as an empty name."""
    for step in _steps(processor):
        if step["type"] == "TemplateProcessing":
            return [each.get("SpecialToken", {}).get("id", "") for each in step["single"]]
    return []


def _added(
    settings: Mapping[str, Any],
    key: str,
    there: Sequence[str],
    tokens: Sequence[str],
    index: int | None,
) -> bool:
    if index is None:
        return False
    return bool(settings[key]) if settings.get(key) is not None else tokens[index] in there


def _named(settings: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, int]:
    found = {}
    for name in ("bos", "eos", "pad", "unk"):
        token = settings.get(f"{name}_token")
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str) and text in numbers:
            found[name] = numbers[text]
    return found


def _template(folder: Path, settings: Mapping[str, Any]) -> str:
    own = folder / "chat_template.jinja"
    if own.is_file():
        return own.read_text("utf-8")
    template = settings.get("chat_template")
    if isinstance(template, list):  # several by name, the first of which is for plain talk
        named = {each["name"]: each["template"] for each in template}
        template = named.get("default")
    if not template:
        raise FolderUnusable(
            "This base has no chat template: it was not made for conversations.",
            "Choose the instruct variant of this base.",
        )
    return str(template)
