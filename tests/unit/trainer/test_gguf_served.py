"""What is trained is what llama.cpp serves: the same tokens, the same likelihoods."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from ollama_bridge.gguf_adapter import convert  # noqa: E402
from ollama_bridge.runtime.client import RuntimeClient  # noqa: E402
from ollama_bridge.runtime.protocol import read_runtime_file  # noqa: E402
from ollama_bridge.runtime.values import Served  # noqa: E402
from tests.tiny_gguf import TEMPLATE  # noqa: E402
from tests.unit.trainer.test_gguf_types import write_as  # noqa: E402
from tests.unit.trainer.tiny_families import FAMILIES, write_family  # noqa: E402
from tests.unit.trainer.tiny_run import TINY_RECIPE  # noqa: E402
from tests.unit.trainer.tiny_tokenizers import (  # noqa: E402
    BYTE_KINDS,
    CORPUS,
    DECOMPOSED,
    make_pieces,
    write_tokenizer,
)
from trainer import base, gguf_base  # noqa: E402
from trainer.batches import spans  # noqa: E402
from trainer.gguf_file import GgufFile  # noqa: E402
from trainer.gguf_splits import SPLITS  # noqa: E402
from trainer.gguf_tokenizer import tokenizer_of  # noqa: E402
from trainer.turn_tokens import as_served, prompt_tokens, tokens_of  # noqa: E402

TOKENS = [i * 7 % 250 + 3 for i in range(40)]
# llama.cpp keeps keys and values in 16 bits.
NEAR = 0.02


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeClient]:
    home = tmp_path_factory.mktemp("home")
    with RuntimeClient.connect(home) as client:
        yield client
    deadline = time.monotonic() + 60
    while read_runtime_file(home) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert read_runtime_file(home) is None, "the runtime stayed behind"


@pytest.mark.parametrize("name", ["llama 3.1", "qwen2 yarn", "qwen3", "gemma", "gemma2", "gemma3"])
def test_a_base_is_as_likely_to_say_what_it_says_when_served(
    name: str, runtime: RuntimeClient, tmp_path: Path
) -> None:
    """Windows, caps, offsets and stretched positions: llama.cpp is the judge of its own form."""
    family = FAMILIES[name]
    path = write_family(tmp_path / "base.gguf", family, family.model())
    gguf_base.convert(path, tmp_path / "hf")
    likely = likelihoods(tmp_path / "hf")
    runtime.serve(path, [])
    served = runtime.next_token_logprobs(TOKENS, None, 20)
    assert len(served) == 20
    for token, value in served.items():
        assert float(likely[token]) == pytest.approx(value, abs=NEAR)


@pytest.mark.parametrize("name", ["llama 3.1", "mistral", "qwen2", "qwen3", "gemma", "gemma3"])
def test_an_adapter_says_served_what_it_learned_to_say(
    name: str, runtime: RuntimeClient, tmp_path: Path
) -> None:
    """A persona is nothing but its adapter; each family keeps other rows in another order."""
    family = FAMILIES[name]
    path = write_family(tmp_path / "base.gguf", family, family.model())
    gguf_base.convert(path, tmp_path / "hf")
    bare = likelihoods(tmp_path / "hf")
    model = base.wear_adapter(base.load_model(tmp_path / "hf", "cpu", "fp32"), TINY_RECIPE, None)
    torch.manual_seed(5)
    with torch.no_grad():
        for weight_name, weight in model.named_parameters():
            if "lora_B" in weight_name:
                weight.copy_(torch.randn_like(weight) * 0.1)
        out = model.eval()(input_ids=torch.tensor([TOKENS]), use_cache=False)
    likely = out.logits[0, -1].log_softmax(-1)
    assert (likely - bare).abs().max() > 10 * NEAR
    model.save_pretrained(tmp_path / "peft")
    convert(tmp_path / "peft", tmp_path / "adapter.gguf", path, precision="f32")
    runtime.serve(path, [Served("it", tmp_path / "adapter.gguf")])
    for token, value in runtime.next_token_logprobs(TOKENS, "it", 20).items():
        assert float(likely[token]) == pytest.approx(value, abs=2 * NEAR)


@pytest.mark.parametrize("name", ["Q5_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"])
def test_the_same_numbers_are_read_as_served(
    name: str, runtime: RuntimeClient, tmp_path: Path
) -> None:
    """llama.cpp takes what it multiplies in 8 bits, so the two agree to a hundredth or so."""
    path, _ = write_as(tmp_path / "base.gguf", name)
    gguf_base.convert(path, tmp_path / "hf")
    likely = likelihoods(tmp_path / "hf")
    runtime.serve(path, [])
    near = 0.02 * float(likely.max() - likely.min())
    for token, value in runtime.next_token_logprobs(TOKENS, None, 20).items():
        assert float(likely[token]) == pytest.approx(value, abs=near)


def likelihoods(folder: Path) -> Any:
    """Of each token after TOKENS."""
    model = base.load_model(folder, "cpu", "fp32")
    with torch.no_grad():
        out = model(input_ids=torch.tensor([TOKENS]), use_cache=False)
    return out.logits[0, -1].log_softmax(-1)


@pytest.mark.parametrize("prefixed", [False, True], ids=["bare", "prefixed"])
def test_sentence_pieces_are_as_served(
    prefixed: bool, runtime: RuntimeClient, tmp_path: Path
) -> None:
    original = make_pieces(prefixed=prefixed, runs=True)
    path = write_tokenizer(tmp_path / "a.gguf", original, pieces=True, add_space_prefix=prefixed)
    assert not_as_served(path, runtime) == []


@pytest.mark.parametrize("prefixed", [False, True], ids=["bare", "prefixed"])
def test_turns_go_on_as_served(prefixed: bool, runtime: RuntimeClient, tmp_path: Path) -> None:
    """A conversation is trained turn by turn and served as one text."""
    original = make_pieces(prefixed=prefixed, runs=True)
    path = write_tokenizer(tmp_path / "a.gguf", original, pieces=True, add_space_prefix=prefixed)
    gguf_base.convert(path, tmp_path / "hf")
    tokenizer = base.load_tokenizer(tmp_path / "hf")
    runtime.serve(path, [])
    for text in (text for text in CORPUS if text.strip() and not text.startswith("\n")):
        pieces = ["[INST] 안녕 [/INST]", f" {text}</s>", "[INST] 그래 [/INST]", f" {text}</s>"]
        tokens = [token for ids in tokens_of(tokenizer, pieces) for token in ids]
        assert tokens == runtime.tokenize("".join(pieces)), text


@pytest.mark.parametrize("written", [True, False], ids=["by the template", "by nobody"])
@pytest.mark.parametrize("begins", [True, False], ids=["begun", "bare"])
def test_a_prompt_begins_as_served(
    begins: bool, written: bool, runtime: RuntimeClient, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Once, whether the template writes the first token, the tokenizer adds it, or both do."""
    template = ("{{ bos_token }}" if written else "") + TEMPLATE
    monkeypatch.setattr("tests.unit.trainer.tiny_tokenizers.TEMPLATE", template)
    original = make_pieces(prefixed=False, runs=False)
    path = write_tokenizer(tmp_path / "a.gguf", original, pieces=True, add_bos_token=begins)
    gguf_base.convert(path, tmp_path / "hf")
    tokenizer = base.load_tokenizer(tmp_path / "hf")
    messages = [{"role": "system", "content": "짧게."}, {"role": "user", "content": "안녕?"}]
    said = [*messages, {"role": "assistant", "content": "네."}]
    prompt = spans(tokenizer, said)[0].text
    runtime.serve(path, [])
    assert runtime.render(messages) == as_served(tokenizer, prompt)
    assert runtime.tokenize(runtime.render(messages)) == prompt_tokens(tokenizer, prompt)


@pytest.mark.parametrize("name", [split.names[0] for split in SPLITS])
def test_each_way_to_cut_text_is_as_served(
    name: str, runtime: RuntimeClient, tmp_path: Path
) -> None:
    original = BYTE_KINDS.get(name, BYTE_KINDS["gpt-2"]).make()
    path = write_tokenizer(tmp_path / "a.gguf", original, pre=name)
    # Bases that compose letters were made on composed ones; llama.cpp leaves that out.
    composes = next(split.composes for split in SPLITS if name in split.names)
    assert not_as_served(path, runtime) == ([DECOMPOSED] if composes else [])


def not_as_served(path: Path, runtime: RuntimeClient) -> list[str]:
    with GgufFile(path) as file:
        converted = tokenizer_of(file)
    runtime.serve(path, [])
    return [
        text for text in CORPUS if text and converted.encode(text).ids != runtime.tokenize(text)
    ]
