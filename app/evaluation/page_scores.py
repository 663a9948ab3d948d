"""The scores of the report's page: subjects side by side, prompting, and what was kept."""

from __future__ import annotations

from dataclasses import dataclass

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_charts import retention_bar
from app.evaluation.page_markup import Html, element, icon, joined, table, titled
from app.evaluation.page_reading import (
    Part,
    number,
    part,
    parts,
    scores_of,
    subjects_in,
    text,
    value_of,
)
from app.evaluation.page_words import ABOUT_SUBJECTS, KINDS, MEASURES, SUBJECTS, group_name, named
from app.words import Words, later

STANDINGS = {
    "better": later("better"),
    "worse": later("worse"),
    "same": later("the same"),
}
# Bars reach at least this far, so that small changes look small.
_LEAST_REACH, _MOST_REACH = 0.15, 1.0
_LONGEST_TOLD = 1_000


def scores(report: Part, words: Words) -> Html:
    """One table: what was measured, of whom, and whether the candidate is better."""
    rows = parts(report, "scores")
    subjects = subjects_in(rows)
    if not subjects:
        return Html("")
    compared = {"base", "candidate"} <= set(subjects)
    heads = [words("Measured"), *(words(SUBJECTS[name]) for name in subjects)]
    heads += [words("Against the base model")] * compared + [words("Cases")]
    width = len(heads)
    bodies = []
    for measure in dict.fromkeys(text(row.get("measure")) for row in rows):
        of = [row for row in rows if text(row.get("measure")) == measure]
        bodies.append(_body(measure, of, subjects, compared, width, words))
    who = joined(
        joined([element("dt", words(SUBJECTS[name])), element("dd", words(ABOUT_SUBJECTS[name]))])
        for name in subjects
    )
    name = words("Scores")
    about = words(
        "Everything that was measured. Lower is better for a loss, higher for a share. A single"
        " “worse” decides nothing, since small differences come by chance: “Why” tells which ones"
        " count."
    )
    return titled(
        "scores", name, element("p", about, class_="soft"), element("dl", who, class_="facts who"),
        table(heads, *bodies, name=name),
    )  # fmt: skip


def _body(
    measure: str, rows: list[Part], subjects: list[str], compared: bool, width: int, words: Words
) -> Html:
    title = named(MEASURES, measure, words)
    if len(rows) == 1:
        group = row_name(rows[0], words)
        whole = f"{title}: {group}" if group else title
        return element("tbody", _row(whole, rows[0], subjects, compared, words))
    first = element("th", title, colspan=width, scope="rowgroup", class_="measure")
    lines = [_row(row_name(row, words), row, subjects, compared, words) for row in rows]
    return element("tbody", element("tr", first), *lines, class_="of")


def row_name(row: Part, words: Words) -> str:
    """A row's group; of a test set also the kind of question, and what chance would reach."""
    group, kind, chance = text(row.get("group")), text(row.get("kind")), number(row.get("chance"))
    if not kind:
        return group_name(group, words)
    # Names that the user gave stay as they are.
    name = f"{group}: {words(KINDS[kind]) if kind in KINDS else kind}"
    if chance is None:
        return name
    return words("{name} (by chance {chance})", name=name, chance=shown(chance, "share", words))


def _row(title: str, row: Part, subjects: list[str], compared: bool, words: Words) -> Html:
    cells = [element("th", title, scope="row")]
    for name in subjects:
        class_ = "candidate" if name == "candidate" else None
        cells.append(element("td", _value(row, name, words), class_=class_))
    if compared:
        cells.append(element("td", _against(row, words)))
    return element("tr", *cells, element("td", cases_of(row, subjects)))


def _value(row: Part, subject: str, words: Words) -> Html:
    value = joined([shown(value_of(row, subject), text(row.get("unit")), words)])
    limits = limits_of(row, subject, words)
    return joined([value, element("span", limits, class_="range")]) if limits else value


def limits_of(row: Part, subject: str, words: Words) -> str:
    """The range of a subject's score; nothing where none was told, or where one case made it."""
    unit, found = text(row.get("unit")), part(part(row, "values"), subject)
    low, high = number(found.get("low")), number(found.get("high"))
    if low is None or high is None or low == high:
        return ""
    return words("{low} to {high}", low=shown(low, unit, words), high=shown(high, unit, words))


def _against(row: Part, words: Words) -> Html:
    found = against(row)
    if found is None:
        return joined([NOTHING])
    sign, standing = found
    return element("span", icon(sign), words(STANDINGS[standing]), class_=f"mark {standing}")


def against(row: Part) -> tuple[str, str] | None:
    """Where the candidate went from the base (up, down, level), and whether that is better.

    As far as the shown digits tell.
    """
    base, now, better = value_of(row, "base"), value_of(row, "candidate"), row.get("better")
    if base is None or now is None or better not in ("lower", "higher"):
        return None
    unit = text(row.get("unit"))
    if shown(base, unit) == shown(now, unit):
        return "level", "same"
    sign = "up" if now > base else "down"
    return sign, "better" if (now > base) == (better == "higher") else "worse"


def cases_of(row: Part, subjects: list[str]) -> str:
    """How many cases a row rests on."""
    found = [number(part(part(row, "values"), name).get("n")) for name in subjects]
    counts = sorted({each for each in found if each is not None})
    if not counts:
        return NOTHING
    ends = [shown(each, "number") for each in (counts[0], counts[-1])]
    return ends[0] if len(counts) == 1 else f"{ends[0]}–{ends[1]}"


def prompting(report: Part, words: Words) -> Html:
    """Whether examples in the prompt alone do as well."""
    told = prompting_told(report, words)
    if not told:
        return Html("")
    first, *more = told
    return titled(
        "prompting", words("Would the prompt alone do as well?"), element("p", first),
        *(element("p", each, class_="soft") for each in more),
    )  # fmt: skip


def prompting_told(report: Part, words: Words) -> list[str]:
    """Yes or no in a sentence, and what that rests on."""
    found = part(report, "prompting")
    as_good = found.get("as_good")
    if not isinstance(as_good, bool):
        return []
    if as_good:
        told = words(
            "Yes: with a few of your best exchanges in its prompt, the base model does as well."
        )
    else:
        told = words("No: the adapter does better than examples in the prompt can.")
    said = found.get("text")
    if words.language == "en" and isinstance(said, str) and said:
        return [told, said[:_LONGEST_TOLD]]
    # That sentence is English; these numbers say the same.
    more = [_prompted(row, words) for row in scores_of(report, "test_loss")]
    return [told, *(each for each in more if each)]


def _prompted(row: Part, words: Words) -> str:
    unit = text(row.get("unit"))
    numbers = {name: value_of(row, name) for name in ("base", "prompted", "candidate")}
    if numbers["prompted"] is None:
        return ""
    return words(
        "Loss on replies that you approved: base model {base}, base model with examples"
        " {prompted}, new adapter {candidate}. Lower is better.",
        **{name: shown(each, unit, words) for name, each in numbers.items()},
    )


@dataclass(frozen=True)
class _Kept:
    """What became of a group: its change from the base, that of the old adapter, the mark."""

    change: float
    old: float | None
    mark: str


_MARKS = {
    "kept": ("check", later("kept"), "holds"),
    "unsure": ("look", later("too little to tell"), "seen"),
    "forgot": ("cross", later("forgot"), "fails"),
}


def retention(report: Part, words: Words) -> Html:
    """What the base could do before, group by group, against the line of what is allowed."""
    judged: dict[str, list[Part]] = {}
    for reason in parts(report, "reasons"):
        if text(reason.get("kind")).startswith("retention"):
            judged.setdefault(text(part(reason, "values").get("of")), []).append(reason)
    values = [part(each, "values") for rows in judged.values() for each in rows]
    limits = [each for each in (number(row.get("most")) for row in values) if each is not None]
    limit = limits[0] if limits else None
    rows = {text(row.get("group")): row for row in scores_of(report, "retention")}
    groups: dict[str, _Kept] = {}
    for group in dict.fromkeys((*rows, *judged)):
        row, reasons = rows.get(group, {}), judged.get(group, [])
        # The verdict's own number, so that the two never differ in a digit.
        change = _judged_change(reasons)
        change = _change(row, "candidate") if change is None else change
        if change is not None:
            mark = _kept_mark(reasons, change, limit)
            groups[group] = _Kept(change, _change(row, "parent"), mark)
    if not groups:
        return Html("")
    return titled("retention", words("What it kept or forgot"), *_kept(groups, limit, words))


def _judged_change(reasons: list[Part]) -> float | None:
    """The change from the base, of a group that was also held against the best adapter."""
    values = [part(each, "values") for each in reasons]
    from_base = [row for row in values if row.get("than") in (None, "base")]
    return number(from_base[0].get("change")) if from_base else None


def _kept_mark(reasons: list[Part], change: float, limit: float | None) -> str:
    """As the verdict has it, so that the two never contradict each other."""
    failed = [each for each in reasons if not each.get("passed")]
    if failed:
        return "unsure" if all(each.get("unsure") for each in failed) else "forgot"
    return "forgot" if not reasons and limit is not None and change > limit else "kept"


def _kept(groups: dict[str, _Kept], limit: float | None, words: Words) -> list[Html]:
    with_old = any(each.old is not None for each in groups.values())
    furthest = max(abs(each) for kept in groups.values() for each in (kept.change, kept.old or 0.0))
    reach = min(_MOST_REACH, max(_LEAST_REACH, 2 * (limit or 0), furthest))
    heads = [words("Group"), words("← better · worse →"), words("Change of the loss")]
    heads += [words("Old adapter")] * with_old + [words("Verdict")] * (limit is not None)
    lines = []
    for group, kept in groups.items():
        name, moved = group_name(group, words), shown(kept.change, "change")
        bar = retention_bar(kept.change, kept.old, limit, reach, f"{name}: {moved}")
        cells = [element("td", bar, class_="bar"), element("td", moved, class_="candidate")]
        cells += [element("td", shown(kept.old, "change"))] * with_old
        if limit is not None:
            sign, word, class_ = _MARKS[kept.mark]
            mark = element("span", icon(sign), words(word), class_=f"mark {class_}")
            cells.append(element("td", mark))
        lines.append(element("tr", element("th", name, scope="row"), *cells))
    grid = table(heads, element("tbody", *lines), name=words("What it kept or forgot"))
    about = element("p", " ".join(_about_kept(limit, with_old, words)), class_="soft")
    return [about, element("div", grid, class_="bars")]


def _about_kept(limit: float | None, with_old: bool, words: Words) -> list[str]:
    told = [
        words(
            "A bar to the left: it finds good answers of this kind likelier than the base model"
            " does; to the right: less likely. It has learned none of these answers."
        )
    ]
    if limit is not None:
        told.append(
            words(
                "Beyond the dashed line at {limit} it counts as forgotten.",
                limit=shown(limit, "change"),
            )
        )
    if with_old:
        told.append(words("The thin bars are the old adapter."))
    return told


def _change(row: Part, subject: str) -> float | None:
    """How far a subject's loss is from the base's; a change that is given is taken as it is."""
    value, base = value_of(row, subject), value_of(row, "base")
    if text(row.get("unit")) == "change":
        return value
    if value is None or not base or text(row.get("unit")) != "loss":
        return None
    return value / base - 1
