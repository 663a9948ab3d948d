"""What was put into an Ollama: enough to undo it exactly, also after a crash in the middle."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.store.database import Database, Row, now, to_json

OllamaState = Literal["begun", "live", "undone", "failed"]


@dataclass(frozen=True)
class OllamaModel:
    """A run's adapter under a name in an Ollama; digests are those of manifests."""

    id: int
    persona_id: int | None
    run_id: str
    address: str
    server_version: str
    name: str
    state: OllamaState
    strategy: str
    before_digest: str | None
    after_digest: str | None
    base_name: str
    base_is_ours: bool
    parity: dict[str, Any]
    """How it compares with the training, and how much of a conversation it sees."""
    reason: str
    created: str
    ended: str | None
    leaving: bool
    """It learned what was forgotten, and goes as soon as its server answers."""


class OllamaModels:
    """The models of every persona."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, persona_id: int, run_id: str, address: str, name: str) -> OllamaModel:
        """Write down what is about to be made, before anything is."""
        model_id = self._database.insert(
            "INSERT INTO ollama_models (persona_id, run_id, address, server_version, name, state,"
            " strategy, base_name, base_is_ours, parity, reason, created)"
            " VALUES (?, ?, ?, '', ?, 'begun', '', '', 0, '{}', '', ?)",
            (persona_id, run_id, address, name, now()),
        )
        return self.get(model_id)

    def about_to_switch(self, model_id: int, before: str | None, after: str) -> None:
        """Write down which manifest the name has and which it is about to have."""
        self._database.change(
            "UPDATE ollama_models SET before_digest = ?, after_digest = ? WHERE id = ?",
            (before, after, model_id),
        )

    def note_base(self, model_id: int, base_name: str, is_ours: bool) -> None:
        """Write down which model of that Ollama is the base, and whether we brought it."""
        self._database.change(
            "UPDATE ollama_models SET base_name = ?, base_is_ours = ? WHERE id = ?",
            (base_name, int(is_ours), model_id),
        )

    def went_live(
        self, model_id: int, version: str, strategy: str, parity: Mapping[str, Any], reason: str
    ) -> OllamaModel:
        """It answers under its name."""
        self._database.change(
            "UPDATE ollama_models SET state = 'live', server_version = ?, strategy = ?,"
            " parity = ?, reason = ? WHERE id = ?",
            (version, strategy, to_json(dict(parity)), reason, model_id),
        )
        return self.get(model_id)

    def end(self, model_id: int, state: Literal["undone", "failed"], reason: str = "") -> None:
        """It answers no more, or never did."""
        self._database.change(
            "UPDATE ollama_models SET state = ?, reason = ?, ended = ? WHERE id = ?",
            (state, reason, now(), model_id),
        )

    def get(self, model_id: int) -> OllamaModel:
        return _model(self._database.row("ollama model", "ollama_models", model_id))

    def all(self) -> list[OllamaModel]:
        """Every model that was ever put into an Ollama, the oldest first."""
        rows = self._database.rows("SELECT * FROM ollama_models ORDER BY id")
        return [_model(row) for row in rows]

    def unsettled(self) -> list[OllamaModel]:
        """Those that are being made now, or were when their process ended; and what is to go."""
        rows = self._database.rows(
            "SELECT * FROM ollama_models WHERE state = 'begun' OR (state = 'live' AND leaving)"
            " ORDER BY id"
        )
        return [_model(row) for row in rows]

    def of_runs(self, runs: Collection[str]) -> list[OllamaModel]:
        """Those that were made by these runs and are in an Ollama, or may be."""
        return [
            each for each in self.all() if each.run_id in runs and each.state in ("begun", "live")
        ]

    def let_go(self, runs: Collection[str]) -> None:
        """What was made by these runs is to go, with all that has the same name."""
        for each in self.of_runs(runs):
            self._database.change(
                "UPDATE ollama_models SET leaving = 1 WHERE state = 'live' AND address = ? AND"
                " name = ?",
                (each.address, each.name),
            )

    def live(self, persona_id: int) -> OllamaModel | None:
        """The persona's newest model that answers in an Ollama."""
        return next(iter(self.all_live(persona_id)), None)

    def all_live(self, persona_id: int, address: str | None = None) -> list[OllamaModel]:
        """The persona's models that were never undone, in one Ollama or all, the newest first."""
        rows = self._database.rows(
            "SELECT * FROM ollama_models WHERE persona_id = ?1 AND state = 'live' AND NOT leaving"
            " AND (?2 IS NULL OR address = ?2) ORDER BY id DESC",
            (persona_id, address),
        )
        return [_model(row) for row in rows]

    def owner_of(self, persona_id: int, digest: str | None) -> OllamaModel | None:
        """The persona's model that has this manifest."""
        rows = self._database.rows(
            "SELECT * FROM ollama_models WHERE persona_id = ? AND after_digest = ?"
            " AND state = 'live' AND NOT leaving ORDER BY id DESC LIMIT 1",
            (persona_id, digest),
        )
        return next((_model(row) for row in rows), None)

    def digests(self) -> frozenset[str]:
        """The manifests that are ours, whatever name they have."""
        rows = self._database.rows(
            "SELECT DISTINCT after_digest FROM ollama_models WHERE after_digest IS NOT NULL"
        )
        return frozenset(str(row["after_digest"]) for row in rows)


def _model(row: Row) -> OllamaModel:
    return OllamaModel(
        **{
            **dict(row),
            "base_is_ours": bool(row["base_is_ours"]),
            "leaving": bool(row["leaving"]),
            "parity": json.loads(row["parity"]),
        }
    )
