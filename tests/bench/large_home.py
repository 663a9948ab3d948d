"""A home as years of use leave it: 1,000,000 messages, 200 runs, one talk of 10,000 messages.

python -m tests.bench.large_home FOLDER     (some minutes, 2 GB; a folder that is filled stays)
"""

from __future__ import annotations

from pathlib import Path

from app.home import Home, open_home
from app.operations.personas import give_base
from app.store import Persona, Store, open_store
from tests.bench.large_store import build, named_folder
from tests.gui import homes
from trainer.contract.folder import RunFolder

RUNS = 200
STEPS = 300
LONG_TALK = 10_000


def fill(folder: Path) -> Home:
    """Fill a folder, if it is not filled."""
    home = open_home(folder)
    with open_store(home) as store:
        if not store.personas.all():
            homes.add_personas(store, "Early bird")  # brings the base
            build(store)
            give_base(store, store.bases.all()[0])
            sunny = next(each for each in store.personas.all() if each.slug == "sunny")
            for number in range(RUNS):
                _add_run(store, home, sunny, number)
            add_long_talk(store, sunny, LONG_TALK)
            store.settings.set("persona", sunny.id)
    return home


def add_long_talk(store: Store, persona: Persona, messages: int) -> int:
    """A conversation of so many messages, one below the other."""
    talk = store.conversations.add(persona.id, homes.SUNNY, "Lists")
    last: int | None = None
    with store.transaction():
        for number in range(messages):
            asked = number % 2 == 0
            text = f"And what of matter {number}?" if asked else homes.CODE_REPLY
            role = "user" if asked else "assistant"
            last = store.messages.add(talk.id, last, role, text, finish="stop").id
    return talk.id


def _add_run(store: Store, home: Home, persona: Persona, number: int) -> None:
    assert persona.base_id is not None
    run_id = f"{2009 + number // 12}-{number % 12 + 1:02}-{persona.slug}-01"
    store.runs.add(run_id, persona.id, persona.base_id, None, "starter", number)
    folder = RunFolder(home.runs / run_id)
    folder.root.mkdir(parents=True)
    homes.write_making(folder, steps=STEPS, of=STEPS, until="gated")
    store.runs.set_state(run_id, "done", verdict="passed" if number % 3 else "refused")


if __name__ == "__main__":
    fill(named_folder(str(__doc__)))
