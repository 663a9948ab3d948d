"""How questions with choices are put to a model: by letters in several orders, or by their words.

A small base hardly connects a letter with what stands beside it, and likes some letters better
than others. So a question can be put with its options turned through several orders, which takes
that liking out; or without any letters, where the likelihood of each option's own words counts,
beside how likely they are when nothing was asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from replay.choices import LETTERS, MARK, Question, Row

WORDS_WANTED = "Name what fits best."
_PLAIN = "plain"

Rows = Sequence[Mapping[str, Any]]


class Form(Protocol):
    """A way of putting questions."""

    def taught(self, question: Question, system_prompt: str) -> list[Row]:
        """The lines of a data file that teach the answer."""

    def judged(self, question: Question, system_prompt: str) -> list[Row]:
        """The lines of `choices.jsonl` that ask for it."""

    def joined(self, answers: Rows) -> list[Row]:
        """One answer a question, its options named by their letters."""


@dataclass(frozen=True)
class ByLetter:
    """The options are listed, and a letter is the answer, in so many orders of the options."""

    orders: int = 1

    def taught(self, question: Question, system_prompt: str) -> list[Row]:
        return [
            {**turned(question, by).row(system_prompt), "id": _name(question, by)}
            for by in range(self.orders)
        ]

    def judged(self, question: Question, system_prompt: str) -> list[Row]:
        return [
            {**turned(question, by).item(system_prompt), "id": _name(question, by)}
            for by in range(self.orders)
        ]

    def joined(self, answers: Rows) -> list[Row]:
        """The mean over all orders of how likely an option was among the five."""
        return _joined(answers, _mean_of_orders)


@dataclass(frozen=True)
class ByWords:
    """Nothing is listed; the right option's words are the answer."""

    def taught(self, question: Question, system_prompt: str) -> list[Row]:
        right = question.options[LETTERS.index(question.answer)]
        reply = {"role": "assistant", "content": right, "weight": 1.0}
        asked = _messages(f"{question.query}\n\n{WORDS_WANTED}", system_prompt)
        return [{"id": question.id, "group": "new", "messages": [*asked, reply]}]

    def judged(self, question: Question, system_prompt: str) -> list[Row]:
        item = {**question.item(system_prompt), "letters": list(question.options)}
        item["answer"] = question.options[LETTERS.index(question.answer)]
        asked = _messages(f"{question.query}\n\n{WORDS_WANTED}", system_prompt)
        plain = _messages(WORDS_WANTED, system_prompt)
        return [
            {**item, "messages": asked},
            {**item, "id": f"{question.id}{MARK}{_PLAIN}", "messages": plain},
        ]

    def joined(self, answers: Rows) -> list[Row]:
        """How much likelier the question makes an option's words than they are anyway."""
        return _joined(answers, _gain_over_plain)


def turned(question: Question, by: int) -> Question:
    """The same question with its options moved up by so many letters."""
    count = len(question.options)
    answer = LETTERS[(LETTERS.index(question.answer) - by) % count]
    options = question.options[by % count :] + question.options[: by % count]
    return replace(question, options=options, answer=answer)


def _name(question: Question, by: int) -> str:
    return f"{question.id}{MARK}{by}" if by else question.id


def _messages(asked: str, system_prompt: str) -> list[Row]:
    system = [{"role": "system", "content": system_prompt}] if system_prompt.strip() else []
    return [*system, {"role": "user", "content": asked}]


def _joined(answers: Rows, of: Callable[[Mapping[str, Any]], list[float]]) -> list[Row]:
    """All answers to a question as one, in the order in which questions were first asked."""
    questions: dict[str, dict[str, Any]] = {}
    for row in answers:
        name, _, which = str(row["id"]).partition(MARK)
        questions.setdefault(name, {})[which] = row
    made = []
    for name, rows in questions.items():
        first = rows[""]
        scores = of(rows)
        options = list(first["log_likelihoods"])
        made.append(
            {
                "id": name,
                "types": first["types"],
                "answer": LETTERS[options.index(first["answer"])],
                "chosen": LETTERS[max(range(len(scores)), key=scores.__getitem__)],
                "log_likelihoods": dict(zip(LETTERS, scores, strict=True)),
            }
        )
    return made


def _mean_of_orders(rows: Mapping[str, Any]) -> list[float]:
    count = len(LETTERS)
    sums = [0.0] * count
    for which, row in rows.items():
        by = int(which or 0)
        for at, value in enumerate(_among_themselves(list(row["log_likelihoods"].values()))):
            sums[(at + by) % count] += value
    return [each / len(rows) for each in sums]


def _among_themselves(scores: Sequence[float]) -> list[float]:
    """Log-likelihoods as if nothing but these could be said."""
    most = max(scores)
    whole = most + math.log(sum(math.exp(each - most) for each in scores))
    return [each - whole for each in scores]


def _gain_over_plain(rows: Mapping[str, Any]) -> list[float]:
    asked, plain = rows[""]["log_likelihoods"], rows[_PLAIN]["log_likelihoods"]
    return [asked[words] - plain[words] for words in asked]
