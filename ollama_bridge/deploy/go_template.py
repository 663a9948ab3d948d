"""The base's own chat template, as the Go template that Ollama renders.

A model learned from prompts that its Jinja template wrote, so nothing else may write them. Between
two messages every chat template puts a text that depends on who spoke and who speaks next: these
texts are read off from prompts about words that stand nowhere else, and written down as a
Go template. What it would write of other conversations is then held against the original.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ollama_bridge.errors import NotDeployed

Messages = Sequence[Mapping[str, str]]
Render = Callable[[Messages], str]

_WORDS = ("qzonezq", "qztwozq", "qzthreezq", "qzfourzq", "qzfivezq", "qzsixzq")
_SHAPES = ("u", "su", "uau", "suau", "uauau", "suauau")
_ROLES = {"s": "system", "u": "user", "a": "assistant"}


@dataclass(frozen=True)
class TurnTexts:
    """What stands before each message, by who spoke last, and what stands at the end."""

    before_system: str
    before_user: str
    """At the start of a conversation without a system prompt."""
    system_to_user: str
    user_to_reply: str
    reply_to_user: str
    end: str

    def go_template(self) -> str:
        """The template for Ollama."""
        return (
            '{{ $last := "" }}{{ range .Messages }}'
            f'{{{{ if eq .Role "system" }}}}{_literal(self.before_system)}'
            f'{{{{ else if eq .Role "assistant" }}}}{_literal(self.user_to_reply)}'
            f'{{{{ else if eq $last "" }}}}{_literal(self.before_user)}'
            f'{{{{ else if eq $last "system" }}}}{_literal(self.system_to_user)}'
            f"{{{{ else }}}}{_literal(self.reply_to_user)}"
            "{{ end }}{{ .Content }}{{ $last = .Role }}{{ end }}" + _literal(self.end)
        )

    def written(self, messages: Messages) -> str:
        """The prompt that the Go template writes."""
        text, last = "", ""
        for message in messages:
            role = message["role"]
            if role == "system":
                text += self.before_system
            elif role == "assistant":
                text += self.user_to_reply
            elif not last:
                text += self.before_user
            else:
                text += self.system_to_user if last == "system" else self.reply_to_user
            text += message["content"]
            last = role
        return text + self.end


def turn_texts(render: Render) -> TurnTexts:
    """Read a chat template off from what it renders."""
    before_user, user_to_reply, reply_to_user, end = _between(render, "uau")
    before_system, system_to_user, *_ = _between(render, "suau")
    found = TurnTexts(before_system, before_user, system_to_user, user_to_reply, reply_to_user, end)
    for shape in _SHAPES:
        messages = _messages(shape)
        if found.written(messages) != render(messages):
            raise _not_expressible("it writes longer conversations by other rules")
    return found


def _between(render: Render, shape: str) -> list[str]:
    rest = render(_messages(shape))
    pieces = []
    for word in _WORDS[: len(shape)]:
        piece, found, rest = rest.partition(word)
        if not found or word in rest:
            raise _not_expressible("it leaves a message out, or says it twice")
        pieces.append(piece)
    return [*pieces, rest]


def _messages(shape: str) -> list[dict[str, str]]:
    return [
        {"role": _ROLES[letter], "content": word}
        for letter, word in zip(shape, _WORDS, strict=False)
    ]


def _literal(text: str) -> str:
    # A brace could join the ones that begin an action.
    return f"{{{{ {json.dumps(text, ensure_ascii=False)} }}}}" if "{" in text else text


def _not_expressible(why: str) -> NotDeployed:
    return NotDeployed(
        f"The chat template of this base cannot be told to Ollama: {why}.",
        "The persona answers in this window all the same; choose another base to have it in"
        " Ollama too.",
    )
