"""Pairs of replies for each trait, the first with more of it; the table is the YAML beside it."""

from __future__ import annotations

from pathlib import Path

import yaml

EXAMPLES: dict[str, list[tuple[str, str]]] = {
    name: [(pair["more"], pair["less"]) for pair in pairs]
    for name, pairs in yaml.safe_load(
        Path(__file__).with_suffix(".yaml").read_text("utf-8")
    ).items()
}
