"""What an import took in, or would take in: counted while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.importers.bystanders import Bystanders, ImportWarning
from app.importers.findings import ASIDE_WORDS, Aside, LeftOut, shown
from app.importers.reading import DocumentRead
from app.store.arriving import ArrivingConversation, ArrivingMessage
from app.store.placing import State

LEFT_OUT_SHOWN = 100
_GLIMPSES = 3
_GLIMPSE_MESSAGES, _GLIMPSE_LENGTH = 6, 300


@dataclass(frozen=True)
class Glimpse:
    """The beginning of a conversation: its title and what was said, by role."""

    title: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ImportResult:
    """What came in. A corrected reply counts as corrected, whatever its rating was.

    `grown` are conversations that were here and got new messages; `duplicates` were here whole;
    `forgotten` messages stay out, since they were forgotten here.
    Of what was left out the first hundred are told, and whole documents; all are counted. Of the
    documents the first hundred are told, and one for each path that was named; `read` counts all
    of them by that path.
    """

    conversations: int = 0
    grown: int = 0
    duplicates: int = 0
    messages: int = 0
    roles: Mapping[str, int] = field(default_factory=dict)
    up: int = 0
    down: int = 0
    corrected: int = 0
    chosen: int = 0
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    aside: Mapping[str, int] = field(default_factory=dict)
    documents: tuple[DocumentRead, ...] = ()
    warnings: tuple[ImportWarning, ...] = ()
    glimpses: tuple[Glimpse, ...] = ()
    stopped: bool = False
    forgotten: int = 0
    read: Mapping[str, int] = field(default_factory=dict)

    @property
    def replies(self) -> int:
        return self.roles.get("assistant", 0)

    @property
    def rated(self) -> int:
        """Replies with a word on them, choices not counted."""
        return self.up + self.down + self.corrected

    def row(self) -> dict[str, Any]:
        """The result as `--json` prints it."""
        return {
            "conversations": self.conversations,
            "grown": self.grown,
            "duplicates": self.duplicates,
            "messages": self.messages,
            "replies": self.replies,
            "roles": dict(self.roles),
            "up": self.up,
            "down": self.down,
            "corrected": self.corrected,
            "chosen": self.chosen,
            "left_out": [vars_of(each) for each in self.left_out],
            "left_out_count": self.left_out_count,
            "forgotten_here": self.forgotten,
            "aside": dict(self.aside),
            "documents": [vars(each) for each in self.documents],
            "warnings": [{**vars(each), "text": each.text} for each in self.warnings],
            "glimpses": [vars(each) for each in self.glimpses],
            "stopped": self.stopped,
        }


def vars_of(left_out: LeftOut) -> dict[str, str]:
    return {"file": left_out.file, "place": left_out.place, "reason": left_out.reason}


def merged(results: Sequence[ImportResult]) -> ImportResult:
    """Several imports as one."""
    if len(results) == 1:
        return results[0]
    left_out = [each for result in results for each in result.left_out]
    return ImportResult(
        conversations=sum(each.conversations for each in results),
        grown=sum(each.grown for each in results),
        duplicates=sum(each.duplicates for each in results),
        messages=sum(each.messages for each in results),
        roles=_added(each.roles for each in results),
        up=sum(each.up for each in results),
        down=sum(each.down for each in results),
        corrected=sum(each.corrected for each in results),
        chosen=sum(each.chosen for each in results),
        left_out=tuple(left_out[: 2 * LEFT_OUT_SHOWN]),
        left_out_count=sum(each.left_out_count for each in results),
        aside=_added(each.aside for each in results),
        documents=tuple(each for result in results for each in result.documents),
        warnings=tuple(dict.fromkeys(each for result in results for each in result.warnings)),
        glimpses=tuple(each for result in results for each in result.glimpses)[:_GLIMPSES],
        stopped=any(each.stopped for each in results),
        forgotten=sum(each.forgotten for each in results),
        read=_added(each.read for each in results),
    )


def aside_words(aside: Mapping[str, int]) -> list[str]:
    """What was passed over, in words."""
    words: Mapping[str, str] = ASIDE_WORDS  # type: ignore[assignment]
    return [f"{count} {words[kind]}" for kind, count in aside.items()]


class Tally:
    """Counts while an import runs."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self._bystanders = Bystanders()
        self._states: Counter[State] = Counter()
        self._roles: Counter[str] = Counter()
        self._words: Counter[str] = Counter()
        self._left_out: list[LeftOut] = []
        self._left_out_count = 0
        self._forgotten = 0
        self._documents: list[DocumentRead] = []
        self._read: Counter[str] = Counter()
        self._glimpses: list[Glimpse] = []

    @property
    def conversations(self) -> int:
        return sum(self._states.values())

    @property
    def recognised(self) -> bool:
        """Whether there was anything that could be read."""
        return bool(self._documents)

    def note_document(self, document: DocumentRead) -> None:
        if len(self._documents) < LEFT_OUT_SHOWN or document.given not in self._read:
            self._documents.append(document)
        self._read[document.given] += 1

    def leave_out(self, left_out: LeftOut) -> None:
        self._left_out_count += 1
        limit = 2 * LEFT_OUT_SHOWN if left_out.is_of_document else LEFT_OUT_SHOWN
        if len(self._left_out) < limit:
            self._left_out.append(left_out)

    def note(
        self,
        conversation: ArrivingConversation,
        state: State,
        added: list[int],
        forgotten: int = 0,
    ) -> None:
        """A conversation that came in, with the places of what of it is new.

        Of what was `forgotten` here nothing is shown.
        """
        self._states[state] += 1
        self._forgotten += forgotten
        if state == "forgotten":
            return
        self._bystanders.note(conversation)
        if len(self._glimpses) < _GLIMPSES:
            self._glimpses.append(_glimpse(conversation))
        for place in added:
            message = conversation.messages[place]
            self._roles[message.role] += 1
            word = _word(message)
            if word:
                self._words[word] += 1
        if state != "known":
            self._words["chosen"] += len(conversation.choices)

    def result(self, *, stopped: bool = False) -> ImportResult:
        return ImportResult(
            self._states["new"],
            self._states["grown"],
            self._states["known"],
            self._roles.total(),
            dict(self._roles),
            self._words["up"],
            self._words["down"],
            self._words["corrected"],
            self._words["chosen"],
            tuple(self._left_out),
            self._left_out_count,
            {kind: count for kind, count in self._aside.counts.items() if count},
            tuple(self._documents),
            self._bystanders.warnings(),
            tuple(self._glimpses),
            stopped,
            self._forgotten,
            dict(self._read),
        )


def _word(message: ArrivingMessage) -> str:
    rating = message.rating
    if rating is None:
        return ""
    return "corrected" if rating.correction else rating.value or ""


def _glimpse(conversation: ArrivingConversation) -> Glimpse:
    said = tuple(
        (message.role, message.content[:_GLIMPSE_LENGTH])
        for message in conversation.messages[:_GLIMPSE_MESSAGES]
    )
    return Glimpse(shown(conversation.known_as), said)


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)
