"""Clients keep asking while the model server or its supervisor is killed."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from ollama_bridge.errors import BridgeError
from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served
from tests.campaigns.marked import appears, kill, marking, of_kind, settle
from tests.campaigns.tally import Tally
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

ASKERS = 2
PROMPT = [{"role": "user", "content": "hello the world"}]
REPLY = Sampling(temperature=0.0, max_tokens=60)
PAUSE_S = 0.6
# So often the next kill does not wait until the last one is got over.
HASTE = 0.2


@dataclass(frozen=True)
class Span:
    """A time in which something happened: a kill, or a request that failed."""

    began: float
    ended: float
    text: str = ""

    def meets(self, other: Span) -> bool:
        """Whether both went on at the same time."""
        return self.began <= other.ended and other.began <= self.ended


class Asker(threading.Thread):
    """One client that asks without end; every reply must be the same."""

    def __init__(self, home: Path, base: Path, adapter: Path, *, adapted: bool) -> None:
        super().__init__(name="asker", daemon=True)
        self._client = RuntimeClient.connect(home)
        self._client.serve(base, [Served("mine", adapter)])
        self._adapter = "mine" if adapted else None
        self._over = threading.Event()
        self.expected = self._ask()
        self.answered_at = time.monotonic()
        self.refusals: list[Span] = []
        self.others: list[str] = []

    def run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                text = self._ask()
            except BridgeError as error:
                self.refusals.append(Span(began, time.monotonic(), str(error)))
                time.sleep(0.05)
                continue
            if text != self.expected:
                self.others.append(text)
            self.answered_at = began

    def end(self) -> None:
        self._over.set()
        self.join()
        self._client.close()

    def _ask(self) -> str:
        return self._client.complete_chat(PROMPT, adapter=self._adapter, sampling=REPLY).text


def run(home: Path, kills: int, tally: Tally) -> None:
    """Kill so often."""
    chance = random.Random(f"{tally.target}-{tally.seed}")
    home.mkdir(parents=True, exist_ok=True)
    base = write_tiny_gguf(home / "base.gguf")
    adapter = home / "adapter.gguf"
    convert(write_tiny_adapter(home / "peft"), adapter, base)
    with marking(home):
        askers = [Asker(home, base, adapter, adapted=n % 2 == 0) for n in range(ASKERS)]
        for asker in askers:
            asker.start()
        try:
            struck = _kill_all_along(home, kills, chance, tally, askers)
        finally:
            for asker in askers:
                asker.end()
        _judge(tally, askers, struck)
        behind, _ = settle(home, {})
        if behind:
            tally.leave(", ".join(behind))


def _kill_all_along(
    home: Path, kills: int, chance: random.Random, tally: Tally, askers: list[Asker]
) -> list[Span]:
    struck: list[Span] = []
    while tally.kills < kills:
        delay = chance.uniform(0, PAUSE_S)
        victim = chance.choices(("server", "supervisor", "both"), (50, 35, 15))[0]
        patient = chance.random() > HASTE
        time.sleep(delay)
        victims, began = _victims(home, victim), time.monotonic()
        if not [process for process in victims if kill(process)]:
            continue
        moment = time.monotonic()
        struck.append(Span(began, moment))
        tally.killed(f"{victim}, {delay:.3f} s on")
        if not patient and tally.kills < kills:
            tally.resumed += 1  # judged with the kill that follows
            continue
        if not _all_answered_since(moment, askers):
            tally.breach("no reply came any more")
            break
        tally.recovered(time.monotonic() - moment)
        behind, _ = settle(home, {"supervisor": 1, "server": 1})
        if behind:
            tally.leave(", ".join(behind))
    return struck


def _all_answered_since(moment: float, askers: list[Asker]) -> bool:
    return appears(lambda: all(asker.answered_at > moment for asker in askers))


def _victims(home: Path, victim: str) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    if victim != "server":
        found += of_kind(home, "supervisor")
    if victim != "supervisor":
        found += of_kind(home, "server")
    return found


def _judge(tally: Tally, askers: list[Asker], struck: list[Span]) -> None:
    """A kill may cost the request that it fell into, and no other; and no reply its words."""
    for asker in askers:
        unexplained = [
            refusal for refusal in asker.refusals if not any(refusal.meets(span) for span in struck)
        ]
        if unexplained:
            tally.lose(f"{len(unexplained)} requests that no kill fell into: {unexplained[0].text}")
        if asker.others:
            tally.breach(f"{len(asker.others)} replies differ, such as {asker.others[0]!r}")
