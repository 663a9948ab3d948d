"""Settings."""

from __future__ import annotations

import json
from typing import Any

from app.store.database import Database, to_json


class Settings:
    """Named JSON values."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        row = self._database.first("SELECT value FROM settings WHERE key = ?", (key,))
        return json.loads(row["value"]) if row else default

    def set(self, key: str, value: Any) -> None:
        self._database.change(
            "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (key, to_json(value))
        )
