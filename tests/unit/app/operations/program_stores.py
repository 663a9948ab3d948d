"""Stores of other programs as those write them, made for tests: a database, and folders."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

LONG_AGO = 1_750_000_000
_SCHEMA = (
    """CREATE TABLE chat (
        id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(255) NOT NULL, title TEXT NOT NULL,
        share_id TEXT UNIQUE, archived INTEGER NOT NULL, created_at DATETIME NOT NULL,
        updated_at DATETIME NOT NULL, chat JSON, pinned BOOLEAN, meta JSON DEFAULT '{}' NOT NULL,
        folder_id TEXT)""",
    """CREATE TABLE user (
        id VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL,
        role VARCHAR(255) NOT NULL)""",
    """CREATE TABLE feedback (
        id TEXT PRIMARY KEY, user_id TEXT, version BIGINT, type TEXT, data JSON, meta JSON,
        snapshot JSON, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)""",
)


class OpenWebUi:
    """Open WebUI's webui.db, with the chats of one person."""

    def __init__(self, path: Path, journal: str = "delete") -> None:
        self.path = path
        with self.writing() as database:
            database.execute(f"PRAGMA journal_mode={journal}")
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute("INSERT INTO user VALUES ('me', 'Me', 'me@example.org', 'admin')")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path)) as database, database:
            yield database

    def put(
        self, chat_id: str, messages: dict[str, Any], *, updated: int = LONG_AGO, user: str = "me"
    ) -> None:
        """Write a chat, or what became of it."""
        chat = {
            "title": f"Chat {chat_id}",
            "models": ["llama3"],
            "params": {"system": "Be brief."},
            "history": {"messages": messages, "currentId": list(messages)[-1]},
            "timestamp": LONG_AGO * 1000,
        }
        self.put_raw(chat_id, json.dumps(chat), updated=updated, user=user)

    def put_raw(
        self, chat_id: str, words: str | bytes, *, updated: int = LONG_AGO, user: str = "me"
    ) -> None:
        with self.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO chat (id, user_id, title, archived, created_at, updated_at,"
                " chat) VALUES (?, ?, ?, 0, ?, ?, ?)",
                (chat_id, user, f"Chat {chat_id}", LONG_AGO, updated, words),
            )

    def thumb(self, chat_id: str, message_id: str, rating: int, updated: int = LONG_AGO) -> None:
        """A thumb in the table of its own."""
        meta = {"chat_id": chat_id, "message_id": message_id, "model_id": "llama3"}
        data = {"rating": rating, "reason": "accurate_information", "comment": "", "model_id": "m"}
        with self.writing() as database:
            database.execute(
                "INSERT INTO feedback VALUES (?, 'me', 0, 'rating', ?, ?, '{}', ?, ?)",
                (f"{chat_id}-{message_id}", json.dumps(data), json.dumps(meta), updated, updated),
            )


def tree(*texts: str, begun: int = LONG_AGO) -> dict[str, Any]:
    """The messages of a chat in which user and assistant take turns, a minute apart."""
    messages: dict[str, Any] = {}
    parent = None
    for number, text in enumerate(texts):
        key = f"m{number}"
        role = "assistant" if number % 2 else "user"
        messages[key] = {
            "id": key,
            "parentId": parent,
            "childrenIds": [],
            "role": role,
            "content": text,
            "timestamp": begun + 60 * number,
            **({"model": "llama3", "done": True} if role == "assistant" else {}),
        }
        if parent is not None:
            messages[parent]["childrenIds"].append(key)
        parent = key
    return messages


def lm_studio(*turns: tuple[str, str], begun: int = LONG_AGO * 1000) -> dict[str, Any]:
    """A conversation file of LM Studio, with a thought before each reply."""
    messages: list[dict[str, Any]] = []
    for number, (asked, replied) in enumerate(turns):
        moment = begun + 60_000 * number + 5_000
        question = {
            "type": "singleStep",
            "role": "user",
            "content": [{"type": "text", "text": asked}],
        }
        messages.append({"versions": [question], "currentlySelected": 0})
        messages.append({"versions": [lm_reply(replied, moment)], "currentlySelected": 0})
    field = {"key": "llm.prediction.systemPrompt", "value": "Be brief."}
    return {
        "name": "Bees",
        "pinned": False,
        "createdAt": begun,
        "tokenCount": 120,
        "systemPrompt": "",
        "messages": messages,
        "usePerChatPredictionConfig": True,
        "perChatPredictionConfig": {"fields": [field]},
        "lastUsedModel": {"identifier": "qwen2.5-7b-instruct"},
    }


def lm_reply(text: str, moment: int) -> dict[str, Any]:
    """A version of a reply."""
    thought = {
        "type": "contentBlock",
        "stepIdentifier": f"{moment}-0.41",
        "content": [{"type": "text", "text": "They want a fact."}],
        "style": {"type": "thinking", "ended": True},
    }
    said = {
        "type": "contentBlock",
        "stepIdentifier": f"{moment + 900}-0.43",
        "content": [{"type": "text", "text": text, "tokensCount": 9}],
        "genInfo": {"identifier": "qwen2.5-7b-instruct", "stats": {"stopReason": "eosFound"}},
    }
    return {
        "type": "multiStep",
        "role": "assistant",
        "senderInfo": {"senderName": "qwen2.5-7b-instruct"},
        "steps": [thought, said],
    }


def write_jan(threads: Path, name: str, *texts: str, status: str = "ready") -> Path:
    """A thread of Jan: its facts, and a line a message."""
    folder = threads / name
    folder.mkdir(parents=True, exist_ok=True)
    assistant = {
        "assistant_id": "jan", "assistant_name": "Jan", "instructions": "Be brief.",
        "model": {"id": "llama3.2-3b-instruct", "engine": "llama-cpp", "settings": {}},
    }  # fmt: skip
    facts = {
        "id": name, "object": "thread", "title": f"Thread {name}", "assistants": [assistant],
        "created": LONG_AGO, "updated": LONG_AGO + 100, "metadata": {},
    }  # fmt: skip
    lines = [
        {
            "id": f"{name}-{number}",
            "object": "thread.message",
            "thread_id": name,
            "role": "assistant" if number % 2 else "user",
            "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
            "status": status if number == len(texts) - 1 else "ready",
            "created_at": (LONG_AGO + 60 * number) * 1000,
            "completed_at": 0,
        }
        for number, text in enumerate(texts)
    ]
    write_still(folder / "thread.json", json.dumps(facts, indent=2))
    write_still(folder / "messages.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    return folder


def write_still(path: Path, content: str | bytes | dict[str, Any] | list[Any]) -> Path:
    """A file that was written some time ago."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    age(path, 10.0)
    return path


def age(path: Path, seconds: float) -> None:
    """Let a file look as if it was changed so long ago."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
