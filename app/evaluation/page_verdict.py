"""The head of the report's page: the verdict, what to do next, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable

from app.evaluation.numbers import NOTHING
from app.evaluation.page_markup import Html, element, icon, titled
from app.evaluation.page_reading import Part, moment, part, parts, text
from app.words import Words, later

_LONGEST_TOLD = 2_000
_LOOKS = {"passed": ("good", "check"), "refused": ("bad", "cross")}
_TRAIN_MORE = later(
    "Rate and correct more replies, above all where the replies below are not as you want them."
)
_MORE_REPLAY = later("Fill the groups on the page “Replay”: a part of them tests what it forgot.")
# What a failed reason asks for, by how its kind begins.
_ADVICE = (
    ("too_little", later("Rate more replies: some of them are held out for the exam.")),
    ("better_than", _TRAIN_MORE),
    ("best", _TRAIN_MORE),
    ("corrected", _TRAIN_MORE),
    (
        "retention",
        later(
            "Give it more replay in the mix before the next training (page “Replay”), so that it"
            " keeps more of what it could do. A recipe with a lower learning rate helps, too."
        ),
    ),
    (
        "checks",
        later("Look at what it can no longer do, and give more replay of that kind into the mix."),
    ),
    (
        "language",
        later(
            "Approve more replies in the right language, and name the language in the persona's"
            " prompt."
        ),
    ),
    (
        "safety",
        later("Look for approved replies that answer what should not be answered; reject them."),
    ),
    (
        "flattery",
        later(
            "Look for approved replies that praise you or agree with what is wrong; correct or"
            " reject them. If you want it to flatter, you can use it all the same and say why."
        ),
    ),
    (
        "usable",
        later(
            "Look for approved replies that repeat themselves or the question; correct them. A"
            " recipe with fewer epochs or a lower learning rate helps, too."
        ),
    ),
    (
        "variety",
        later("Approve replies that are less alike, or choose a recipe with fewer epochs."),
    ),
)


def head(report: Part, words: Words) -> Html:
    """Whose report it is, and the verdict in one large sentence."""
    made = moment(report.get("made"))
    name = words("Training report")
    told = [name, text(report.get("persona")), text(report.get("run")), made]
    class_, sign = _LOOKS.get(text(report.get("verdict")), ("open", "question"))
    verdict = [element("h1", _sentence(report, words))]
    if lead := _lead(report, words):
        verdict.append(element("p", lead, class_="lead"))
    return element(
        "header",
        element("p", " · ".join(each for each in told if each), class_="from"),
        element("div", icon(sign), element("div", *verdict), class_=f"verdict {class_}"),
        _overruled(report, words),
    )


def _sentence(report: Part, words: Words) -> str:
    verdict, name = text(report.get("verdict")), text(report.get("persona")) or NOTHING
    if verdict == "passed":
        return words("The new adapter passed its exam.")
    if part(report, "overruled"):
        return words("The new adapter did not pass, and is in use all the same by your own word.")
    if verdict == "refused":
        return words("The new adapter was refused. {name} stays as it is.", name=name)
    if verdict == "undecided":
        return words("The exam could not decide. {name} stays as it is.", name=name)
    return text(report.get("sentence")) or words("This report has no verdict.")


def _lead(report: Part, words: Words) -> str:
    """What the verdict means for whoever talks to the persona."""
    verdict, name = text(report.get("verdict")), text(report.get("persona")) or NOTHING
    if part(report, "overruled"):
        return ""
    kept = words("Your conversations and ratings are all kept.")
    told = {
        "passed": words(
            "It is closer to the replies that you approved, and its tests show no sure loss of what"
            " it could do. What {name} spoke through before is kept, so you can go back.",
            name=name,
        ),
        "refused": " ".join([words("It failed a condition of its exam, told below."), kept]),
        "undecided": " ".join([words("What was measured is too little to be sure."), kept]),
    }
    return told.get(verdict, "")


def _overruled(report: Part, words: Words) -> Html:
    found = part(report, "overruled")
    if not found:
        return Html("")
    told = words(
        "You took the adapter into use all the same ({at}), because: {because}",
        at=moment(found.get("at")) or NOTHING,
        because=text(found.get("because")) or NOTHING,
    )
    return element("div", element("p", told), class_="note")


def next_steps(report: Part, words: Words) -> Html:
    """What to do now, most useful first."""
    steps = [element("li", each) for each in dict.fromkeys(_steps(report, words))]
    return titled("next", words("What to do next"), element("ol", *steps, class_="steps"))


def _steps(report: Part, words: Words) -> list[str]:
    verdict, name = text(report.get("verdict")), text(report.get("persona")) or NOTHING
    found = []
    if part(report, "prompting").get("as_good") is True:
        found.append(
            words(
                "Try the base model with a few of your best exchanges in its prompt: that does as"
                " well without any adapter."
            )
        )
    back = words(
        "Talk to it for a while. If you do not like it, press “Roll back” on the page “Train”."
    )
    if part(report, "overruled"):
        return [back, *found]
    if verdict == "passed":
        use = words(
            "In Perennial, open the page “Train” and press “Use it”. If {name} speaks through the"
            " new adapter already, there is nothing to do.",
            name=name,
        )
        return [use, *found, back]
    return [*found, *advice(report, words)]


def advice(report: Part, words: Words) -> list[str]:
    """What the reasons that stood in the way ask for, and that nothing is lost."""
    found = []
    for reason in parts(report, "reasons"):
        if _decides(reason) and not reason.get("passed"):
            found += [words(asked) for asked in _asked(reason)]
    return [
        *dict.fromkeys(found),
        words("Train again when more replies are rated. Nothing is lost by it."),
    ]


def _asked(reason: Part) -> list[str]:
    kind, of = text(reason.get("kind")), part(reason, "values").get("of")
    if kind == "too_little" and of != "conversations":
        return [_MORE_REPLAY]
    if kind == "checks_safety":
        kind = "safety"
    return [asked for start, asked in _ADVICE if kind.startswith(start)]


def _decides(reason: Part) -> bool:
    return reason.get("decides") is not False


def reasons(report: Part, words: Words, told: Callable[[Part, Words], str]) -> Html:
    """Every reason with its mark: those that stood in the way are seen, the rest on a click."""
    rows = sorted(
        parts(report, "reasons"), key=lambda each: (not _decides(each), bool(each.get("passed")))
    )
    if not rows:
        return Html("")
    first = [row for row in rows if _decides(row) and not row.get("passed")]
    first = first or [row for row in rows if text(row.get("kind")).startswith("better_than")]
    rest = [row for row in rows if row not in first]
    about = words(
        "A new adapter passes only if every condition holds. What is only shown decides nothing."
    )
    inside = [element("p", about, class_="soft")]
    if first:
        inside.append(_listed(first, words, told))
    if rest:
        deciding = [row for row in rows if _decides(row)]
        summary = words(
            "{holding} of {count} conditions hold",
            holding=sum(bool(row.get("passed")) for row in deciding), count=len(deciding),
        )  # fmt: skip
        inside.append(
            element("details", element("summary", summary), _listed(rest, words, told))
            if first else _listed(rest, words, told)
        )  # fmt: skip
    return titled("reasons", words("Why"), *inside)


def _listed(rows: list[Part], words: Words, told: Callable[[Part, Words], str]) -> Html:
    items = []
    for row in rows:
        class_, sign, word = _mark(row, words)
        mark = element("span", icon(sign), word, class_=f"mark {class_}")
        reason = told(row, words)[:_LONGEST_TOLD] or NOTHING
        items.append(element("li", mark, element("span", reason, dir="auto")))
    return element("ul", *items, class_="reasons")


def _mark(row: Part, words: Words) -> tuple[str, str, str]:
    if not _decides(row):
        return "seen", "look", words("only shown")
    if row.get("passed"):
        return "holds", "check", words("holds")
    if row.get("unsure"):
        return "seen", "look", words("too little to tell")
    return "fails", "cross", words("does not hold")
