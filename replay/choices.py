"""Questions with a choice of answers, as what is learned, what watches and what judges.

Nothing here depends on chance or on the order of the file: the letters of a question and the side
that it is on follow from its words, so a question that judged once never teaches later.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replay.splits import normalised, rank

if TYPE_CHECKING:
    from replay.choice_forms import Form

LETTERS = "ABCDE"
INSTRUCTION = "Which one fits best? Answer with its letter alone."
# Between a question's id and what tells one way of putting it from another.
MARK = "@"
# What is held out for watching and, in one split, for judging: a tenth each.
HELD_OUT = 10

_SIDE_SALT, _WATCH_SALT = "choices judged", "choices watched"

Row = dict[str, Any]


class ChoicesInvalid(ValueError):
    """Questions that cannot be used: every fault, each with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Question:
    """A question with its options in the order of the letters."""

    id: str
    query: str
    types: tuple[str, ...]
    options: tuple[str, ...]
    answer: str

    @property
    def asked(self) -> str:
        """The question as it is put, with its options listed."""
        listed = (f"{letter}. {text}" for letter, text in zip(LETTERS, self.options, strict=True))
        return "\n".join((self.query, "", *listed, "", INSTRUCTION))

    def prompt(self, system_prompt: str) -> list[Row]:
        """The messages before the answer."""
        system = [{"role": "system", "content": system_prompt}] if system_prompt.strip() else []
        return [*system, {"role": "user", "content": self.asked}]

    def row(self, system_prompt: str) -> Row:
        """A line of a data file that teaches the letter."""
        reply = {"role": "assistant", "content": self.answer, "weight": 1.0}
        return {"id": self.id, "group": "new", "messages": [*self.prompt(system_prompt), reply]}

    def item(self, system_prompt: str) -> Row:
        """A line of `choices.jsonl`: asked, and scored by the likelihood of each letter."""
        return {
            "id": self.id,
            "types": list(self.types),
            "messages": self.prompt(system_prompt),
            "letters": list(LETTERS),
            "answer": self.answer,
        }


def question_of(query: str, types: Sequence[str], options: Sequence[str], right: str) -> Question:
    """A question with letters in an order that its words decide, `right` being the right text.

    Files tend to list the right option first or by a habit of whoever wrote them; a model would
    learn the position instead of the question.
    """
    query, right = one_line(query), one_line(right)
    texts = [one_line(text) for text in options]
    content = json.dumps([normalised(query), sorted(texts)], ensure_ascii=False)
    name = f"q{sha256(content.encode()).hexdigest()[:16]}"
    ordered = tuple(sorted(texts, key=lambda text: rank(name, text)))
    return Question(name, query, tuple(types), ordered, LETTERS[ordered.index(right)])


def one_line(text: str) -> str:
    """Text without line breaks, so that a line of a prompt is one option and nothing else."""
    return " ".join(text.split())


@dataclass(frozen=True)
class ChoiceSides:
    """Questions by what they are for."""

    train: tuple[Question, ...]
    valid: tuple[Question, ...]
    test: tuple[Question, ...]


def split(questions: Iterable[Question]) -> ChoiceSides:
    """Eight tenths to learn, one to watch and one to judge."""
    groups = _groups(questions)
    _require(groups, 3, "to learn, to watch and to judge")
    tenth = _tenth(groups)
    return _sides(groups[tenth:], groups[:tenth], tenth, "split")


def folds(questions: Iterable[Question], count: int) -> tuple[ChoiceSides, ...]:
    """So many splits, in which each question judges once and never where it teaches or watches."""
    groups = _groups(questions)
    if count < 2:
        raise ChoicesInvalid([f"{count} folds: there must be 2 or more"])
    _require(groups, max(count, 4), f"for {count} folds")
    tenth = _tenth(groups)
    made = []
    for fold in range(count):
        test = groups[fold::count]
        rest = [group for at, group in enumerate(groups) if at % count != fold]
        made.append(_sides(rest, test, tenth, str(fold)))
    return tuple(made)


def write_sides(
    sides: ChoiceSides, folder: Path, system_prompt: str, form: Form | None = None
) -> dict[str, Any]:
    """Write the data files of a run and their manifest, the same bytes for the same questions.

    Without a form each question is put once, by letter.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def taught(question: Question) -> list[Row]:
        return form.taught(question, system_prompt) if form else [question.row(system_prompt)]

    def judged(question: Question) -> list[Row]:
        return form.judged(question, system_prompt) if form else [question.item(system_prompt)]

    files: dict[str, list[Row]] = {
        "train.jsonl": [row for question in sides.train for row in taught(question)],
        "valid.jsonl": [taught(question)[0] for question in sides.valid],
        "test.jsonl": [taught(question)[0] for question in sides.test],
        "replay_test.jsonl": [],
        "choices.jsonl": [item for question in sides.test for item in judged(question)],
    }
    digests = {}
    for name, rows in files.items():
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        (folder / name).write_bytes(content)
        digests[name] = sha256(content).hexdigest()
    manifest = {
        "version": 1,
        "unit": "questions",
        "counts": {name: len(rows) for name, rows in files.items()},
        "answers": _answers(sides.train),
        "answers_judged": _answers(sides.test),
        "options_seen": options_seen(sides),
        "sha256": digests,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return manifest


def options_seen(sides: ChoiceSides) -> int:
    """How many options of judging questions are also options of questions that teach.

    That is no leak of a question, but an option that was wrong before is a little easier to
    leave aside.
    """
    taught = {text for question in sides.train for text in question.options}
    return sum(text in taught for question in sides.test for text in question.options)


def leaks(taught: Iterable[Mapping[str, Any]], judged: Iterable[Mapping[str, Any]]) -> list[str]:
    """Questions that judge and were taught or watched as well, by their id or by their words."""
    names: set[str] = set()
    texts: set[str] = set()
    for row in taught:
        names.add(_question_of(row))
        texts.update(_asked_in(row))
    found = []
    for row in judged:
        if _question_of(row) in names:
            found.append(f"{row['id']}: the question itself teaches as well")
        elif not texts.isdisjoint(_asked_in(row)):
            found.append(f"{row['id']}: a question of the same words teaches as well")
    return found


def leaks_of(data: Path) -> list[str]:
    """The same for the data files of a run as they lie there, those of its stages included."""
    taught = [
        row
        for side in ("train", "valid")
        for path in sorted(data.rglob(f"{side}.jsonl"))
        for row in _rows(path)
    ]
    judged = [row for name in ("test", "choices") for row in _rows(data / f"{name}.jsonl")]
    return sorted(set(leaks(taught, judged)))


def _rows(path: Path) -> list[Row]:
    # Not splitlines: a text may hold separators that are no line break in JSON.
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def _question_of(row: Mapping[str, Any]) -> str:
    """The question that a row puts, in whatever way."""
    return str(row["id"]).partition(MARK)[0]


def _asked_in(row: Mapping[str, Any]) -> set[str]:
    """What is asked, without the options: they stand in another order under another question."""
    return {
        normalised(str(message["content"]).partition("\n\n")[0])
        for message in row["messages"]
        if message["role"] == "user"
    }


def _groups(questions: Iterable[Question]) -> list[list[Question]]:
    """Questions of the same words together, in an order that depends on their words alone."""
    groups: dict[str, list[Question]] = {}
    for question in sorted(questions, key=lambda each: each.id):
        groups.setdefault(normalised(question.query), []).append(question)
    ordered = sorted(groups, key=lambda query: rank(_SIDE_SALT, query))
    return [groups[query] for query in ordered]


def _sides(
    rest: Sequence[list[Question]], test: Sequence[list[Question]], tenth: int, name: str
) -> ChoiceSides:
    watch = sorted(rest, key=lambda group: rank(f"{_WATCH_SALT} {name}", group[0].id))
    parts = watch[tenth:], watch[:tenth], test
    return ChoiceSides(*(tuple(each for group in part for each in group) for part in parts))


def _tenth(groups: Sequence[object]) -> int:
    return max(1, round(len(groups) / HELD_OUT))


def _require(groups: Sequence[object], least: int, why: str) -> None:
    if len(groups) < least:
        raise ChoicesInvalid(
            [f"{len(groups)} different questions are too few {why}: at least {least}"]
        )


def _answers(questions: Iterable[Question]) -> dict[str, int]:
    counted = Counter(question.answer for question in questions)
    return {letter: counted[letter] for letter in LETTERS}
