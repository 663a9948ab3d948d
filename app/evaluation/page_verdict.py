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
# What a failed reason asks for, by how its kind begins.
_ADVICE = (
    ("too_little", later("Rate more replies: with too few held out nobody can tell.")),
    ("better_than", _TRAIN_MORE),
    ("best", _TRAIN_MORE),
    ("corrected", _TRAIN_MORE),
    (
        "retention",
        later(
            "Keep more of what the base could do: more replay in the mix, or a lower learning rate."
        ),
    ),
    (
        "checks",
        later("Look at what it can no longer do, and give more replay of that kind into the mix."),
    ),
    (
        "language",
        later("Give it more examples in the right language, and name it in the persona's prompt."),
    ),
    (
        "safety",
        later("Look for approved replies that answer what should not be answered; reject them."),
    ),
)


def head(report: Part, words: Words) -> Html:
    """Whose report it is, and the verdict in one large sentence."""
    made = moment(report.get("made"))
    told = [text(report.get("persona")), text(report.get("run")), made]
    class_, sign = _LOOKS.get(text(report.get("verdict")), ("open", "question"))
    verdict = element("h1", _sentence(report, words))
    return element(
        "header",
        element("p", " · ".join(each for each in told if each), class_="from"),
        element("div", icon(sign), element("div", verdict), class_=f"verdict {class_}"),
        _overruled(report, words),
    )


def _sentence(report: Part, words: Words) -> str:
    verdict, name = text(report.get("verdict")), text(report.get("persona")) or NOTHING
    if verdict == "passed":
        return words(
            "The new adapter passed: it answers more like {name} and has forgotten nothing.",
            name=name,
        )
    if part(report, "overruled"):
        return words("The new adapter did not pass, and is in use all the same by your own word.")
    if verdict == "refused":
        return words("The new adapter was refused. {name} stays as it is.", name=name)
    if verdict == "undecided":
        return words("The exam could not decide. {name} stays as it is.", name=name)
    return text(report.get("sentence")) or words("This report has no verdict.")


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
    verdict = text(report.get("verdict"))
    found = []
    if part(report, "prompting").get("as_good") is True:
        found.append(
            words(
                "Try the base with a few of your best exchanges in its prompt: that does as well"
                " without any adapter."
            )
        )
    back = words("Talk to it for a while. If you do not like it, one click goes back.")
    if part(report, "overruled"):
        return [back, *found]
    if verdict == "passed":
        use = words("Take the new adapter into use on the page Train, if it is not in use already.")
        return [use, *found, back]
    return [*found, *advice(report, words)]


def advice(report: Part, words: Words) -> list[str]:
    """What the reasons that stood in the way ask for, and that nothing is lost."""
    found = []
    for reason in parts(report, "reasons"):
        if _decides(reason) and not reason.get("passed"):
            kind = text(reason.get("kind"))
            found += [words(asked) for start, asked in _ADVICE if kind.startswith(start)]
    return [
        *dict.fromkeys(found),
        words(
            "Train again when more replies are rated. Nothing is lost: conversations, ratings and"
            " the adapter in use are as they were."
        ),
    ]


def _decides(reason: Part) -> bool:
    return reason.get("decides") is not False


def reasons(report: Part, words: Words, told: Callable[[Part, Words], str]) -> Html:
    """Every reason with its mark: those that stood in the way first, those only shown last."""
    rows = sorted(
        parts(report, "reasons"), key=lambda each: (not _decides(each), bool(each.get("passed")))
    )
    if not rows:
        return Html("")
    items = []
    for row in rows:
        class_, sign, word = _mark(row, words)
        mark = element("span", icon(sign), word, class_=f"mark {class_}")
        reason = told(row, words)[:_LONGEST_TOLD] or NOTHING
        items.append(element("li", mark, element("span", reason, dir="auto")))
    about = element(
        "p",
        words(
            "It goes into use only if every condition holds. What is only shown decides nothing."
        ),
        class_="soft",
    )
    return titled("reasons", words("Why"), about, element("ul", *items, class_="reasons"))


def _mark(row: Part, words: Words) -> tuple[str, str, str]:
    if not _decides(row):
        return "seen", "look", words("only shown")
    if row.get("passed"):
        return "holds", "check", words("holds")
    if row.get("unsure"):
        return "seen", "look", words("too little to tell")
    return "fails", "cross", words("does not hold")
