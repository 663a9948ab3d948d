"""What a deployment to a real Ollama costs on the starter model, and whether the base is copied."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path

from ollama_bridge.deploy import deployment, strategies
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.parity import Parity
from ollama_bridge.deploy.plan import ModelTexts, Plan
from tests.bench.random_adapters import random_adapter
from tests.integration.ollama_servers import RealOllama
from tests.integration.test_ollama_deployed import NO_JOURNAL
from tests.integration.trained_persona import sha256

LIMIT_S = 3.0
ROUNDS = 5
HELD = Parity(prompts_equal=True, base_difference=0.0, candidate_difference=0.0, tokens=1)
TEXTS = ModelTexts("{{ range .Messages }}{{ .Content }}{{ end }}", "You are Sunny.", {"top_k": 40})


def registered(api: OllamaApi, plan: Plan, base_name: str) -> float:
    """Seconds until the adapter is in Ollama and loaded, by way of the registry."""
    began = time.perf_counter()
    strategies.stage(
        api, plan, base_name, f"{plan.name}:staging", check=lambda: HELD, order=("registry",)
    )
    return time.perf_counter() - began


def test_a_registry_deployment_copies_no_base(starter_gguf: Path, tmp_path: Path) -> None:
    server = RealOllama("0.34.1", tmp_path / "ollama").start()
    base_sha256, seconds = sha256(starter_gguf), []
    try:
        with server.api() as api:
            for seed in range(ROUNDS):
                adapter = random_adapter(starter_gguf, tmp_path, seed)
                plan = Plan(
                    "sunny", starter_gguf, base_sha256, adapter, sha256(adapter), TEXTS, tmp_path
                )
                base_name = deployment.ensure_base(api, plan, NO_JOURNAL)
                before = used(server)
                seconds.append(registered(api, replace(plan, name=f"sunny{seed}"), base_name))
                grown = used(server) - before - adapter.stat().st_size
                assert grown < 100_000, "more than adapter and texts was written"
    finally:
        server.kill()
    middle = statistics.median(seconds)
    print(f"registry deployment: {middle:.2f} s ({', '.join(f'{each:.2f}' for each in seconds)})")
    assert middle < LIMIT_S


def used(server: RealOllama) -> int:
    """Bytes of all that the server keeps."""
    return sum(path.stat().st_size for path in (server.models / "blobs").iterdir())
