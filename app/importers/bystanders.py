"""What to think of before learning from an import: whose words they are."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from app.store.arriving import ArrivingConversation

_PROVIDERS = (
    ("OpenAI", r"gpt-?[345]|chatgpt|text-davinci|(^|/)o[134](-|$)"),
    ("Anthropic", r"claude"),
    ("Google", r"gemini|(^|/)bard|palm-"),
    ("Microsoft", r"(^|/)bing|copilot"),
    ("xAI", r"grok"),
    ("Mistral AI", r"mistral-(large|medium)|magistral-medium"),
    ("Cohere", r"(^|/)command-"),
    ("Perplexity", r"sonar|pplx"),
)
# What is free to run at home is nobody's service, whoever made it.
_OPEN = re.compile(r"gpt-oss|gpt-j|gpt-neo|gpt4all|gpt2|command-r.*gguf", re.IGNORECASE)
_HOSTED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _PROVIDERS)
_NAMES_SHOWN = 10
_NAMES_KEPT = 1000

WarningKind = Literal["provider_terms", "other_people"]


@dataclass(frozen=True)
class ImportWarning:
    """Something to think of; `names` are models or people, `count` replies or conversations."""

    kind: WarningKind
    names: tuple[str, ...]
    count: int
    provider: str = ""

    @property
    def text(self) -> str:
        names = ", ".join(self.names)
        if self.kind == "provider_terms":
            return (
                f"{self.count} replies come from a hosted model ({names}): the terms of"
                f" {self.provider} may forbid training another model on them."
            )
        return (
            f"{self.count} conversations hold the words of several people or characters"
            f" ({names}): ask them before a model learns from what they said."
        )


def provider_of(model: str) -> str:
    """Who serves a model; empty for what people run themselves."""
    if not model or _OPEN.search(model):
        return ""
    return next((name for name, pattern in _HOSTED if pattern.search(model)), "")


class Bystanders:
    """Collects whose words come in."""

    def __init__(self) -> None:
        self._replies: Counter[tuple[str, str]] = Counter()
        self._providers: dict[str, str] = {}
        self._names: Counter[str] = Counter()
        self._group_chats = 0

    def note(self, conversation: ArrivingConversation) -> None:
        """Look at a conversation that comes in."""
        people: set[str] = set()
        characters: set[str] = set()
        for message in conversation.messages:
            if message.model:
                self._note_model(message.model)
            if message.speaker:
                (people if message.role == "user" else characters).add(message.speaker)
        if len(people) > 1 or len(characters) > 1:
            self._group_chats += 1
            for name in sorted(people | characters):
                if name in self._names or len(self._names) < _NAMES_KEPT:
                    self._names[name] += 1

    def warnings(self) -> tuple[ImportWarning, ...]:
        """What there is to think of."""
        found = []
        for provider in sorted({provider for provider, _ in self._replies}):
            models = {name: n for (whose, name), n in self._replies.items() if whose == provider}
            names = sorted(models, key=lambda name: (-models[name], name))[:_NAMES_SHOWN]
            count = sum(models.values())
            found.append(ImportWarning("provider_terms", tuple(names), count, provider))
        if self._group_chats:
            names = [name for name, _ in self._names.most_common(_NAMES_SHOWN)]
            found.append(ImportWarning("other_people", tuple(names), self._group_chats))
        return tuple(found)

    def _note_model(self, model: str) -> None:
        provider = self._providers.get(model)
        if provider is None:
            provider = provider_of(model)
            if len(self._providers) < _NAMES_KEPT:
                self._providers[model] = provider
        if provider:
            known = (provider, model) in self._replies or len(self._replies) < _NAMES_KEPT
            self._replies[provider, model if known else "…"] += 1
