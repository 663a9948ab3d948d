"""Character cards V1, V2 and V3, as JSON or within a PNG: a persona, and how it speaks."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.importers.documents import Document
from app.importers.findings import Aside, Found, LeftOut, Unusable
from app.importers.formats import Guess, Row, Sample, opened, read_pieces
from app.importers.pieces import NoValue, Piece, parse
from app.importers.png import SIGNATURE, texts_of
from app.importers.rows import digest_of
from app.importers.words import clean, name_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

USER = "User"
_GREETINGS_AT_MOST = 100
_TEXT_FIELDS = ("description", "personality", "scenario", "first_mes", "mes_example")
_PLACEHOLDER = re.compile(r"\{\{\s{0,9}(char|user|original)\s{0,9}\}\}|<(BOT|USER)>", re.IGNORECASE)
_NOTE = re.compile(r"\{\{//[^{}]{0,2000}\}\}")
_START = re.compile(r"<START>", re.IGNORECASE)


class NoCard(Unusable):
    """A picture like any other."""


@dataclass(frozen=True)
class Card:
    """A character as a persona, with its placeholders filled in."""

    name: str
    system_prompt: str
    greetings: tuple[str, ...]
    examples: str


class CharacterCard:
    """A card is a persona; its greeting and its examples are conversations of it."""

    name = "card"
    title = "Character card"

    def recognise(self, sample: Sample) -> Guess | None:
        if sample.head.startswith(SIGNATURE):
            return Guess(90, "it is a PNG picture, which may carry a card")
        if len(sample.rows) == 1 and _fields(sample.rows[0]) is not None:
            return Guess(100, "it has a character's name, description and first message")
        return None

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        try:
            card = card_of(document, aside)
            yield from _conversations(card)
        except NoCard as reason:
            if document.alone:
                yield LeftOut(document.label, "", str(reason))
            else:
                aside.count("document")
        except Unusable as reason:
            yield LeftOut(document.label, "", str(reason))


def card_of(document: Document, aside: Aside) -> Card:
    """The card of a document; raises Unusable with the reason."""
    with opened(document) as stream:
        in_picture = stream.read(len(SIGNATURE)) == SIGNATURE
    fields = _fields(_from_picture(document) if in_picture else _from_json(document))
    if fields is None:
        raise Unusable("no character card")
    texts = {key: _text(fields.get(key), key, aside) for key in (*_TEXT_FIELDS, "system_prompt")}
    name = name_of(fields.get("name"))
    if not name:
        raise Unusable("the character has no name")
    said_name = name_of(fields.get("nickname")) or name
    filled = {key: _filled(text, said_name) for key, text in texts.items()}
    others = fields.get("alternate_greetings")
    greetings = [filled["first_mes"]]
    if isinstance(others, list):
        greetings += [
            _filled(_text(other, "a greeting", aside), said_name)
            for other in others[:_GREETINGS_AT_MOST]
        ]
    return Card(
        name,
        _prompt(filled),
        tuple(dict.fromkeys(text for text in greetings if text)),
        # Who speaks is told by the placeholders, so they are filled in later.
        texts["mes_example"] and _named(texts["mes_example"], said_name),
    )


def _conversations(card: Card) -> Iterator[ArrivingConversation]:
    """The greetings as beginnings beside one another, then each example."""
    if card.greetings:
        yield ArrivingConversation(
            f"card:{digest_of(card.name, *card.greetings)}",
            tuple(
                ArrivingMessage("assistant", text, None, speaker=card.name)
                for text in card.greetings
            ),
            card.system_prompt,
            card.name,
            leaf=0,
        )
    for block in _START.split(card.examples):
        messages = _dialogue(block, card.name)
        if any(message.role == "assistant" for message in messages):
            words = digest_of(card.name, *(message.content for message in messages))
            yield ArrivingConversation(
                f"card:{words}", tuple(messages), card.system_prompt, card.name
            )


def _dialogue(block: str, name: str) -> list[ArrivingMessage]:
    """An example's turns: each begins with who speaks, and goes on over the lines below."""
    turns: list[tuple[bool, list[str]]] = []
    for line in block.strip().splitlines():
        speaker, colon, said = line.partition(":")
        if colon and speaker.strip() in (USER, name):
            turns.append((speaker.strip() != USER, [said.strip()]))
        elif turns:
            turns[-1][1].append(line)
    messages: list[ArrivingMessage] = []
    for replies, lines in turns:
        text = "\n".join(lines).strip()
        if text:
            parent = len(messages) - 1 if messages else None
            messages.append(
                ArrivingMessage("assistant", text, parent, speaker=name)
                if replies
                else ArrivingMessage("user", text, parent)
            )
    return messages


def _prompt(filled: Mapping[str, str]) -> str:
    """The card's fields as one prompt, in the order in which they are read."""
    parts = [filled["system_prompt"], filled["description"]]
    if filled["personality"]:
        parts.append(f"Personality: {filled['personality']}")
    if filled["scenario"]:
        parts.append(f"Scenario: {filled['scenario']}")
    return "\n\n".join(part for part in parts if part)


def _filled(text: str, name: str) -> str:
    return _named(text, name).strip()


def _named(text: str, name: str) -> str:
    """Placeholders as plain text; in one go, so that a name is never read as a placeholder."""

    def word(found: re.Match[str]) -> str:
        kind = (found[1] or found[2]).lower()
        return name if kind in ("char", "bot") else USER if kind == "user" else ""

    return _PLACEHOLDER.sub(word, _NOTE.sub("", text))


def _text(value: Any, what: str, aside: Aside) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unusable(f"the {what} is not text")
    return clean(value, f"the {what}", aside)


def _from_json(document: Document) -> Row:
    first = next(read_pieces(document), None)
    if isinstance(first, LeftOut):
        raise Unusable(first.reason)
    if not isinstance(first, Piece) or not isinstance(first.value, dict):
        raise Unusable("no character card")
    return first.value


def _from_picture(document: Document) -> Row:
    """The card in a picture; V3's chunk wins over V2's, whatever their order."""
    found: dict[str, bytes] = {}
    with opened(document) as stream:
        for keyword, text in itertools.islice(texts_of(stream), 1000):
            if keyword.lower() in ("chara", "ccv3"):
                found.setdefault(keyword.lower(), text)
    packed = found.get("ccv3") or found.get("chara")
    if packed is None:
        raise NoCard("a picture without a character card")
    try:
        row = parse(base64.b64decode(packed, validate=False))
    except (binascii.Error, NoValue) as error:
        raise Unusable(f"the card in the picture cannot be read: {error}") from error
    if not isinstance(row, dict):
        raise Unusable("the card in the picture is not an object")
    return row


def _fields(row: Row) -> Mapping[str, Any] | None:
    """The fields of a card: V2 and V3 keep them under `data`."""
    data = row.get("data")
    if isinstance(data, dict) and (str(row.get("spec")).startswith("chara_card") or _fit(data)):
        return data
    return row if _fit(row) else None


def _fit(row: Mapping[str, Any]) -> bool:
    return "name" in row and sum(key in row for key in _TEXT_FIELDS) >= 3


FORMAT = CharacterCard()
