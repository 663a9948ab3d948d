"""report.html: a report as one file that opens anywhere, without a network and without scripts."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from app.evaluation import page_facts, page_replies, page_scores, page_verdict
from app.evaluation.page_markup import Html, element, joined
from app.evaluation.page_reading import Part, text
from app.evaluation.page_style import style
from app.evaluation.reason_words import reason_words
from app.words import Words


def make_page(report: Part, language: str) -> str:
    """The page of a report, in a language."""
    return page_in(report, Words(language))


def page_in(report: Part, words: Words) -> str:
    """The page of a report, in these words."""
    body = joined(
        [
            page_verdict.head(report, words),
            _contents(sections := _sections(report, words), words),
            element("main", *sections.values()),
            element("footer", element("p", words("Made by Perennial on your own computer."))),
        ]
    )
    page = element("html", _head(report, words), element("body", body), lang=words.language)
    return f"<!DOCTYPE html>\n{page}\n"


def _sections(report: Part, words: Words) -> dict[str, Html]:
    """What concerns everybody first, what an expert asks for last; empty parts are left out."""
    made = {
        "next": page_verdict.next_steps(report, words),
        "reasons": page_verdict.reasons(report, words, reason_words),
        "warnings": page_facts.warnings(report, words),
        "replies": page_replies.replies(report, words),
        "retention": page_scores.retention(report, words),
        "scores": page_scores.scores(report, words),
        "prompting": page_scores.prompting(report, words),
        "data": page_facts.mix(report, words),
        "curves": page_facts.curves(report, words),
        "recipe": page_facts.recipe(report, words),
        "exam": page_facts.exam(report, words),
        "seconds": page_facts.seconds(report, words),
        "words": page_facts.glossary(words),
    }
    return {name: section for name, section in made.items() if section}


def _contents(sections: dict[str, Html], words: Words) -> Html:
    titles = {
        "reasons": words("Why"),
        "warnings": words("Warnings"),
        "replies": words("Before and after"),
        "retention": words("What it kept or forgot"),
        "scores": words("Scores"),
        "data": words("What it learned from"),
        "curves": words("How it learned"),
        "recipe": words("How it was trained"),
        "exam": words("The exam"),
        "words": words("Words used here"),
    }
    items = [
        element("li", element("a", title, href=f"#{name}"))
        for name, title in titles.items()
        if name in sections
    ]
    return element("nav", element("ul", *items), aria_label=words("On this page"))


def _head(report: Part, words: Words) -> Html:
    rules = style()
    # Nothing but this one style may work, so not even a mistake in escaping could do harm.
    digest = b64encode(sha256(rules.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = " · ".join(
        each for each in (text(report.get("persona")), words("Training report")) if each
    )
    lines = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
    ]
    return element(
        "head", Html("\n".join(lines)), element("title", title), element("style", Html(rules))
    )
