"""The line of a persona's adapters: what each grew from, learned and reached, and where it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.archive.provenance import came_along
from app.evaluation.page_reading import Part, part, parts, text, value_of
from app.evaluation.stored_scores import score_rows
from app.home import Home
from app.store.store import Store
from app.store.values import Adapter, Persona

Standing = Literal["live", "waiting", "candidate", "previous", "refused", "rolled_back"]
ONCE_LIVE = ("previous", "rolled_back")
# What is told of an adapter at once, in this order; the rest stands behind a click.
_MAIN = ("test_loss", "likeness", "own", "checks", "retention")
_MAIN_AT_MOST = 3


@dataclass(frozen=True)
class LineEntry:
    """One adapter as it stands in the line."""

    adapter: Adapter
    standing: Standing
    parent_version: int | None
    base_name: str
    other_base: bool
    """Whether it was built on another base than the one that the persona speaks through."""
    verdict: str
    overruled: bool
    replies: int
    replay: int
    scores: tuple[Part, ...]
    """As in the run's report."""
    in_ollama: tuple[tuple[str, str], ...]
    """Under which names, and where."""
    files_there: bool
    from_elsewhere: bool
    report: Path | None
    reasons: tuple[Part, ...] = ()
    """What the verdict rests on."""

    @property
    def main_scores(self) -> tuple[Part, ...]:
        """The few that say most: one of each measure that matters, where the adapter has it."""
        found: dict[str, Part] = {}
        for row in self.scores:
            if value_of(row, "candidate") is not None:
                found.setdefault(text(row.get("measure")), row)
        return tuple(found[name] for name in _MAIN if name in found)[:_MAIN_AT_MOST]

    @property
    def can_come_back(self) -> bool:
        """Whether the persona spoke through it once, and could again."""
        return self.standing in ONCE_LIVE and self.files_there


@dataclass(frozen=True)
class AdapterLine:
    """The adapters of a persona, newest first."""

    persona: Persona
    base_name: str
    entries: tuple[LineEntry, ...]
    in_ollama: str = ""
    """The name under which an Ollama answers as this persona, if one does."""

    @property
    def live(self) -> LineEntry | None:
        return next((each for each in self.entries if each.standing == "live"), None)


def adapter_line(home: Home, store: Store, persona_id: int) -> AdapterLine:
    """Everything that is known of each adapter of a persona."""
    persona = store.personas.get(persona_id)
    adapters = store.adapters.of_persona(persona_id)
    versions = {each.id: each.version for each in adapters}
    bases = {base.id: base.name for base in store.bases.all()}
    elsewhere = came_along(store, persona)
    models = store.ollama_models.all_live(persona_id)
    entries = []
    for adapter in adapters:
        run = store.runs.get(adapter.run_id)
        folder = home.runs / adapter.run_id
        report = _read(folder / "report.json")
        page = folder / "report.html"
        entries.append(
            LineEntry(
                adapter,
                _standing(persona, adapter, run.state),
                versions.get(adapter.parent_id or 0),
                bases.get(adapter.base_id, ""),
                adapter.base_id != persona.base_id,
                run.verdict or "",
                bool(report.get("overruled")),
                len(store.runs.used(run.id)),
                _replay(_read(folder / "data" / "manifest.json")),
                tuple(score_rows(report, store.scores.of_run(adapter.run_id))),
                tuple((m.name, m.address) for m in models if m.run_id == adapter.run_id),
                adapter.gguf_path.is_file(),
                adapter.run_id in elsewhere,
                page if page.is_file() else None,
                tuple(parts(report, "reasons")),
            )
        )
    name = bases.get(persona.base_id or 0, "")
    return AdapterLine(persona, name, tuple(entries), models[0].name if models else "")


def bring_back(home: Home, persona_id: int, run_id: str) -> None:
    """Let a persona speak through an adapter again that it spoke through before."""
    # It brings the libraries of a whole training.
    from app.operations.training import roll_back

    roll_back(home, persona_id, run_id)


def _standing(persona: Persona, adapter: Adapter, state: str) -> Standing:
    if adapter.id == persona.active_adapter_id:
        return "live"
    if adapter.status == "live":  # what speaks is said by the persona alone
        return "previous"
    if adapter.status == "candidate":
        if state == "waiting":
            return "waiting"
        return "refused" if state in ("refused", "undecided") else "candidate"
    return adapter.status


def _replay(manifest: Part) -> int:
    """How many replies of the replay groups were mixed in; none where the run does not say."""
    found = part(part(manifest, "train"), "replay").get("replies")
    return found if isinstance(found, int) else 0


def _read(path: Path) -> Part:
    """A file of a run's folder; nothing where it is gone or damaged."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
