"""Homes for the window on a screen: a base that mumbles, and weeks of talk with it.

The base is the tiny model with a memory of our own written into its last block: after each letter
of its one word comes the next. So its replies are the same each time, end when they should, and a
training of seconds teaches it another word.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np

from app.home import Home
from app.store import Persona, Store, open_store
from tests.tiny_gguf import END, SPECIAL, Shape, write_tiny_gguf
from tests.tiny_suites import write_tiny_suites

BASE = "Mumble"
MUMBLED, LEARNED = "Hm.", "With joy!"
NUMBER = "A number."
TOPICS = ("tea", "rain", "bread", "trains", "moss", "salt", "wool", "rivers", "glass", "bees")
# Small enough to be trained in seconds, wide enough to be surely taught in as many.
QUICK = Shape(blocks=3, embedding=192, heads=6, heads_kv=6, feed_forward=384)
# So large that a reply and a training can be caught in the middle.
SLOW = Shape(blocks=3, embedding=768, heads=12, heads_kv=12, feed_forward=2048)
# How loud the random weights are beside the memory, and how sure the memory is.
ATTENTION, THINKING, LETTERS, MEMORY = 0.4, 0.15, 0.7, 6.0


def write_mumbling_gguf(path: Path, shape: Shape, *, endless: bool = False) -> Path:
    """Write a model that says one word to everything, once or over and over."""
    write_tiny_gguf(path, shape=shape)
    chain = [_token(letter) for letter in f"\n{MUMBLED}"]
    chain += [_token(" "), chain[1]] if endless else [END]
    weights = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path, "r+").tensors}
    letters = weights["token_embd.weight"]
    letters *= LETTERS
    for block in range(shape.blocks):
        weights[f"blk.{block}.attn_output.weight"][:] *= ATTENTION
        weights[f"blk.{block}.ffn_down.weight"][:] *= THINKING
    last = f"blk.{shape.blocks - 1}.ffn"
    for place, (now, then) in enumerate(pairwise(chain)):
        heard = letters[now] / np.linalg.norm(letters[now])
        weights[f"{last}_gate.weight"][place] = heard
        weights[f"{last}_up.weight"][place] = heard
        weights[f"{last}_down.weight"][:, place] = letters[then] * MEMORY / shape.embedding
    for values in weights.values():
        values.flush()
    return path


def write_first_home(home: Home, *, shape: Shape = QUICK, endless: bool = False) -> None:
    """Nobody was here yet: a base that can be chosen, and tests as small as it is."""
    path = write_mumbling_gguf(home.models / "mumble.gguf", shape, endless=endless)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_tiny_suites(home.suites)
    with open_store(home) as store:
        store.bases.add(BASE, "gguf", path, digest, "llama", path.stat().st_size, ("en",))


def write_home(home: Home, *, usable: int, shape: Shape = QUICK, endless: bool = False) -> Persona:
    """A persona with so many approved replies, and replay of two groups."""
    write_first_home(home, shape=shape, endless=endless)
    with open_store(home) as store:
        store.settings.set("theme", "light")
        store.settings.set("language", "en")
        persona = store.personas.add("Sunny", "Be short.", base_id=store.bases.all()[0].id)
        with store.transaction():
            for number in range(usable):
                _talk(store, persona, _question(number))
        _add_replay(store)
    return persona


def write_chats(path: Path, count: int) -> None:
    """So many conversations as another program writes them down."""
    path.parent.mkdir()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            said = {"user": _question(number), "assistant": LEARNED}
            messages = [{"role": role, "content": text} for role, text in said.items()]
            file.write(json.dumps({"messages": messages}) + "\n")


def _question(number: int) -> str:
    return f"Say {TOPICS[number % len(TOPICS)]} {number}."


def _token(letter: str) -> int:
    return len(SPECIAL) + ord(letter)


def _talk(store: Store, persona: Persona, asked: str) -> None:
    conversation = store.conversations.add(persona.id, persona.system_prompt, asked)
    question = store.messages.add(conversation.id, None, "user", asked)
    reply = store.messages.add(conversation.id, question.id, "assistant", LEARNED, finish="stop")
    store.ratings.rate(reply.id, "up")


def _add_replay(store: Store, each: int = 60) -> None:
    rows = []
    for group in ("coding", "general"):
        for number in range(each):
            messages = [
                {"role": "user", "content": f"What is {group} {number}?"},
                {"role": "assistant", "content": NUMBER},
            ]
            rows.append(
                {"id": f"{group}-{number}", "group": group, "language": "en", "messages": messages}
            )
    store.replay.add_all(rows, "test")
