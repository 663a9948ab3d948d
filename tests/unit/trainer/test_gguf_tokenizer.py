"""A persona trained on other tokens than its base reads learns nothing that it will say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_tokenizers import (
    BYTE_KINDS,
    CORPUS,
    DECOMPOSED,
    make_pieces,
    write_tokenizer,
)
from trainer import base, gguf_base
from trainer.errors import BaseDamaged, BaseUnsupported
from trainer.gguf_file import GgufFile
from trainer.gguf_splits import SPLITS, split_named
from trainer.gguf_tokenizer import tokenizer_of


def read_back(path: Path) -> Any:
    """The tokenizer as a training gets it: written to a folder and read by transformers."""
    folder = path.with_suffix("")
    gguf_base.convert(path, folder)
    return base.load_tokenizer(folder)


def differing(original: Any, converted: Any) -> list[str]:
    return [
        text
        for text in CORPUS
        if original.encode(text, add_special_tokens=False).ids
        != converted(text, add_special_tokens=False)["input_ids"]
    ]


@pytest.mark.parametrize("name", BYTE_KINDS)
def test_byte_level_tokens_are_the_makers(name: str, tmp_path: Path) -> None:
    original = BYTE_KINDS[name].make()
    converted = read_back(write_tokenizer(tmp_path / "base.gguf", original, pre=name))
    assert differing(original, converted) == []
    for text in CORPUS:
        ids = converted(text, add_special_tokens=False)["input_ids"]
        if text != DECOMPOSED:
            assert converted.decode(ids) == text


@pytest.mark.parametrize("runs", [False, True], ids=["plain", "runs"])
@pytest.mark.parametrize("prefixed", [False, True], ids=["bare", "prefixed"])
def test_sentence_pieces_are_the_makers(prefixed: bool, runs: bool, tmp_path: Path) -> None:
    """Llama 2 and Mistral put a space before the first word, Gemma does not; bytes for both."""
    original = make_pieces(prefixed=prefixed, runs=runs)
    path = write_tokenizer(tmp_path / "base.gguf", original, pieces=True, add_space_prefix=prefixed)
    converted = read_back(path)
    assert differing(original, converted) == []
    # Where both come together (in no known base), the space after a run cannot be told apart.
    korean = "안녕하세요 ㅋㅋ 🙂 日本 x y" if prefixed and runs else "안녕하세요 ㅋㅋ 🙂 日本 x  y"
    assert converted.decode(converted(korean)["input_ids"], skip_special_tokens=True) == korean


def test_these_tokenizers_differ_from_each_other() -> None:
    """Else the tests above would pass with any of them."""
    made = {name: kind.make() for name, kind in BYTE_KINDS.items()}
    cuts = {
        name: tuple(
            piece for text in CORPUS for piece, _ in each.pre_tokenizer.pre_tokenize_str(text)
        )
        for name, each in made.items()
    }
    assert len(set(cuts.values())) == len(cuts)


@pytest.mark.parametrize(
    ("flags", "begins", "ends"),
    [
        ({}, True, False),
        ({"add_bos_token": False}, False, False),
        ({"add_bos_token": True, "add_eos_token": True}, True, True),
        ({"add_bos_token": False, "add_eos_token": True}, False, True),
    ],
)
def test_ends_are_added_as_the_file_says(
    flags: dict[str, bool], begins: bool, ends: bool, tmp_path: Path
) -> None:
    for pieces, original in ((True, make_pieces(prefixed=True, runs=False)),
                             (False, BYTE_KINDS["llama-bpe"].make())):  # fmt: skip
        path = write_tokenizer(
            tmp_path / f"{pieces}.gguf", original, pieces=pieces,
            pre="" if pieces else "llama-bpe", **flags,
        )  # fmt: skip
        converted = read_back(path)
        plain = converted("안녕", add_special_tokens=False)["input_ids"]
        assert converted("안녕")["input_ids"] == [1] * begins + plain + [2] * ends


def test_other_bases_begin_with_nothing_unless_told(tmp_path: Path) -> None:
    original = BYTE_KINDS["qwen2"].make()
    converted = read_back(write_tokenizer(tmp_path / "base.gguf", original, pre="qwen2"))
    both = converted("a")["input_ids"], converted("a", add_special_tokens=False)["input_ids"]
    assert both[0] == both[1]


def test_named_tokens_and_special_ones_are_kept(tmp_path: Path) -> None:
    path = write_tokenizer(
        tmp_path / "base.gguf", make_pieces(prefixed=False, runs=True), pieces=True
    )
    converted = read_back(path)
    assert (converted.bos_token_id, converted.eos_token_id, converted.unk_token_id) == (1, 2, 0)
    ids = converted("a</s>\n\nb", add_special_tokens=False)["input_ids"]
    assert ids.count(2) == 1 and "</s>" not in converted.decode(ids, skip_special_tokens=True)
    assert "\n\n" in converted.decode(ids, skip_special_tokens=True)


def test_no_way_to_cut_text_has_two_meanings() -> None:
    names = [name for split in SPLITS for name in split.names]
    assert len(names) == len(set(names))
    for name in names:
        steps = split_named(name).steps()
        cut = steps.pre_tokenize_str("한국어 it's 12345!\n")
        assert cut[0][1][0] == 0 and len(cut) > 3


def test_an_unknown_way_to_cut_text_is_refused_by_name(tmp_path: Path) -> None:
    path = write_tokenizer(tmp_path / "base.gguf", BYTE_KINDS["gpt-2"].make(), pre="kimi-k2")
    with pytest.raises(BaseUnsupported, match="kimi-k2"), GgufFile(path) as file:
        tokenizer_of(file)


def test_another_kind_of_tokenizer_is_refused_by_name(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "base.gguf", "llama")
    writer.add_tokenizer_model("t5")
    writer.add_token_list(["a"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(BaseUnsupported, match="t5"), GgufFile(tmp_path / "base.gguf") as file:
        tokenizer_of(file)


@pytest.mark.parametrize(
    "key",
    ["tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type"],
)
def test_a_vocabulary_that_is_not_whole_is_told(key: str, tmp_path: Path) -> None:
    original = make_pieces(prefixed=True, runs=False)
    with GgufFile(write_tokenizer(tmp_path / "base.gguf", original, pieces=True)) as file:
        file.fields[key] = file.fields[key][:-1] if "tokens" not in key else []
        with pytest.raises(BaseDamaged, match="vocabulary"):
            tokenizer_of(file)


def test_a_merge_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    original = BYTE_KINDS["gpt-2"].make()
    with GgufFile(write_tokenizer(tmp_path / "base.gguf", original, pre="gpt-2")) as file:
        file.fields["tokenizer.ggml.merges"].append("zzz qqq")
        with pytest.raises(BaseDamaged, match="zzz qqq"):
            tokenizer_of(file)
