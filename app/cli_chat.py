"""A conversation in the terminal."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from textwrap import shorten
from types import TracebackType
from typing import Self

from app.cli_people import person_or_current
from app.cycle.device import chat_unloaded_by
from app.errors import PerennialError, RuntimeDown, known_error
from app.home import Home
from app.operations import chat, helping, rating
from app.operations.base import check_base
from app.store import Message, open_store
from app.store.values import GivenExample
from ollama_bridge.errors import BridgeError
from ollama_bridge.runtime.client import RuntimeClient

HINT = "/up and /down rate the last reply, /quit leaves."
_WORDS_LENGTH = 48


class TerminalChat:
    """One conversation with one persona, with the runtime leased for as long as it lasts."""

    def __init__(self, home: Home, slug: str | None) -> None:
        self._store = open_store(home)
        try:
            self.persona = person_or_current(self._store, slug)
            self._client = self._lease(home)
        except BaseException:
            self._store.close()
            raise
        self._conversation_id: int | None = None
        self._last: Message | None = None

    def _lease(self, home: Home) -> RuntimeClient:
        use = chat_unloaded_by(home)
        if use is not None:
            raise RuntimeDown(
                f"{use.persona} is being trained, and there is no memory for both.",
                f"Wait for it, or stop it with: perennial stop {use.run_id}",
            )
        if self.persona.base_id is None:
            raise RuntimeDown(
                f"{self.persona.name} has no base model yet.",
                "Give it one in the window.",
                kind="no_base",
            )
        client = RuntimeClient.connect(home.root)
        try:
            base = self._store.bases.get(self.persona.base_id)
            check_base(home, base)
            client.serve(base.path, chat.served(self._store, self.persona))
        except BaseException:
            client.close()
            raise
        return client

    def run(self) -> None:
        """Talk until the user leaves."""
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  input() edits lines with it
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # one wrong byte would end the conversation
        self._write(f"{self.persona.name}. {HINT}\n")
        while (text := self._ask()) is not None:
            if text in ("/up", "/down"):
                self._carefully(partial(self._rate, text))
            elif text == "/quit":
                return
            elif text.startswith("/"):
                self._write(f"{HINT}\n")
            elif text:
                self._answer(text)

    def say(self, text: str, *, echo: bool = True) -> Message:
        """Say one thing; the reply is written as it comes."""
        # Bytes that were no text in the terminal's encoding, which nothing stores.
        words = text.encode("utf-8", "replace").decode()
        question = chat.ask(self._store, self.persona, self._conversation_id, words)
        self._conversation_id, self._last = question.conversation_id, None
        try:
            reply = chat.answer(
                self._store,
                self._client,
                self.persona,
                question.id,
                on_delta=self._write if echo else lambda _text: None,
            )
        except BaseException:
            self._last = self._begun_below(question)
            raise
        assert reply is not None, "nobody stops it"
        self._last = reply
        if echo:
            self._write(f"\n{self._help_words(reply)}")
        return reply

    def _begun_below(self, question: Message) -> Message | None:
        """The reply that broke off, as far as one was stored."""
        below = self._store.messages.path(question.conversation_id)
        return next((each for each in below if each.parent_id == question.id), None)

    def switch_help(self, *, examples: bool | None, note: bool | None) -> None:
        """Remember what may ride along with this persona; None leaves a switch as it is."""
        if examples is None and note is None:
            return
        switches = helping.switches(self._store, self.persona)
        if examples is not None:
            switches = replace(switches, examples=examples)
        if note is not None:
            switches = replace(switches, note=note)
        helping.set_switches(self._store, self.persona, switches)

    def helped_by(self, reply: Message) -> tuple[GivenExample, ...]:
        """The exchanges that rode along with what was said."""
        return helping.given(self._store, [reply.id]).get(reply.id, ())

    def _help_words(self, reply: Message) -> str:
        """What helped a reply, in one line below it."""
        parts = [f"“{_first_words(each.words)}”" for each in self.helped_by(reply)]
        if reply.with_note:
            parts.append("your note")
        return f"  (helped by: {', '.join(parts)})\n" if parts else ""

    def _ask(self) -> str | None:
        try:
            return input("you: ").strip()
        except (EOFError, KeyboardInterrupt):
            self._write("\n")
            return None

    def _answer(self, text: str) -> None:
        self._write(f"{self.persona.slug}: ")
        try:
            self._carefully(lambda: self.say(text))
        except KeyboardInterrupt:
            self._write("\n(stopped; what was written is kept)\n")

    def _carefully(self, verb: Callable[[], object]) -> None:
        """Tell what went wrong and go on: the conversation outlives it."""
        try:
            verb()
        except BridgeError as error:
            self._write(f"\n{error}\n")
        except (PerennialError, OSError) as error:
            known = known_error(error)
            if known is None:
                raise
            self._write(f"\n{known}\n")

    def _rate(self, word: str) -> None:
        if self._last is None:
            self._write("There is no reply to rate yet.\n")
            return
        given = (rating.thumb_up if word == "/up" else rating.thumb_down)(
            self._store, self._last.id
        )
        self._write(f"(rated {given.value})\n" if given.value else "(rating taken back)\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        self._store.close()


def _first_words(text: str) -> str:
    """The beginning of a question, in one line and without control characters."""
    line = "".join(each if each.isprintable() else " " for each in text)
    return shorten(line, _WORDS_LENGTH, placeholder="…") or "…"
