"""Deployments: what went live, and its exact way back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import StoreError
from app.store.adapters import Adapters
from app.store.database import Database, Row, now, to_json
from app.store.personas import Personas
from app.store.values import Deployment


class Deployments:
    """The one place in which the live adapter of a persona changes."""

    def __init__(self, database: Database, personas: Personas, adapters: Adapters) -> None:
        self._database = database
        self._personas = personas
        self._adapters = adapters

    def put_live(
        self,
        persona_id: int,
        run_id: str,
        adapter_id: int,
        server: str,
        server_version: str,
        strategy: str,
        parity: Mapping[str, Any],
    ) -> Deployment:
        """Record the deployment and make the adapter the persona's, in one transaction.

        Said twice of the same run, as after a kill, it stays one deployment.
        """
        with self._database.transaction():
            persona = self._personas.get(persona_id)
            adapter = self._adapters.get(adapter_id)
            last = self.last(persona_id)
            if persona.active_adapter_id == adapter_id and last and last.run_id == run_id:
                return last
            if persona.active_adapter_id is not None:
                self._adapters.set_status(persona.active_adapter_id, "previous")
            self._adapters.set_status(adapter_id, "live")
            self._point(persona_id, adapter_id, adapter.base_id)
            deployment_id = self._database.insert(
                "INSERT INTO deployments (persona_id, run_id, server, server_version, strategy,"
                " before_adapter_id, after_adapter_id, before_base_id, parity, created, undone)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    persona_id,
                    run_id,
                    server,
                    server_version,
                    strategy,
                    persona.active_adapter_id,
                    adapter_id,
                    persona.base_id,
                    to_json(dict(parity)),
                    now(),
                ),
            )
            return _deployment(self._database.row("deployment", "deployments", deployment_id))

    def undo_last(self, persona_id: int) -> Deployment:
        """Restore what stood before the last deployment; its adapter is rolled back."""
        with self._database.transaction():
            last = self.last(persona_id)
            if last is None:
                raise StoreError(
                    "There is nothing to roll back: no adapter of this persona is live.",
                    "Train an adapter first.",
                    kind="missing",
                    kept="Nothing was changed.",
                )
            if last.after_adapter_id is not None:
                self._adapters.set_status(last.after_adapter_id, "rolled_back")
            if last.before_adapter_id is not None:
                self._adapters.set_status(last.before_adapter_id, "live")
            self._point(persona_id, last.before_adapter_id, last.before_base_id)
            self._database.change(
                "UPDATE deployments SET undone = ? WHERE id = ?", (now(), last.id)
            )
            return _deployment(self._database.row("deployment", "deployments", last.id))

    def move(self, persona_id: int, base_id: int) -> None:
        """Speak through another base; an adapter is left behind, and a roll-back brings it back."""
        with self._database.transaction():
            persona = self._personas.get(persona_id)
            if persona.active_adapter_id is not None:
                adapter = self._adapters.get(persona.active_adapter_id)
                if adapter.base_id == base_id:
                    return
                self._adapters.set_status(adapter.id, "previous")
                self._database.insert(
                    "INSERT INTO deployments (persona_id, run_id, server, server_version,"
                    " strategy, before_adapter_id, after_adapter_id, before_base_id, parity,"
                    " created, undone) VALUES (?, ?, '', '', 'moved', ?, NULL, ?, '{}', ?, NULL)",
                    (persona_id, adapter.run_id, adapter.id, persona.base_id, now()),
                )
            self._point(persona_id, None, base_id)

    def withdraw(self, adapter_ids: Sequence[int]) -> list[int]:
        """Take adapters out of every way back; the personas that speak through another one now.

        A persona goes back to the last adapter before that is none of them, or to the base.
        """
        changed = []
        with self._database.transaction():
            for persona in self._personas.everyone():
                while persona.active_adapter_id in adapter_ids and self.last(persona.id):
                    self.undo_last(persona.id)
                    persona = self._personas.get(persona.id)
                    changed.append(persona.id)
                if persona.active_adapter_id in adapter_ids:  # put there by no deployment
                    self._point(persona.id, None, persona.base_id)
                    changed.append(persona.id)
            for adapter_id in sorted(adapter_ids, reverse=True):
                self._adapters.set_status(adapter_id, "rolled_back")
                self._database.change(
                    "UPDATE deployments SET (before_adapter_id, before_base_id) = (SELECT"
                    " put.before_adapter_id, put.before_base_id FROM deployments AS put"
                    " WHERE put.after_adapter_id = ?1 ORDER BY put.id LIMIT 1)"
                    " WHERE before_adapter_id = ?1",
                    (adapter_id,),
                )
        return sorted(set(changed))

    def last(self, persona_id: int) -> Deployment | None:
        """The deployment that is in force."""
        row = self._database.first(
            "SELECT * FROM deployments WHERE persona_id = ? AND undone IS NULL"
            " ORDER BY id DESC LIMIT 1",
            (persona_id,),
        )
        return _deployment(row) if row else None

    def _point(self, persona_id: int, adapter_id: int | None, base_id: int | None) -> None:
        self._database.change(
            "UPDATE personas SET active_adapter_id = ?, base_id = ? WHERE id = ?",
            (adapter_id, base_id, persona_id),
        )


def _deployment(row: Row) -> Deployment:
    return Deployment(
        id=row["id"],
        persona_id=row["persona_id"],
        run_id=row["run_id"],
        server=row["server"],
        server_version=row["server_version"],
        strategy=row["strategy"],
        before_adapter_id=row["before_adapter_id"],
        after_adapter_id=row["after_adapter_id"],
        before_base_id=row["before_base_id"],
        parity=json.loads(row["parity"]),
        created=row["created"],
        undone=row["undone"],
    )
