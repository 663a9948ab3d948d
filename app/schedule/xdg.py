"""The user's configuration folder on Linux and its relatives."""

from __future__ import annotations

import os
from pathlib import Path


def config_home() -> Path:
    """`$XDG_CONFIG_HOME`; one that is not absolute counts as none."""
    named = Path(os.environ.get("XDG_CONFIG_HOME") or "")
    return named if named.is_absolute() else Path.home() / ".config"
