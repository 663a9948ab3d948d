"""What the model reads: the persona's prompt, what rides along, and what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.operations.helping import Help
from app.operations.reply_stream import ReplySource, ReplyStream
from app.store.values import Adapter, Finish
from ollama_bridge.errors import ContextTooLong

_NOTE_HEADING = "About the user, in the user's own words:"


class Prompt:
    """One question to the model; `riding` is what rode along with it in the end."""

    def __init__(self, system: str, spoken: Sequence[Mapping[str, str]], riding: Help) -> None:
        self._system = system
        self._spoken = spoken
        self.riding = riding

    def answer(
        self, reply: ReplyStream, runtime: ReplySource, adapter: Adapter | None
    ) -> tuple[str, Finish]:
        """Have it answered. Help never costs a reply: where the context holds less, less rides."""
        try:
            return reply.take(runtime, self.messages(), adapter)
        except ContextTooLong:
            less = Help(self.riding.note) if self.riding.examples else Help()
            if less == self.riding:
                raise
            self.riding = less
        return self.answer(reply, runtime, adapter)

    def messages(self) -> list[dict[str, str]]:
        """Prompt and note, the examples as turns, then the conversation.

        As turns, since a small base quotes examples that stand in its prompt where they do not
        fit; before the conversation, so that "it" still means what was said last.
        """
        note = f"{_NOTE_HEADING}\n{self.riding.note}" if self.riding.note else ""
        system = "\n\n".join(part for part in (self._system, note) if part)
        messages = [{"role": "system", "content": system}] if system else []
        for example in self.riding.examples:
            messages.append({"role": "user", "content": example.question})
            messages.append({"role": "assistant", "content": example.reply})
        return [*messages, *(dict(each) for each in self._spoken)]
