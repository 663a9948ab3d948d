"""Every key of the window: what it does, which it usually is, and which the user chose for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.gui.recent_steps import take_step
from app.gui.translation import later, tr

Place = Literal["window", "chat", "messages", "history", "review", "replay"]

PLACES: Mapping[Place, str] = {
    "window": later("Everywhere"),
    "chat": later("Chat"),
    "messages": later("A reply that is looked at"),
    "history": later("List of conversations"),
    "review": later("Review"),
    "replay": later("Replay"),
}
# Where one of them is looked at, the keys of the others are heard too.
_TOGETHER: tuple[frozenset[Place], ...] = (
    frozenset({"window", "chat", "messages", "history"}),
    frozenset({"window", "review"}),
    frozenset({"window", "replay"}),
)
# What stands on the same key of a Korean keyboard, alone and with Shift.
JAMO = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
        strict=True,
    )
)
SHIFTED_JAMO = dict(zip("qwertop", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))


@dataclass(frozen=True)
class KeyVerb:
    """Something that a key does."""

    id: str
    place: Place
    words: str
    usual: tuple[str, ...]


VERBS: tuple[KeyVerb, ...] = (
    KeyVerb("commands", "window", later("Find a command or a persona"), ("Ctrl+K",)),
    KeyVerb("page.chat", "window", later("Open the chat"), ("Ctrl+L",)),
    KeyVerb("page.review", "window", later("Open the review"), ("Ctrl+E",)),
    KeyVerb("page.replay", "window", later("Open the replay"), ("Ctrl+R",)),
    KeyVerb("page.train", "window", later("Open the training"), ("Ctrl+T",)),
    KeyVerb("page.personas", "window", later("Open the personas"), ("Ctrl+P",)),
    KeyVerb("page.settings", "window", later("Open the settings"), ("Ctrl+,",)),
    KeyVerb("search", "window", later("Search everything that was said"), ("Ctrl+Shift+F",)),
    KeyVerb("import", "window", later("Import conversations or personas"), ("Ctrl+I",)),
    KeyVerb("export", "window", later("Export conversations or personas"), ("Ctrl+Shift+E",)),
    KeyVerb("larger", "window", later("Larger letters"), ("Ctrl++", "Ctrl+=")),
    KeyVerb("smaller", "window", later("Smaller letters"), ("Ctrl+-",)),
    KeyVerb("usual_size", "window", later("Letters of the usual size"), ("Ctrl+0",)),
    KeyVerb("glossary", "window", later("What the words mean"), ("F1",)),
    KeyVerb("quit", "window", later("Close the window"), ("Ctrl+Q",)),
    *(
        KeyVerb(f"persona.{n}", "window", later("Talk to persona {number}"), (f"Ctrl+{n}",))
        for n in range(1, 10)
    ),
    KeyVerb("chat.new", "chat", later("Begin a new conversation"), ("Ctrl+N",)),
    KeyVerb("chat.history", "chat", later("Show or hide the conversations"), ("Ctrl+H",)),
    KeyVerb("chat.undo", "chat", later("Take the last action back"), ("Ctrl+Z",)),
    KeyVerb("chat.thumb_up", "chat", later("The last reply is good, while writing"), ("Alt+Up",)),
    KeyVerb("chat.thumb_down", "chat", later("The last reply is bad, while writing"),
            ("Alt+Down",)),
    KeyVerb("thumb_up", "messages", later("A good reply"), ("+", "=")),
    KeyVerb("thumb_down", "messages", later("A bad reply"), ("-",)),
    KeyVerb("correct", "messages", later("Correct the reply in place"), ("C",)),
    KeyVerb("again", "messages", later("Have it answered again"), ("A",)),
    KeyVerb("better", "messages", later("This is the better one of several replies"), ("B",)),
    KeyVerb("counts", "messages", later("What counts for the training"), ("?",)),
    KeyVerb("history.delete", "history", later("Delete the conversation"), ("Del", "Backspace")),
    KeyVerb("history.rename", "history", later("Rename the conversation"), ("F2",)),
    KeyVerb("review.next", "review", later("The next reply"), ("J",)),
    KeyVerb("review.before", "review", later("The reply before"), ("K",)),
    KeyVerb("review.keep", "review", later("Keep: it may be learned"), ("1",)),
    KeyVerb("review.correct", "review", later("Correct it in place"), ("2",)),
    KeyVerb("review.drop", "review", later("Drop: it is never learned"), ("3",)),
    KeyVerb("review.topic", "review", later("Say what it is about"), ("T",)),
    KeyVerb("review.mask", "review",
            later("Mask personal data in the reply and its question"), ("M",)),
    KeyVerb("review.undo", "review", later("Take the last action back"), ("U", "Ctrl+Z")),
    KeyVerb("review.around", "review", later("The whole conversation around it"), ("Space",)),
    KeyVerb("review.all", "review", later("All of the filter: keep, drop, topic, mask"), ("A",)),
    KeyVerb("review.filter", "review", later("Choose another filter"), ("/",)),
    KeyVerb("review.keys", "review", later("These keys"), ("?",)),
    KeyVerb("replay.search", "replay", later("Search the replay items"), ("Ctrl+F",)),
    KeyVerb("replay.new", "replay", later("Write a new replay item"), ("Ctrl+N",)),
    KeyVerb("replay.undo", "replay", later("Take the last action back"), ("Ctrl+Z",)),
)  # fmt: skip
_BY_ID = {verb.id: verb for verb in VERBS}


def verb_words(verb: KeyVerb) -> str:
    """What a key does, in the user's language."""
    return tr(verb.words, number=verb.id.rpartition(".")[2])


class Keys(QObject):
    """The keys as they are now."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, tuple[str, ...]] = {}

    def use(self, chosen: Any) -> None:
        """Take what was kept; what is no key of ours is left out."""
        found = {}
        for verb_id, said in (chosen if isinstance(chosen, dict) else {}).items():
            if verb_id in _BY_ID and isinstance(said, list | tuple):
                found[verb_id] = tuple(key for key in map(portable, said) if key)
        if found != self.chosen:
            self.chosen = found
            self.changed.emit()

    def of(self, verb_id: str) -> tuple[str, ...]:
        """The keys of a verb; none where the user took them away."""
        return self.chosen.get(verb_id, _BY_ID[verb_id].usual)

    def choose(self, verb_id: str, keys: Sequence[str]) -> None:
        """Give a verb these keys; a verb that is heard in the same place loses them."""
        chosen = dict(self.chosen)
        for key in keys:
            other = self.clash(verb_id, key)
            if other is not None:
                chosen[other.id] = tuple(each for each in self.of(other.id) if each != key)
        chosen[verb_id] = tuple(keys)
        self.use({each: keys for each, keys in chosen.items() if keys != _BY_ID[each].usual})

    def give_back(self, verb_id: str) -> None:
        """Give a verb the keys that it usually has."""
        self.choose(verb_id, _BY_ID[verb_id].usual)

    def give_all_back(self) -> None:
        """Give every verb the keys that it usually has."""
        self.use({})

    def clash(self, verb_id: str, key: str) -> KeyVerb | None:
        """Another verb that has this key and is heard in the same place."""
        place = _BY_ID[verb_id].place
        for verb in VERBS:
            together = any({place, verb.place} <= places for places in _TOGETHER)
            if verb.id != verb_id and together and key in self.of(verb.id):
                return verb
        return None

    def heard(self, place: Place, letter: str) -> str:
        """The verb of a place that a single sign stands for; empty where there is none."""
        sign = {" ": "Space"}.get(letter, letter.upper())
        found = (verb.id for verb in VERBS if verb.place == place and sign in self.of(verb.id))
        return next(found, "")


_KEYS: list[Keys] = []


def keys() -> Keys:
    """The keys of the application."""
    if not _KEYS:
        _KEYS.append(Keys())
    return _KEYS[0]


def portable(key: object) -> str:
    """A key as it is kept; empty where it is none."""
    if not isinstance(key, str):
        return ""
    sequence = QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1 or sequence == QKeySequence(Qt.Key.Key_unknown):
        return ""
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def shown(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def with_keys(words: str, *verb_ids: str) -> str:
    """Words with the keys that do the same, the first of each verb."""
    mine = [shown(of[0]) for of in map(keys().of, verb_ids) if of]
    return f"{words} ({', '.join(mine)})" if mine else words


def on_any_layout(key: str) -> tuple[str, ...]:
    """A key, and the same one of a keyboard that writes Hangul just now."""
    before, letter = key[:-1], key[-1:].lower()
    if letter not in JAMO or (before and not before.endswith("+")):
        return (key,)
    shifted = "Shift+" in before and letter in SHIFTED_JAMO
    return (key, before + (SHIFTED_JAMO if shifted else JAMO)[letter])


class BoundKey(QShortcut):
    """A verb's keys on a widget; they change when the user changes them."""

    def __init__(
        self,
        owner: QWidget,
        verb_id: str,
        slot: Callable[[], object],
        context: Qt.ShortcutContext = Qt.ShortcutContext.WindowShortcut,
        *,
        repeats: bool = True,
    ) -> None:
        super().__init__(owner)
        self._verb_id = verb_id
        self.setContext(context)
        self.setAutoRepeat(repeats)
        self._slot = slot
        self.activated.connect(self._on_activated)
        keys().changed.connect(self._take)
        self._take()

    def _on_activated(self) -> None:
        take_step("key", self._verb_id)
        self._slot()

    def _take(self) -> None:
        mine = keys().of(self._verb_id)
        self.setKeys([QKeySequence(each) for key in mine for each in on_any_layout(key)])
