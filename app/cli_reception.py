"""How the replies of each adapter were received, below the runs in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.store import Persona, Store


def received_rows(store: Store, persona: Persona) -> list[dict[str, Any]]:
    """By adapter, the bases alone first."""
    versions = {each.id: each for each in store.adapters.of_persona(persona.id)}
    rows = []
    for each in store.reception.of_persona(persona.id):
        adapter = versions.get(each.adapter_id or 0)
        if adapter is None and each.adapter_id is not None:
            continue
        rows.append(
            {
                "persona": persona.slug,
                "run": adapter.run_id if adapter else None,
                "version": adapter.version if adapter else None,
                **asdict(each),
            }
        )
    return sorted(rows, key=lambda row: row["version"] or 0)


def received_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Down-votes, corrections and replies asked for again, each of a hundred replies."""
    if not rows:
        return
    yield "\nOf 100 replies, by what wrote them:"
    for row in rows:
        name = f"v{row['version']} ({row['run']})" if row["run"] else "the base alone"
        yield (
            f"{row['persona']}, {name}: {_of_hundred(row, 'down')} voted down,"
            f" {_of_hundred(row, 'corrected')} corrected, {_of_hundred(row, 'again')} asked for"
            f" again; replies: {row['replies']}"
        )


def worse_line(store: Store, persona: Persona) -> str | None:
    """A word where the adapter that speaks now is received worse than what was before it."""
    from app.operations.comparing_words import adapter_name, chance_words
    from app.operations.watching import watch
    from app.words import Words

    found = watch(store, persona.id)
    if found is None or not found.worse:
        return None
    say = Words("en")
    return (
        f"{persona.slug}: replies of {adapter_name(found.new_version, say)} are received worse than"
        f" those of {adapter_name(found.old_version, say)}; chance alone does this in"
        f" {chance_words(found.chance, say)} of all cases. Go back with: perennial rollback"
        f" {persona.slug}"
    )


def _of_hundred(row: Mapping[str, Any], part: str) -> str:
    from app.operations.watching import per_hundred

    return f"{per_hundred(row[part], row['replies']):.1f}"
