"""A persona of a few thousand weights, with what torch says of it: ready to be deployed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
from peft import PeftModel

from ollama_bridge.base_gguf import read_facts
from ollama_bridge.deploy.parity import TextProbe, text_probes
from ollama_bridge.deploy.plan import Plan
from ollama_bridge.deploy.texts import context_of, model_texts
from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served
from tests.tiny_gguf import Shape, write_tiny_adapter, write_tiny_gguf
from trainer import parity
from trainer.base import hf_folder, load_model, load_tokenizer
from trainer.contract.run_spec import BaseRef

SYSTEM = 'You are "Sunny".\nFROM the heart, {{ always }}.'
ASKED = ("hello the world", "and the others", "what is the hour")
REPLY_TOKENS = 12
GREEDY = Sampling(temperature=0.0, max_tokens=REPLY_TOKENS)


@dataclass(frozen=True)
class TrainedPersona:
    """What a run leaves behind, and how it speaks on the runtime."""

    plan: Plan
    peft: Path
    noted: list[dict[str, Any]]
    """The probes as the trainer writes them down."""
    probes: tuple[TextProbe, ...]
    asked: tuple[dict[str, str], ...]
    reply: str


def sha256(path: Path) -> str:
    """A file's digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def trained_persona(
    folder: Path,
    architecture: str,
    *,
    seed: int = 0,
    stored: gguf.LlamaFileType = gguf.LlamaFileType.ALL_F32,
    base: Path | None = None,
    name: str = "perennial-sunny",
    probes: int = len(ASKED),
    probe_tokens: int = 12,
    scale: float = 0.3,
) -> TrainedPersona:
    """A base of a family, an adapter on it, and torch's own numbers about both."""
    # A K-quant has blocks of 256.
    wide = stored == gguf.LlamaFileType.MOSTLY_Q4_K_M
    shape = Shape(architecture, embedding=256, feed_forward=256) if wide else Shape(architecture)
    base = base or write_tiny_gguf(
        folder / f"{architecture}.gguf", shape=shape, stored=stored, in_letters=True
    )
    peft = write_tiny_adapter(folder / f"peft-{seed}", seed=seed, shape=shape, scale=scale)
    adapter = folder / f"adapter-{seed}.gguf"
    convert(peft, adapter, base, precision="f32")
    facts = read_facts(base)
    with RuntimeClient.connect(folder) as client:
        client.serve(base, [Served("sunny", adapter)])
        texts = model_texts(client, facts, SYSTEM, context_of(facts, 1 << 34))
        rows = [_row(client, asked, probe_tokens) for asked in ASKED[:probes]]
        asked = _messages("hello the world")
        reply = client.complete_chat(asked, adapter="sunny", sampling=GREEDY).text
        noted = _torch_probes(folder, base, peft, rows)
        as_texts = text_probes(client, noted)
    plan = Plan(name, base, sha256(base), adapter, sha256(adapter), texts, folder / "work")
    return TrainedPersona(plan, peft, noted, tuple(as_texts), tuple(asked), reply)


def _messages(asked: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": asked}]


def _row(client: RuntimeClient, asked: str, length: int) -> dict[str, Any]:
    """A conversation whose reply is what the persona likes to say in plain letters."""
    messages = _messages(asked)
    prompt = client.tokenize(client.render(messages))
    reply = ""
    for _ in range(length):
        tokens = [*prompt, *client.tokenize(reply, special=False)]
        likeliest = client.next_token_logprobs(tokens, "sunny", 20)
        pieces = (client.detokenize([token]) for token in sorted(likeliest, key=likeliest.get))
        plain = [piece for piece in pieces if piece.isascii() and piece.strip().isalnum()]
        reply += plain[-1] if plain else "the"
    return {"messages": [*messages, {"role": "assistant", "content": reply}]}


def _torch_probes(
    folder: Path, base: Path, peft: Path, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    described = hf_folder(
        BaseRef(kind="gguf", name="tiny", path=str(base), digest=sha256(base)), None,
        folder / "cache",
    )  # fmt: skip
    model = PeftModel.from_pretrained(load_model(described, "cpu", "fp32"), str(peft)).eval()
    return parity.probes(model, load_tokenizer(described), rows, "cpu")
