"""A Hugging Face folder becomes one file that is trained on and served: the same model, or a
persona learns on one and speaks through another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from transformers import PreTrainedTokenizerFast  # noqa: E402

from ollama_bridge.errors import FolderUnusable  # noqa: E402
from ollama_bridge.hf_gguf import FolderBase, Storage  # noqa: E402
from ollama_bridge.runtime.client import RuntimeClient  # noqa: E402
from tests.tiny_gguf import TEMPLATE  # noqa: E402
from tests.unit.trainer.test_gguf_served import TOKENS, likelihoods, runtime  # noqa: E402, F401
from tests.unit.trainer.tiny_families import FAMILIES, TinyFamily  # noqa: E402
from tests.unit.trainer.tiny_tokenizers import (  # noqa: E402
    BYTE_KINDS,
    CORPUS,
    DECOMPOSED,
    make_pieces,
)
from trainer import base, gguf_base  # noqa: E402
from trainer.batches import spans  # noqa: E402
from trainer.turn_tokens import tokens_of  # noqa: E402

# Windows are served in Gemma alone.
WRITTEN = [name for name in FAMILIES if name != "mistral windowed"]


def write_folder(
    folder: Path, family: TinyFamily, model: Any, tokenizer: Any = None, **settings: Any
) -> Path:
    """The model and a tokenizer as transformers saves them."""
    made = tokenizer or make_pieces(prefixed=False, runs=True)
    model.resize_token_embeddings(made.get_vocab_size())
    model.save_pretrained(folder)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>", **settings
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return folder


def written(folder: Path, storage: Storage = "as_is") -> Path:
    out = folder.with_suffix(".gguf")
    FolderBase(folder, storage).write(out)
    return out


def as_trained(gguf: Path) -> Path:
    folder = gguf.with_name("converted")
    gguf_base.convert(gguf, folder)
    return folder


@pytest.mark.parametrize("name", WRITTEN)
def test_a_folder_is_the_same_model_in_its_file(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    model = family.model()
    gguf = written(write_folder(tmp_path / "base", family, model))
    with torch.no_grad():
        wanted = model(input_ids=torch.tensor([TOKENS])).logits[0, -1].log_softmax(-1)
    assert torch.allclose(likelihoods(as_trained(gguf)), wanted, atol=2e-3)


@pytest.mark.parametrize("name", ["llama 3.1", "mistral", "qwen2 yarn", "qwen3", "gemma", "gemma3"])
def test_the_file_is_served_as_the_folder_computes(
    name: str,
    runtime: RuntimeClient,  # noqa: F811
    tmp_path: Path,
) -> None:
    model = FAMILIES[name].model()
    gguf = written(write_folder(tmp_path / "base", FAMILIES[name], model))
    with torch.no_grad():
        likely = model(input_ids=torch.tensor([TOKENS])).logits[0, -1].log_softmax(-1)
    runtime.serve(gguf, [])
    for token, value in runtime.next_token_logprobs(TOKENS, None, 20).items():
        assert float(likely[token]) == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize("kind", ["bf16", "f16", "q8_0"])
def test_weights_keep_their_16_bits_or_take_8(kind: str, tmp_path: Path) -> None:
    """Half of the memory is a choice, and never more is lost than was chosen."""
    family = FAMILIES["llama"]
    model = family.model().to(torch.float16 if kind == "f16" else torch.bfloat16)
    folder = write_folder(tmp_path / "base", family, model)
    gguf = written(folder, "q8_0" if kind == "q8_0" else "as_is")
    got = base.load_model(as_trained(gguf), "cpu", "fp32").state_dict()
    near = 0.02 if kind == "q8_0" else 0.0
    for name, weight in model.state_dict().items():
        assert torch.allclose(got[name], weight.float(), atol=near), name
    whole = FolderBase(folder).size_bytes
    assert kind != "q8_0" or gguf.stat().st_size - 60_000 < 0.6 * whole


@pytest.mark.parametrize("name", [*BYTE_KINDS, "bare", "prefixed"])
def test_the_tokens_are_the_folders_and_the_served(
    name: str,
    runtime: RuntimeClient,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Korean, English, code and emoji, in training, served, and as the makers cut them."""
    made = (
        BYTE_KINDS[name].make()
        if name in BYTE_KINDS
        else make_pieces(prefixed=name == "prefixed", runs=name == "bare")
    )
    folder = write_folder(tmp_path / "base", FAMILIES["llama"], FAMILIES["llama"].model(), made)
    gguf = written(folder)
    original = PreTrainedTokenizerFast.from_pretrained(folder)
    trained = base.load_tokenizer(as_trained(gguf))
    runtime.serve(gguf, [])
    composes = name == "qwen2"
    for text in filter(None, CORPUS):
        wanted = original(text, add_special_tokens=False)["input_ids"]
        assert trained(text, add_special_tokens=False)["input_ids"] == wanted, text
        if not (composes and text == DECOMPOSED):
            assert runtime.tokenize(text) == trained(text)["input_ids"], text
    messages = [{"role": "user", "content": "안녕"}, {"role": "assistant", "content": "네"}]
    turns = [[turn.text for turn in spans(each, messages)] for each in (original, trained)]
    assert turns[0] == turns[1]
    assert tokens_of(original, turns[0]) == tokens_of(trained, turns[1])


@pytest.mark.parametrize(
    ("settings", "begins"), [({}, False), ({"add_bos_token": True}, True)], ids=["bare", "begun"]
)
def test_the_file_begins_a_text_as_the_folder_does(
    settings: dict[str, Any], begins: bool, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "base", FAMILIES["llama"], FAMILIES["llama"].model())
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **settings}), "utf-8")
    ids = base.load_tokenizer(as_trained(written(folder)))("a")["input_ids"]
    assert (ids[0] == 1) == begins


def spoil(folder: Path, how: str) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    weights = folder / "model.safetensors"
    if how == "cut short":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif how == "cut in the header":
        weights.write_bytes(weights.read_bytes()[:300])
    elif how == "no weights":
        weights.unlink()
    elif how == "a part is missing":
        index = {"weight_map": {"model.layers.0.mlp.up_proj.weight": "a", "b": "c"}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    elif how == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    elif how == "no template":
        (folder / "chat_template.jinja").unlink()
    elif how == "another family":
        (folder / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}), "utf-8")
    elif how == "packed":
        packed = {**config, "quantization_config": {"quant_method": "gptq"}}
        (folder / "config.json").write_text(json.dumps(packed), "utf-8")
    elif how == "no sizes":
        del config["hidden_size"]
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
    elif how == "another cut":
        whole = json.loads((folder / "tokenizer.json").read_text("utf-8"))
        whole["model"]["byte_fallback"] = False
        whole["pre_tokenizer"] = {"type": "Whitespace"}
        (folder / "tokenizer.json").write_text(json.dumps(whole), "utf-8")
    else:
        (folder / "config.json").write_text("{", "utf-8")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut short", "cut short"),
        ("cut in the header", "cut short"),
        ("no weights", "no weights"),
        ("a part is missing", "not whole"),
        ("no tokenizer", r"tokenizer\.json"),
        ("no template", "chat template"),
        ("another family", "mamba"),
        ("packed", "packed"),
        ("no sizes", "hidden_size"),
        ("another cut", "cuts text"),
        ("no json", "cannot be read"),
    ],
)
def test_a_folder_that_cannot_be_a_base_says_why(how: str, words: str, tmp_path: Path) -> None:
    """And leaves no half a file."""
    folder = write_folder(tmp_path / "base", FAMILIES["llama"], FAMILIES["llama"].model())
    spoil(folder, how)
    with pytest.raises(FolderUnusable, match=words) as caught:
        written(folder)
    assert caught.value.next_step
    assert [path.name for path in tmp_path.iterdir()] == ["base"]


def test_a_full_disk_leaves_no_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "base", FAMILIES["llama"], FAMILIES["llama"].model())
    made = FolderBase(folder)
    asked: list[tuple[int, int]] = []

    def fail(done: int, total: int) -> None:
        asked.append((done, total))
        if len(asked) == 3:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="space"):
        made.write(tmp_path / "base.gguf", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["base"]
    assert asked[0][1] == made.size_bytes
