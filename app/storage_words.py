"""What each kind of thing in the home is called, and what it is for, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from app.words import later

TITLES: Mapping[str, str] = {
    "database": later("Conversations and ratings"),
    "adapters": later("Adapters in use"),
    "unused_adapters": later("Adapters that were not taken"),
    "older_adapters": later("Older adapters"),
    "runs": later("Trainings and their reports"),
    "working": later("Checkpoints of trainings"),
    "bases": later("Base models"),
    "served": later("Faster copies of base models"),
    "merged": later("Models made for Ollama"),
    "caches": later("Caches"),
    "backups": later("Backups of the database"),
    "logs": later("Logs"),
    "demo": later("The demo month"),
    "other": later("Everything else"),
}

ABOUT: Mapping[str, str] = {
    "database": later("Everything that was said, rated and set. It stays."),
    "adapters": later(
        "What personas speak through now, and the adapter before it for a way back. They stay."
    ),
    "unused_adapters": later(
        "Adapters that did not pass, or were never finished. Nothing goes back to them."
    ),
    "older_adapters": later(
        "Adapters from before the last way back. They are cleaned up one by one, by name."
    ),
    "runs": later("What was learned from, how it went, and the reports. They stay."),
    "working": later(
        "The states on the way of a training. Those of trainings that are over are not needed."
    ),
    "bases": later("What personas are trained on and speak through. They stay."),
    "served": later(
        "A form of a base model that this processor reads faster. It is made again when needed."
    ),
    "merged": later("Left from putting a persona into Ollama, which has its own copy."),
    "caches": later("Answers and converted models that are made again when needed."),
    "backups": later("Copies from before trainings and updates. The newest two stay."),
    "logs": later("What happened lately, for looking into a problem."),
    "demo": later("The month that `demo` showed, in a home of its own."),
    "other": later("Test sets, locks and small files. They stay."),
}


def size_words(size: int) -> str:
    """A size in the unit that one can use."""
    if size < 1_000_000:
        return f"{-(-size // 1000)} kB"
    if size < 1_000_000_000:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.1f} GB"
