"""How long looking at 100,000 replies takes: `python -m tests.bench.bench_flags [REPLIES]`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import resources
from app.home import open_home
from app.operations import reviewing
from app.operations.examining import examine
from app.store import Store, open_store

REPLIES = 100_000
LIMIT_S = 90.0
APPROVED = 200
SEED = 11

Exchange = tuple[str, str]


def _exchanges() -> list[list[Exchange]]:
    """The exchanges of the sets that come with the app, set by set."""
    sets: list[list[Exchange]] = []
    for file in sorted((Path(resources.__file__).parent / "replay").glob("*.jsonl")):
        found: list[Exchange] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            messages = json.loads(line)["messages"]
            for asked, said in pairwise(messages):
                if (asked["role"], said["role"]) == ("user", "assistant"):
                    found.append((asked["content"], said["content"]))
        sets.append(found)
    return sets


def _varied(random: Random, count: int) -> Iterator[Exchange]:
    """As many exchanges, each of a question and paragraphs of its set, so that few are the same."""
    for number, exchanges in enumerate(random.choices(_exchanges(), k=count)):
        question, reply = random.choice(exchanges)
        others = [random.choice(random.choice(exchanges)[1].split("\n\n")) for _ in range(3)]
        yield f"{question} ({number})", "\n\n".join([reply.split("\n\n")[0], *others])


def _fill(store: Store, persona_id: int, count: int) -> float:
    """A store with so many replies, a few of them approved; characters a reply."""
    random = Random(SEED)
    characters = 0
    talk = store.conversations.add(persona_id, "")
    with store.transaction():
        for number, (question, reply) in enumerate(_varied(random, count)):
            if number % 20 == 0:
                talk = store.conversations.add(persona_id, "")
            asked = store.messages.add(talk.id, None, "user", question)
            said = store.messages.add(talk.id, asked.id, "assistant", reply, finish="stop")
            characters += len(reply)
            if number < APPROVED:
                store.ratings.rate(said.id, "up")
    return characters / count


def main() -> int:
    """Print the times; 1 when the wall time is over the limit of so many replies."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else REPLIES
    limit_s = LIMIT_S * count / REPLIES
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder) / "home")
        with open_store(home) as store:
            persona = store.personas.add("Sunny", languages=("en", "ko"))
            length = _fill(store, persona.id, count)
            began, began_cpu = time.perf_counter(), time.process_time()
            done = examine(home, store, persona.id)
            wall_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
            flags = reviewing.counts(store, persona.id).flags
    print(f"looking at {done.looked} replies of {length:.0f} characters: {wall_s:.1f} s", end=" ")
    print(f"(limit {limit_s:.0f} s), {cpu_s:.1f} s of processor time")
    print("flags:", ", ".join(f"{name} {number}" for name, number in flags.items() if number))
    return int(wall_s > limit_s or done.left > 0)


if __name__ == "__main__":
    raise SystemExit(main())
