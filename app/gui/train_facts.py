"""What a result rests on beside its scores: data, recipe, warnings, the exam and the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtWidgets import QFrame, QWidget

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_facts import (
    exam_facts,
    exam_kind,
    left_out,
    mix_counts,
    mix_facts,
    mix_told,
    recipe_told,
    seconds_facts,
    shortfalls,
    written,
)
from app.evaluation.page_reading import Part, part, parts, points, text
from app.evaluation.page_shortfalls import shortfall_words
from app.evaluation.page_words import ABOUT_SUBJECTS, GLOSSARY, RECIPE, SUBJECTS
from app.gui.controls import card, column, label, rule
from app.gui.reasons import report_words
from app.gui.run_state import Notice
from app.gui.theme import space
from app.gui.train_before import MixBar
from app.gui.train_fold import Fold, facts
from app.gui.train_warnings import warning_card
from app.gui.translation import tr

_INDENT_PX = 28


def facts_card(report: Part, opened: set[str]) -> QFrame | None:
    """The folds, as far as the report tells of them."""
    folds = [fold for fold in _folds(report, opened) if fold is not None]
    if not folds:
        return None
    folds.append(Fold("fold_words", tr("Words used here"), _glossary, opened))
    frame, inside = card("facts_card")
    side = space("large")
    inside.setContentsMargins(side, space("small"), side, space("small"))
    inside.setSpacing(space("hair"))
    for place, fold in enumerate(folds):
        if place:
            inside.addWidget(rule())
        inside.addWidget(fold)
    return frame


def _folds(report: Part, opened: set[str]) -> Iterable[Fold | None]:
    words = report_words()
    data = part(report, "data") or part(report, "mix")
    recipe, exam = part(report, "recipe"), part(report, "exam")
    warnings, times = parts(report, "warnings"), seconds_facts(report, words)
    losses = points(part(report, "curves").get("valid"))

    def fold(
        name: str, title: str, there: object, beside: str, fill: Callable[[], QWidget]
    ) -> Fold | None:
        return Fold(f"fold_{name}", title, fill, opened, beside=beside) if there else None

    yield fold(
        "warnings", tr("Warnings"), warnings, f"{len(warnings)}", lambda: _warnings(warnings)
    )
    yield fold(
        "data", tr("What it learned from"), data, ", ".join(mix_told(data, words)[:1]),
        lambda: _data(data),
    )  # fmt: skip
    beside = recipe_told(recipe, words)[0]
    yield fold("recipe", tr("How it was trained"), recipe, beside, lambda: _recipe(recipe))
    yield fold("curves", tr("How it learned"), losses, _best(losses), lambda: _losses(losses))
    cases = exam_facts(exam, words)[0]
    yield fold("exam", tr("The exam"), exam, ": ".join(cases), lambda: _exam(exam))
    total = dict(times).get(words("All together"), "")
    yield fold("seconds", tr("How long it took"), times, total, lambda: _inside([facts(times)]))


def _best(losses: Sequence[tuple[float, float]]) -> str:
    return tr("best: {loss}", loss=shown(min((loss for _, loss in losses), default=None), "loss"))


def _inside(widgets: Iterable[QWidget]) -> QWidget:
    holder = QWidget()
    inside = column(holder, margins=(_INDENT_PX, 0, 0, space("small")), gap=space("small"))
    for each in widgets:
        inside.addWidget(each)
    return holder


def _warnings(rows: Sequence[Part]) -> QWidget:
    return _inside(warning_card(_notice(each)) for each in rows)


def _notice(found: Part) -> Notice:
    advice = str(found.get("advice") or "")
    return Notice(text(found.get("kind")), advice, part(found, "values"))


def _data(data: Part) -> QWidget:
    words = report_words()
    counts = mix_counts(data)
    new = sum(count for name, count in counts if name == "new")
    replay = sum(count for name, count in counts if name != "new")
    return _inside(
        [
            MixBar(round(new), round(replay)),
            *(label(told) for told in mix_told(data, words)),
            facts(_known(mix_facts(data, words)), "data_facts"),
            *(label(shortfall_words(each, words), "soft", wrap=True) for each in shortfalls(data)),
        ]
    )


def _known(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in rows if value != NOTHING]


def _recipe(recipe: Part) -> QWidget:
    name, told = recipe_told(recipe, report_words())
    made: list[QWidget] = [label(f"{name}. {told}", wrap=True)]
    changed, values = part(recipe, "changed"), part(recipe, "values")
    if changed:
        made += [label(tr("Changed values"), "section"), _settings(changed)]
    if values:
        made += [label(tr("All values"), "section"), _settings(values)]
    return _inside(made)


def _settings(values: Part) -> QWidget:
    words = report_words()
    return facts(
        (name, f"{written(value)}" + (f" – {words(RECIPE[name])}" if name in RECIPE else ""))
        for name, value in values.items()
    )


def _losses(losses: Sequence[tuple[float, float]]) -> QWidget:
    return _inside(
        [
            label(tr("Validation loss by step"), "section"),
            facts((f"{step:g}", shown(loss, "loss")) for step, loss in losses),
        ]
    )


def _exam(exam: Part) -> QWidget:
    words = report_words()
    kind, skipped = exam_kind(exam, words), left_out(exam, words)
    made: list[QWidget] = [label(kind, wrap=True)] if kind else []
    made.append(facts(_known(exam_facts(exam, words)), "exam_facts"))
    if skipped:
        made += [label(tr("Left out, because"), "section"), facts(skipped, "exam_skipped")]
    return _inside(made)


def _glossary() -> QWidget:
    words = report_words()
    rows = [(words(SUBJECTS[name]), words(about)) for name, about in ABOUT_SUBJECTS.items()]
    return _inside([facts(rows), facts((words(term), words(about)) for term, about in GLOSSARY)])
