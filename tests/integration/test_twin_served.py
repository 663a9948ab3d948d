"""The runtime serves a base's twin as the base: the same replies, sooner."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import gguf
import pytest

from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime import twin
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

PROMPT = [{"role": "user", "content": "hello the world"}]
GREEDY = Sampling(temperature=0.0, max_tokens=8)
LONG = Sampling(temperature=1.0, max_tokens=400, seed=7)
REPLY = "the world and the others"
# In nats a token on average: small errors of weights and of states, in a model that is all noise.
NEAR = 0.15
EVERY_TOKEN = 271


@pytest.fixture(autouse=True)
def _faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "_faster_here", lambda: True)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "base.gguf", stored=gguf.LlamaFileType.MOSTLY_Q4_1)


@pytest.fixture
def adapter(tmp_path: Path, base: Path) -> Served:
    convert(write_tiny_adapter(tmp_path / "peft"), tmp_path / "adapter.gguf", base)
    return Served("mine", tmp_path / "adapter.gguf")


def apart(one: dict[int, float], other: dict[int, float]) -> float:
    """How far two lie apart, over every token that could come next."""
    return sum(abs(one[token] - other[token]) for token in one) / len(one)


def likelihoods(client: RuntimeClient, adapter: str | None) -> dict[int, float]:
    tokens = client.tokenize(client.render(PROMPT) + REPLY)
    return client.next_token_logprobs(tokens, adapter, EVERY_TOKEN)


def test_a_twin_speaks_as_its_base_with_and_without_an_adapter(
    tmp_path: Path, base: Path, adapter: Served
) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(base, [adapter])
        before = {name: likelihoods(client, name) for name in (None, "mine")}
        made = twin.ensure_twin(base, twin.folder_in(tmp_path))
        assert made != base
        assert client.serve(base, [adapter]) > 0, "the twin is never taken"
        assert client.serve(base, [adapter]) == 0, "each serve would reload it"
        status = client.status()
        assert status.base == base.resolve()
        assert status.memory_bytes > 0
        for name, plain in before.items():
            served = likelihoods(client, name)
            assert served != plain, "the base itself is still served"
            assert sum(map(math.exp, served.values())) == pytest.approx(1.0, abs=1e-3)
            assert apart(served, plain) < NEAR
        assert apart(before[None], before["mine"]) > 10 * NEAR, "nothing would be noticed"


def test_a_chat_goes_on_while_the_twin_is_made(tmp_path: Path, base: Path) -> None:
    with RuntimeClient.connect(tmp_path) as chat, RuntimeClient.connect(tmp_path) as cycle:
        chat.serve(base, [])
        finish, gaps = None, list[float]()

        def take_it() -> None:
            twin.ensure_twin(base, twin.folder_in(tmp_path))
            gaps.append(cycle.serve(base, []))

        making = threading.Thread(target=take_it)
        for number, delta in enumerate(chat.chat(PROMPT, adapter=None, sampling=LONG)):
            if number == 0:
                making.start()
            finish = delta.finish
        making.join()
        assert finish in ("stop", "length"), "a reply was cut short for the sake of speed"
        assert gaps[0] > 0
        assert chat.complete_chat(PROMPT, adapter=None, sampling=GREEDY).tokens > 0


def test_a_damaged_twin_takes_no_persona_its_voice(
    tmp_path: Path, base: Path, adapter: Served
) -> None:
    made = twin.ensure_twin(base, twin.folder_in(tmp_path))
    made.write_bytes(made.read_bytes()[:-50_000])
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(base, [adapter])
        assert client.complete_chat(PROMPT, adapter="mine", sampling=GREEDY).tokens > 0
        assert not made.exists(), "every start would try it again"
        assert client.serve(base, [adapter]) == 0
