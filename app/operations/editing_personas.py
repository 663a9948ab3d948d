"""Editing a persona: its name, its colour, what it reads before every conversation, its base."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.errors import PerennialError
from app.home import Home
from app.operations.trait_prompt import compose, own_words, trait_sentences
from app.store.store import Store
from app.store.values import Persona, Traits
from app.words import later

NAME_MOST = 500
PROMPT_MOST = 100_000
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
# Control characters, halves of characters, and breaks of lines and paragraphs.
_UNSAYABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_UNSAYABLE_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# What turns the direction of the words around it.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cf", "Zs", "Mn", "Me", "Cn", "Co"})
_KEPT = later("Nothing was changed.")


@dataclass(frozen=True)
class PersonaDraft:
    """A persona as the editor has it; `own_words` are the prompt without what the traits say."""

    name: str
    colour: str
    languages: tuple[str, ...]
    own_words: str
    traits: Traits
    base_id: int | None


@dataclass(frozen=True)
class PromptParts:
    """The whole system prompt; `said` is the end of it that the traits made, if they made one.

    `waiting` when the traits say something that does not stand in the prompt yet.
    """

    whole: str
    said: str
    waiting: bool = False


@dataclass(frozen=True)
class Saved:
    """A persona after it was changed; `trained_before` is the version that knows another prompt."""

    persona: Persona
    trained_before: int | None = None
    left_adapter: int | None = None
    """The version that stayed behind with the former base."""


def draft_of(persona: Persona) -> PersonaDraft:
    """A persona as it is now, to be edited."""
    own = own_words(persona.system_prompt, persona.traits, _first(persona.languages))
    return PersonaDraft(
        persona.name, persona.colour, persona.languages, own, persona.traits, persona.base_id
    )


def prompt_of(persona: Persona, draft: PersonaDraft) -> PromptParts:
    """What the model will read; as it stands, as long as nothing that it is made of changed.

    So a persona whose traits never stood in its prompt keeps it when only its colour changes.
    """
    language = _first(draft.languages)
    said = trait_sentences(draft.traits, language)
    before = draft_of(persona)
    made_of = (draft.own_words, draft.traits, language)
    if made_of == (before.own_words, before.traits, _first(before.languages)):
        stands = persona.system_prompt.strip().endswith(said)
        return PromptParts(persona.system_prompt, said if stands else "", not stands)
    whole = compose(_UNSAYABLE_IN_TEXT.sub("", draft.own_words), draft.traits, language)
    return PromptParts(whole, said if whole.endswith(said) else "")


def edit(home: Home, store: Store, persona_id: int, draft: PersonaDraft) -> Saved:
    """Change a persona to what the draft says; the base first, since that can be refused."""
    persona = store.personas.get(persona_id)
    name = clean_name(draft.name)
    prompt = prompt_of(persona, draft).whole
    _check(persona, draft, name, prompt)
    live = persona.active_adapter_id
    version = store.adapters.get(live).version if live is not None else None
    moved = draft.base_id not in (None, persona.base_id)
    if draft.base_id is not None and moved:
        # It reads model files with libraries that changing a name does without.
        from app.operations.choosing_bases import use_base

        use_base(home, store, persona, store.bases.get(draft.base_id))
    changed = store.personas.update(
        persona_id, name=name, colour=draft.colour.upper(), languages=draft.languages,
        system_prompt=prompt, traits=draft.traits,
    )  # fmt: skip
    other_prompt = prompt != persona.system_prompt and not moved
    return Saved(changed, version if other_prompt else None, version if moved else None)


def clean_name(text: str) -> str:
    """A name in one line, without what cannot be seen and turns others around; often as it was."""
    kept = "".join(
        " " if char in "\t\n\r" else char
        for char in text
        if char in "\t\n\r"
        or (char not in _TURNING and unicodedata.category(char) not in _UNSAYABLE)
    )
    name = " ".join(kept.split())
    return name if any(unicodedata.category(char) not in _UNSEEN for char in name) else ""


def _check(persona: Persona, draft: PersonaDraft, name: str, prompt: str) -> None:
    if not name:
        raise PerennialError(
            later("A persona needs a name."),
            later("Write one and try again."),
            kind="no_name",
            kept=_KEPT,
        )
    if len(name) > NAME_MOST:
        raise PerennialError(
            later("The name is longer than 500 characters."), later("Shorten it."), kept=_KEPT
        )
    if not draft.languages:
        raise PerennialError(
            later("A persona speaks a language."), later("Choose at least one."), kept=_KEPT
        )
    if not _COLOUR.fullmatch(draft.colour):
        raise PerennialError(
            later("This is not a colour."),
            later("Write it like #2F6FDE, or choose one."),
            kept=_KEPT,
        )
    if len(prompt) > PROMPT_MOST and prompt != persona.system_prompt:
        raise PerennialError(
            later("The system prompt is longer than 100,000 characters."), later("Shorten it."),
            kept=_KEPT,
        )  # fmt: skip


def _first(languages: tuple[str, ...]) -> str:
    return languages[0] if languages else "en"
