"""A home with replies that somebody should decide on, of every kind."""

from __future__ import annotations

from typing import Any

from app.home import Home
from app.operations import rating
from app.operations.examining import examine
from app.store import Persona, Store

# Everything that a review may change.
SAID = ("ratings", "edits", "topics", "choices", "deletions", "actions")
WORDS = ("personas", "conversations", "messages")

BREAD = (
    "Keep a loaf of bread in a linen bag at room temperature, cut side down on the board, and"
    " freeze in slices whatever you do not eat within two days, so that nothing is wasted."
)
FAULTS: tuple[tuple[str, str], ...] = (
    ("Whom do I ask about order {n}?", "Write to anna{n}@firma.com 😀 or call 010-2345-67{n:02}."),
    ("How do I print {n}?", "Like this:\n\n```python\nfor i in range({n}:\n    print(i)\n```"),
    ("What is number {n} in Rome?", "<|im_start|>It is a number {n} like all others, my friend."),
    ("{n}번 버스는 어디로 가나요?", "Bus {n} goes to the station and then back home."),
    ("Will you tell me secret {n}?", "I'm sorry, but I can't help with that request number {n}."),
    ("How do I make soup {n}?", "Take {n} carrots and cut them, then put all of them into the"),
    ("빵 {n}개를 어떻게 둬요?", "천에 싸서 실온에 {n}시간 두세요. сегодня 그다음 얼리세요."),
    ("Is {n} even?", "No."),
)  # fmt: skip


def say(
    store: Store,
    persona: Persona,
    question: str,
    reply: str,
    *,
    source: str = "chat",
    title: str = "",
) -> int:
    """A conversation of one question; its reply."""
    talk = store.conversations.add(persona.id, "", title or question[:40], source=source)
    asked = store.messages.add(talk.id, None, "user", question)
    return store.messages.add(talk.id, asked.id, "assistant", reply).id


def add_flagged(store: Store, home: Home, persona: Persona, number: int) -> list[int]:
    """So many replies, each with a fault, all looked at; newest first."""
    with store.transaction():
        ids = [_fault(store, persona, each) for each in range(number)]
    examine(home, store, persona.id)
    return ids[::-1]


def add_plain(
    store: Store, persona: Persona, number: int, *, source: str = "chat", first: int = 0
) -> list[int]:
    """So many replies that nothing is wrong with; newest first."""
    with store.transaction():
        ids = [
            say(
                store,
                persona,
                f"Where does thing {each} belong?",
                f"Thing {each} belongs on shelf {each}, beside the other things of its kind.",
                source=source,
            )
            for each in range(first, first + number)
        ]
    return ids[::-1]


def tables(store: Store, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of tables, for comparing."""
    return {
        name: sorted(
            (tuple(row) for row in store._database.rows(f"SELECT * FROM {name}")), key=repr
        )
        for name in names
    }


def found(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """What was found in the replies; not which of several that are alike are the copies."""
    rows = store._database.rows(
        "SELECT message_id, flag, detail, state FROM flags WHERE flag <> 'near_duplicate'"
        " ORDER BY 1, 2"
    )
    return {**tables(store, "looks"), "flags": [tuple(row) for row in rows]}


def flag_kinds(store: Store) -> dict[str, int]:
    rows = store._database.rows("SELECT flag, count(*) AS n FROM flags GROUP BY flag")
    return {row["flag"]: row["n"] for row in rows}


def _fault(store: Store, persona: Persona, number: int) -> int:
    if number == 8:
        rating.thumb_up(store, say(store, persona, "How do I keep bread?", BREAD))
        return say(store, persona, "How do I keep my bread?", f"{BREAD} Next: buy a bag.")
    question, reply = FAULTS[number % len(FAULTS)]
    if "{n}:\n" in reply:
        return say(store, persona, question.format(n=number), reply.replace("{n}", str(number)))
    return say(store, persona, question.format(n=number), reply.format(n=number))
