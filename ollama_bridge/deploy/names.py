"""The names that a persona has in Ollama, and the switch from one model to the next.

`NAME` answers; `NAME:staging` is what is being checked; `NAME:previous` is what answered before;
`NAME:before-perennial` is a model of somebody else that had the name. A copy in Ollama is a copy
of the manifest, byte for byte, so each of them can be put back exactly.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ollama_bridge.deploy.api import OllamaApi, full_name
from ollama_bridge.errors import NameTaken, OllamaError

PREFIX = "perennial-"
LONGEST = 60
_ALLOWED = re.compile(r"[^a-z0-9._-]+")
_NAME = re.compile(
    r"(?:\w[\w.-]*(?::\d+)?/)?(?:[\w-]+/)?[A-Za-z0-9_][\w.-]{0,79}(?::[A-Za-z0-9_][\w.-]{0,79})?",
    re.ASCII,
)


def usual_name(slug: str) -> str:
    """The name of a persona that was given none."""
    plain = unicodedata.normalize("NFKD", slug).lower()
    return PREFIX + (_ALLOWED.sub("-", plain).strip("-._")[:LONGEST] or "persona")


def check_name(name: str) -> str:
    """A name as Ollama takes it, or why not."""
    tag = full_name(name).rpartition(":")[2].lower()
    # Newer servers take such a tag for a model that runs in their cloud: every word would leave.
    elsewhere = tag in ("cloud", "local") or tag.endswith("-cloud")
    shortened = name.lower().startswith(("library/", "registry.ollama.ai/"))
    if not _NAME.fullmatch(name) or elsewhere or shortened:
        raise OllamaError(
            f"{name!r} is no name that Ollama takes.",
            "Use letters, digits, dots, strokes and underscores, for instance perennial-sunny.",
            kind="ollama_name",
        )
    return name


@dataclass(frozen=True)
class Names:
    """All names of one persona."""

    live: str

    @property
    def staging(self) -> str:
        return self._beside("staging")

    @property
    def previous(self) -> str:
        return self._beside("previous")

    @property
    def foreign(self) -> str:
        """Where a model of somebody else waits that had the name."""
        return self._beside("before-perennial")

    def _beside(self, what: str) -> str:
        whole = full_name(self.live)
        model, _, tag = whole.rpartition(":")
        return f"{model}:{what}" if tag == "latest" else f"{model}:{tag}-{what}"


@dataclass(frozen=True)
class Standing:
    """The digests under a persona's names at one time; None where there is no model."""

    live: str | None
    previous: str | None
    foreign: str | None
    staging: str | None = None


def standing(api: OllamaApi, names: Names) -> Standing:
    """What the server has under these names now."""
    found = {str(row["name"]).lower(): str(row["digest"]) for row in api.models()}

    def digest(name: str) -> str | None:
        return found.get(full_name(name).lower())

    return Standing(
        digest(names.live), digest(names.previous), digest(names.foreign), digest(names.staging)
    )


def check_free(before: Standing, names: Names, ours: frozenset[str], *, replace: bool) -> None:
    """Never take a name from somebody else without having asked."""
    kept, lost = _taken(before, names, ours)
    if replace or not kept | lost:
        return
    after = "it is kept and comes back when you undo" if kept else ""
    if lost:
        after = f"{after}; " if after else ""
        after += f"what {' and '.join(sorted(lost))} is would be lost"
    raise NameTaken(
        f"Ollama has a model {' and '.join(sorted(kept | lost))} already that is not one of"
        " Perennial's.",
        f"Choose another name, or say that it may be replaced: {after}.",
        kept="Nothing was changed.",
        lost=tuple(sorted(lost)),
    )


def _taken(before: Standing, names: Names, ours: frozenset[str]) -> tuple[set[str], set[str]]:
    """The names that somebody else has: what would be kept under another, and what would not."""
    known = {None, *ours, before.live, before.foreign}
    beside = {names.staging: before.staging, names.previous: before.previous}
    lost = {name for name, digest in beside.items() if digest not in known}
    if before.live is None or before.live in ours:
        return set(), lost
    if before.foreign not in (None, before.live):
        lost.add(names.foreign)
    return {names.live}, lost


def switch(api: OllamaApi, names: Names, before: Standing, ours: frozenset[str]) -> None:
    """Have the name answer with what is staged. The name is never without a model."""
    if before.live is not None and before.live not in ours:
        api.copy(names.live, names.foreign)
    if before.previous is not None:
        api.delete(names.previous)
    if before.live is not None:
        api.copy(names.live, names.previous)
    api.copy(names.staging, names.live)
    api.delete(names.staging)


def put_back(api: OllamaApi, names: Names, before: str | None, ours: frozenset[str]) -> bool:
    """Have the name answer with what it had `before`; whether that is still to be had.

    What somebody else has put under the name meanwhile is theirs, and stays.
    """
    now = standing(api, names)
    if now.live != before:
        if now.live is not None and now.live not in ours:
            return False
        if before is None:
            api.delete(names.live)
        elif before == now.previous:
            api.copy(names.previous, names.live)
        elif before == now.foreign:
            api.copy(names.foreign, names.live)
        else:
            return False
    if now.previous is not None and now.previous in {*ours, before, now.foreign}:
        api.delete(names.previous)
    if now.foreign is not None and now.foreign == before:
        api.delete(names.foreign)
    return True


def remove(api: OllamaApi, names: Names, ours: frozenset[str]) -> None:
    """Take a persona out: what somebody else had under the name comes back."""
    now = standing(api, names)
    # What somebody else has put under the name since we came is theirs, and stays.
    if now.live is None or now.live in ours:
        if now.foreign is not None:
            api.copy(names.foreign, names.live)
            api.delete(names.foreign)
        elif now.live is not None:
            api.delete(names.live)
    if now.previous is not None and now.previous in {*ours, now.foreign}:
        api.delete(names.previous)
    if now.staging in ours:
        api.delete(names.staging)


def settle(
    api: OllamaApi, names: Names, before: str | None, after: str | None, ours: frozenset[str]
) -> bool:
    """End a deployment that was cut off; whether the name answers with what was deployed."""
    now = standing(api, names)
    if now.staging is not None:
        api.delete(names.staging)
    if now.live == after and after is not None:
        return True
    if now.live == before:
        put_back(api, names, before, ours)
    return False
