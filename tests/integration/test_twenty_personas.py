"""Twenty personas on one base: each answers as itself, and the eight used last at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served
from tests.integration.test_runtime import eventually
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

PERSONAS = tuple(f"persona-{number}" for number in range(20))
RECENT = 8
GREEDY = Sampling(temperature=0.0, max_tokens=8)
LONG = Sampling(temperature=1.0, max_tokens=600, seed=7)
SYSTEM = "You are a persona with a prompt of some length. " * 4


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base beside twenty adapters, by their names."""
    folder = tmp_path_factory.mktemp("twenty")
    base = write_tiny_gguf(folder / "base.gguf")
    for seed, name in enumerate(PERSONAS):
        convert(write_tiny_adapter(folder / name, seed=seed), folder / f"{name}.gguf", base)
    return base


def served(base: Path, names: tuple[str, ...] = PERSONAS) -> list[Served]:
    return [Served(name, base.with_name(f"{name}.gguf")) for name in names]


def asked(question: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]


def evaluated(client: RuntimeClient, name: str, question: str) -> int:
    """How many tokens of the prompt had to be evaluated for a reply."""
    *_, last = client.chat(asked(question), adapter=name, sampling=GREEDY)
    assert last.timings is not None
    return last.timings.prompt_tokens


def test_each_of_twenty_answers_as_itself_and_the_last_eight_at_once(
    tmp_path: Path, base: Path
) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(base, served(base))
        status = client.status()
        assert (status.slots, len(status.adapters)) == (RECENT, len(PERSONAS))
        assert status.adapters_bytes == sum(path.stat().st_size for path in status.adapters)
        assert status.cache_bytes > 0 and status.served_by
        together = {
            name: client.complete_chat(asked("Hello."), adapter=name, sampling=GREEDY).text
            for name in PERSONAS
        }
        assert len(set(together.values())) == len(PERSONAS), "two personas gave the same reply"
        whole = len(client.tokenize(client.render(asked("Hello."))))
        recent = [evaluated(client, name, "Bye.") for name in PERSONAS[-RECENT:]]
        assert max(recent) < whole // 4, "a persona used just now was evaluated anew"
        assert evaluated(client, PERSONAS[0], "Bye.") > whole // 2
        # It took the place of the one used longest ago, and of that one alone.
        again = [evaluated(client, name, "Well.") for name in PERSONAS[1 - RECENT :]]
        assert max(again) < whole // 4
    with RuntimeClient.connect(tmp_path / "alone") as client:
        for name in (PERSONAS[0], PERSONAS[-1]):
            client.serve(base, served(base, (name,)))
            alone = client.complete_chat(asked("Hello."), adapter=name, sampling=GREEDY)
            assert alone.text == together[name], "the others changed what a persona says"


def test_what_is_said_while_a_persona_joins_is_answered_afterwards(
    tmp_path: Path, base: Path
) -> None:
    first, joining = PERSONAS[:5], PERSONAS[:6]
    with RuntimeClient.connect(tmp_path) as chat, RuntimeClient.connect(tmp_path) as cycle:
        chat.serve(base, served(base, first))
        before = {
            name: chat.complete_chat(asked("Hello."), adapter=name, sampling=GREEDY).text
            for name in first
        }
        after: dict[str, str] = {}
        gaps: list[float] = []

        def say(name: str) -> None:
            said = chat.complete_chat(asked("Hello."), adapter=name, sampling=GREEDY)
            after[name] = said.text

        threads = [threading.Thread(target=say, args=(name,)) for name in first]
        join = threading.Thread(
            target=lambda: gaps.append(cycle.serve(base, served(base, joining)))
        )
        finish = None
        for number, delta in enumerate(
            chat.chat(asked("A tale."), adapter=first[0], sampling=LONG)
        ):
            if number == 0:
                join.start()
                assert eventually(lambda: chat.status().changing)
                for thread in threads:
                    thread.start()
            finish = delta.finish
        for thread in (join, *threads):
            thread.join()
        assert finish in ("stop", "length"), "the reply in progress was cut short"
        assert after == before, "a message was lost, or answered by another persona"
        assert gaps[0] > 0
        assert not chat.status().changing and len(chat.status().adapters) == len(joining)
