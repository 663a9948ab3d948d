"""A family whose adapters are converted wrong is served as a persona that nobody trained: each is
held to what torch computes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import xllamacpp  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402

from ollama_bridge.gguf_adapter import convert  # noqa: E402
from ollama_bridge.hf_gguf import FolderBase  # noqa: E402
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served  # noqa: E402
from ollama_bridge.runtime.protocol import read_runtime_file  # noqa: E402
from ollama_bridge.runtime.server import parameters  # noqa: E402
from ollama_bridge.runtime.sizing import Size  # noqa: E402
from tests.tiny_gguf import Shape, write_tiny_adapter, write_tiny_gguf  # noqa: E402
from tests.unit.trainer.test_folder_bases import write_folder  # noqa: E402
from tests.unit.trainer.tiny_families import FAMILIES  # noqa: E402
from trainer.contract.recipe import SEVEN_PROJECTIONS  # noqa: E402

NAMES = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3")
TOKENS = [i * 7 % 250 + 3 for i in range(40)]
# Before, at and after the windows of Gemma.
PLACES = (1, 2, 7, 25, 40)
# How far log-probabilities may lie apart, over a whole vocabulary whose own span 3 to 15.
EXACT, IN_16_BITS = 1e-3, 1e-2
# As served, keys, values and all of the attention are in 16 bits.
AS_SERVED = 0.03
MOVED = 0.2

GREEDY = Sampling(temperature=0.0, max_tokens=8)

Says = Callable[[Sequence[int], int | None], dict[int, float]]


@dataclass(frozen=True)
class Case:
    """A base, an adapter of it in 32 and in 16 bits, and what torch computes with and without."""

    base: Path
    adapters: tuple[Path, Path]
    bare: Any
    worn: Any


def made(folder: Path, name: str, **settings: Any) -> Case:
    """A tiny model of this family from its folder, as a person would take it in."""
    family = FAMILIES[name]
    model = family.model()
    gemma = family.architecture.startswith("gemma")
    if gemma:
        with torch.no_grad():
            model.model.norm.weight.sub_(0.5)  # its likelihoods span twice those of the others
    base = folder / "base.gguf"
    FolderBase(write_folder(folder / "base", family, model)).write(base)
    if gemma:
        for layer in model.model.layers:
            layer.mlp.act_fn = TabledGelu()
    bare = computed(model)
    torch.manual_seed(5)
    values = {"r": 4, "lora_alpha": 8, **settings}
    worn = get_peft_model(model, LoraConfig(target_modules=list(SEVEN_PROJECTIONS), **values))
    with torch.no_grad():
        for place, weight in worn.named_parameters():
            if "lora_B" in place:
                weight.copy_(torch.randn_like(weight) * 0.2)
    worn.save_pretrained(folder / "peft")
    adapters = folder / "f32.gguf", folder / "f16.gguf"
    convert(folder / "peft", adapters[0], base, precision="f32")
    convert(folder / "peft", adapters[1], base, precision="f16")
    return Case(base, adapters, bare, computed(worn.eval()))


class TabledGelu(torch.nn.Module):  # type: ignore[name-defined, misc]
    """GELU as llama.cpp has it on a processor: looked up in a table of 16-bit numbers."""

    def forward(self, values: Any) -> Any:
        given = values.half().float()
        return torch.nn.functional.gelu(given, approximate="tanh").half().float()


def computed(model: Any) -> Any:
    with torch.no_grad():
        out = model(input_ids=torch.tensor([TOKENS]), use_cache=False)
    return out.logits[0].log_softmax(-1)


def exactly(case: Case) -> Says:
    """The runtime's llama.cpp, but with nothing of the attention in 16 bits."""
    load = {"base": str(case.base), "key": "", "adapters": [str(path) for path in case.adapters]}
    chosen = parameters(load, Size(1, len(TOKENS) + 1))
    chosen.cache_type_k = chosen.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    chosen.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    chosen.n_gpu_layers = 0
    server = xllamacpp.Server(chosen)

    def says(tokens: Sequence[int], adapter: int | None) -> dict[int, float]:
        body = {
            "prompt": list(tokens), "n_predict": 1, "n_probs": 10_000, "temperature": 0.0,
            "logit_bias": [["a", 1_000.0]],
            "lora": [{"id": each, "scale": float(each == adapter)} for each in (0, 1)],
        }  # fmt: skip
        answer = server.handle_completions(body)
        likeliest = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return {each["id"]: each["logprob"] for each in likeliest}

    return says


def off(wanted: Any, said: dict[int, float]) -> float:
    """How far the likelihoods of all tokens lie from torch's, at most."""
    assert len(said) == len(wanted), "some tokens were never compared"
    return max(abs(value - float(wanted[token])) for token, value in said.items())


def apart(wanted: Any, says: Says, adapter: int | None) -> float:
    """The farthest of several places."""
    return max(off(wanted[place - 1], says(TOKENS[:place], adapter)) for place in PLACES)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeClient]:
    home = tmp_path_factory.mktemp("home")
    with RuntimeClient.connect(home) as client:
        yield client
    deadline = time.monotonic() + 60
    while read_runtime_file(home) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert read_runtime_file(home) is None, "the runtime stayed behind"


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return made(tmp_path_factory.mktemp(request.param), request.param)


def test_a_base_and_its_adapter_are_what_torch_computes(case: Case) -> None:
    says = exactly(case)
    assert apart(case.bare, says, None) < EXACT
    assert apart(case.worn, says, 0) < EXACT
    assert apart(case.worn, says, 1) < IN_16_BITS
    for place in PLACES:
        moved = (case.worn - case.bare)[place - 1].abs().max()
        assert moved > MOVED, "an adapter that is left out would not be noticed"


def test_the_runtime_serves_what_torch_computes(case: Case, runtime: RuntimeClient) -> None:
    runtime.serve(case.base, [Served("it", case.adapters[0]), Served("half", case.adapters[1])])
    size = case.bare.shape[1]
    for name, wanted in ((None, case.bare), ("it", case.worn), ("half", case.worn)):
        said = runtime.next_token_logprobs(TOKENS, name, size)
        assert off(wanted[-1], said) < AS_SERVED


def test_rank_stabilised_adapters_are_as_strong_as_in_torch(tmp_path: Path) -> None:
    case = made(tmp_path, "qwen3", r=9, use_rslora=True)
    says = exactly(case)
    assert apart(case.worn, says, 0) < EXACT
    assert apart(case.worn, says, 1) < IN_16_BITS


@pytest.mark.parametrize(
    "shape",
    [
        *(Shape(architecture) for architecture in ("llama", "qwen2", "qwen3", "gemma", "gemma2")),
        Shape("gemma3", head_size=32),
        Shape("qwen3", head_size=32),
    ],
    ids=lambda shape: f"{shape.architecture} {shape.head}",
)
def test_the_tiny_model_of_each_family_speaks(
    shape: Shape, runtime: RuntimeClient, tmp_path: Path
) -> None:
    """What other tests stand on: it speaks, and otherwise with an adapter."""
    base = write_tiny_gguf(
        tmp_path / "base.gguf", shape=shape, template="{{ messages[0].content }}"
    )
    convert(write_tiny_adapter(tmp_path / "peft", shape=shape), tmp_path / "it.gguf", base)
    runtime.serve(base, [Served("it", tmp_path / "it.gguf")])
    asked = [{"role": "user", "content": "hello the world"}]
    assert runtime.render(asked) == "hello the world"
    assert runtime.complete_chat(asked, adapter="it", sampling=GREEDY).tokens > 0
    bare, worn = (runtime.next_token_logprobs(TOKENS, name, 271) for name in (None, "it"))
    assert max(abs(bare[token] - worn[token]) for token in bare) > MOVED
