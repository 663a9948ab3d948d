"""report.json: the verdict with everything that it rests on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Report(BaseModel):
    """What a person, the window, the page and `--json` read."""

    model_config = ConfigDict(frozen=True)

    version: int = 2
    run: str
    persona: str
    made: str
    verdict: str
    sentence: str
    reasons: tuple[dict[str, Any], ...]
    scores: tuple[dict[str, Any], ...]
    prompting: dict[str, Any]
    replies: tuple[dict[str, Any], ...]
    data: dict[str, Any]
    recipe: dict[str, Any]
    curves: dict[str, Any]
    warnings: tuple[dict[str, Any], ...]
    exam: dict[str, Any]
    seconds: dict[str, float]
    overruled: dict[str, str] | None = None
