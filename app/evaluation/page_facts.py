"""The rest of the report's page: the mix, the recipe, warnings, the exam, times and the words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_charts import loss_curves, shares_bar
from app.evaluation.page_markup import Html, element, icon, joined, table, titled
from app.evaluation.page_reading import Part, number, part, parts, points, text
from app.evaluation.page_shortfalls import shortfall_words
from app.evaluation.page_words import GLOSSARY, RECIPE, STAGES, group_name, named
from app.warning_words import warning_words
from app.words import Words

_LONGEST_VALUE = 300
_LONGEST_TOLD = 2_000
_MOST_ROWS = 200


def curves(report: Part, words: Words) -> Html:
    """How the loss fell while it learned."""
    found = part(report, "curves")
    train, valid = points(found.get("train")), points(found.get("valid"))
    picture = loss_curves(train, valid, words)
    if not picture:
        return Html("")
    about = [words("How much the replies surprised it as it went on (loss): lower is better.")]
    if len(valid) > 1:
        about.append(
            words(
                "Both lines should fall. Where only that of what it learns from falls, it begins to"
                " learn by heart."
            )
        )
    return titled(
        "curves", words("How it learned"), element("p", " ".join(about), class_="soft"),
        element("figure", picture), _numbers(valid, words),
    )  # fmt: skip


def _numbers(valid: list[tuple[float, float]], words: Words) -> Html:
    if not valid:
        return Html("")
    lines = [
        element("tr", element("th", f"{step:g}", scope="row"), element("td", shown(loss, "loss")))
        for step, loss in valid[:_MOST_ROWS]
    ]
    name = words("Loss on held-out replies")
    grid = table([words("step"), name], element("tbody", *lines), name=name)
    return element("details", element("summary", words("The numbers")), grid)


def mix(report: Part, words: Words) -> Html:
    """What it learned from, and what was held out."""
    data = part(report, "data")
    if not data:
        return Html("")
    counts = mix_counts(data)
    items = []
    for place, told in enumerate(mix_told(data, words)):
        rect = element("rect", x=0, y=0, width=12, height=12, rx=3, class_=f"share{min(place, 4)}")
        mark = element("svg", rect, viewBox="0 0 22 12", aria_hidden="true")
        items.append(element("li", mark, told))
    return titled(
        "data", words("What it learned from"),
        element("p", words("Replies that you approved, and replay beside them."), class_="soft"),
        element("div", shares_bar([each for _, each in counts], words("The mix")), class_="mix"),
        element("ul", *items, class_="key"),
        _facts(mix_facts(data, words)),
        *(element("p", each, class_="soft") for each in _shortfalls(data, words)),
    )  # fmt: skip


def _shortfalls(data: Part, words: Words) -> Iterator[str]:
    for said in shortfalls(data):
        yield shortfall_words(said[:_LONGEST_TOLD], words)


def mix_counts(data: Part) -> list[tuple[str, float]]:
    """How many replies of each kind it learned from, new ones first."""
    groups = {text(name): number(each) or 0 for name, each in part(data, "groups").items()}
    counts = [
        ("new", number(data.get("new")) or 0),
        *((name, each) for name, each in groups.items() if each > 0),
    ]
    if len(counts) == 1 and number(data.get("replay")):
        counts.append(("replay", number(data.get("replay")) or 0))
    return counts


def mix_told(data: Part, words: Words) -> list[str]:
    """The same in words, with the share of each."""
    counts = mix_counts(data)
    total = sum(each for _, each in counts)
    return [
        f"{group_name(name, words)}: {shown(count, 'number')}"
        + (f" ({shown(count / total, 'share')})" if total else "")
        for name, count in counts
    ]


def mix_facts(data: Part, words: Words) -> list[tuple[str, str]]:
    """How many replies were held out, and what for."""
    names = {
        "valid": words("Replies held out to stop the training in time"),
        "test": words("Replies held out to judge it by"),
        "replay_test": words("Replies held out to see what it forgot"),
    }
    return [(told, shown(number(data.get(name)), "number")) for name, told in names.items()]


def shortfalls(data: Part) -> list[str]:
    """What the mix was short of."""
    short = data.get("shortfalls")
    notes = [each for each in short if isinstance(each, str)] if isinstance(short, list) else []
    return notes[:_MOST_ROWS]


def _facts(rows: Iterable[tuple[object, object]]) -> Html:
    inside = joined(
        joined([element("dt", name), element("dd", value)])
        for name, value in rows
        if value != NOTHING
    )
    return element("dl", inside, class_="facts") if inside else Html("")


def recipe(report: Part, words: Words) -> Html:
    """What was changed first, every value on a click."""
    found = part(report, "recipe")
    if not found:
        return Html("")
    name, about = recipe_told(found, words)
    inside = [element("p", element("strong", name), ". ", about)]
    tables = {"changed": words("Values that differ"), "values": words("All values")}
    for of, title in tables.items():
        if values := part(found, of):
            grid = _values(values, title, words)
            inside.append(element("details", element("summary", title), grid))
    return titled("recipe", words("How it was trained"), *inside)


def recipe_told(found: Part, words: Words) -> tuple[str, str]:
    """A recipe's name, and how much of it is not as in every recipe."""
    count = shown(len(part(found, "changed")), "number")
    told = words("Values that differ from the usual ones: {count}.", count=count)
    return text(found.get("name")) or NOTHING, told


def _values(values: Part, name: str, words: Words) -> Html:
    lines = [
        element(
            "tr",
            element("th", element("code", str(key)[:_LONGEST_VALUE]), scope="row"),
            element("td", element("code", written(value)), dir="auto"),
            element("td", words(RECIPE[key]) if key in RECIPE else "", class_="soft"),
        )
        for key, value in list(values.items())[:_MOST_ROWS]
    ]
    heads = [words("Value"), words("Set to"), words("What it is")]
    return element("div", table(heads, element("tbody", *lines), name=name), class_="settings")


def written(value: object) -> str:
    """A value of the recipe as its file would have it."""
    if value in (None, "", [], {}, ()):
        return NOTHING
    if isinstance(value, list | tuple):
        told = ", ".join(each if isinstance(each, str) else json.dumps(each) for each in value)
    elif isinstance(value, str):
        told = value
    else:
        told = json.dumps(value, ensure_ascii=False)
    return told[:_LONGEST_VALUE]


def warnings(report: Part, words: Words) -> Html:
    """What the training warned of, with advice."""
    items = []
    for row in parts(report, "warnings")[:_MOST_ROWS]:
        advice = str(row.get("advice") or "")
        said = warning_words(text(row.get("kind")), advice, part(row, "values"), words)
        if said:
            about = element("p", said[:_LONGEST_TOLD], dir="auto")
            items.append(element("div", icon("warning"), element("div", about), class_="warned"))
    return titled("warnings", words("Warnings"), *items)


def exam(report: Part, words: Words) -> Html:
    """Which exam it was, and what it left out."""
    found = part(report, "exam")
    if not found:
        return Html("")
    kind = exam_kind(found, words)
    inside = [element("p", kind) if kind else Html(""), _facts(exam_facts(found, words))]
    skipped = [
        element("tr", element("th", why, scope="row", dir="auto"), element("td", cases))
        for why, cases in left_out(found, words)
    ]
    if skipped:
        name = words("Left out")
        heads = [words("Left out, because"), words("Questions")]
        inside.append(table(heads, element("tbody", *skipped), name=name))
    return titled("exam", words("The exam"), *inside)


def exam_kind(found: Part, words: Words) -> str:
    """Which exam it was; nothing of one that nobody knows."""
    kinds = {
        "quick": words("The quick exam: a few questions of every kind."),
        "full": words("The full exam: every question."),
    }
    return kinds.get(text(found.get("kind")), "")


def exam_facts(found: Part, words: Words) -> list[tuple[str, str]]:
    """How large the exam was, and how long it took."""
    return [
        (words("Questions"), shown(number(found.get("cases")), "number")),
        (words("It took"), shown(number(found.get("seconds")), "seconds", words)),
    ]


def left_out(found: Part, words: Words) -> list[tuple[str, str]]:
    """Why cases could not be asked, and how many."""
    return [
        (words(text(row.get("why")) or NOTHING), shown(number(row.get("cases")), "number"))
        for row in parts(found, "skipped")[:_MOST_ROWS]
    ]


def seconds(report: Part, words: Words) -> Html:
    """How long each stage took."""
    return titled("seconds", words("How long it took"), _facts(seconds_facts(report, words)))


def seconds_facts(report: Part, words: Words) -> list[tuple[str, str]]:
    """Each stage with its time."""
    return [
        (named(STAGES, text(name), words), shown(number(each), "seconds", words))
        for name, each in part(report, "seconds").items()
    ]


def glossary(words: Words) -> Html:
    """The words of the trade in plain ones."""
    inside = joined(
        joined([element("dt", words(term)), element("dd", words(about))])
        for term, about in GLOSSARY
    )
    return titled("words", words("Words used here"), element("dl", inside, class_="glossary"))
