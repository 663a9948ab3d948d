"""A reader would be misled, or a reply would break out of its box, if these failed."""

from __future__ import annotations

import ast
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from app.evaluation import page
from app.evaluation.numbers import shown
from app.evaluation.page import make_page, page_in
from app.evaluation.page_shortfalls import shortfall_words
from app.words import Words
from tests.unit.app.evaluation.example_report import example_report

_ALONE = {"meta", "link", "br", "hr", "img", "input"}
_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer", "section",
    "article", "div", "p", "span", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "a",
    "table", "thead", "tbody", "tr", "th", "td", "strong", "code", "details", "summary", "figure",
    "svg", "path", "line", "rect", "circle", "text",
}  # fmt: skip
HOSTILE = (
    "</p></section></main><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "<style>*{display:none}</style><!--",
    "<!-- <![CDATA[ ]]> --> </title></style></svg>",
    "<a href='javascript:alert(1)'>click</a>",
    "<iframe srcdoc='<script>1</script>'></iframe><base href=//example.org>",
    "&lt;script&gt; &amp;#60;script&amp;#62;",
)
TURNING = "safe \u202etxt.exe\u202c \u2066x\u2069 \u200f\u061c"
NOISE = "".join(map(chr, range(0x20))) + "\x7f\x80\x9b\ufeff\u2028\ud800\uffff"


class Reader(HTMLParser):
    """Reads a page as a browser would: its tags, its attributes, and what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.seen: list[str] = []
        self.comments: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in _ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if not {"style", "code"} & set(self.open):
            self.seen.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.seen)


class Hangul(Mapping[str, str]):
    """A catalogue that has every text; each becomes Hangul that keeps its {names}."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, text: str) -> str:
        self.asked.add(text)
        return "말" + "".join(re.findall(r"\{\w+\}", text))

    def __iter__(self) -> Iterator[str]:
        return iter(self.asked)

    def __len__(self) -> int:
        return len(self.asked)


def read(html: str) -> Reader:
    html.encode("utf-8")
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def with_reply(reply: str, **more: Any) -> dict[str, Any]:
    row = {"why": "most_changed", "prompt": "Hello?", "base": "Hi.", "candidate": reply, **more}
    return {**example_report(), "replies": [row]}


def everywhere(value: Any, text: str) -> Any:
    """The same report with another text wherever it has one that is free."""
    if isinstance(value, dict):
        keys = ("verdict", "measure", "unit", "better", "version")
        return {
            name: each if name in keys else everywhere(each, text) for name, each in value.items()
        }
    if isinstance(value, list):
        return [everywhere(each, text) for each in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("language", ["en", "ko", "tlh"])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(language: str) -> None:
    html = make_page(example_report(), language)
    reader = read(html)
    assert set(reader.tags) <= _TAGS
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|\bon\w+=", html)
    assert len(reader.ids) == len(set(reader.ids))
    links = {value for name, value in reader.attributes if name == "href"}
    assert links <= {f"#{name}" for name in reader.ids}
    assert ("lang", "en" if language == "tlh" else language) in reader.attributes
    assert {"header", "nav", "main", "footer"} <= set(reader.tags)


def test_nothing_but_its_own_style_may_work_in_the_page() -> None:
    html = make_page(example_report(), "en")
    rules = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(rules[0].encode("utf-8")).digest()).decode("ascii")
    assert len(rules) == 1
    assert "default-src 'none'" in html.replace("&#x27;", "'")
    assert f"style-src 'sha256-{digest}'" in html
    assert not any(name == "style" for name, _ in read(html).attributes)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_of_a_reply_survives(text: str) -> None:
    plain = read(make_page(everywhere(example_report(), "plain"), "en"))
    reader = read(make_page(everywhere(example_report(), text), "en"))
    assert reader.tags == plain.tags
    assert [name for name, _ in reader.attributes] == [name for name, _ in plain.attributes]
    assert reader.comments == []
    assert text in reader.text


def test_keys_of_a_report_are_no_markup_either() -> None:
    report = example_report()
    report["recipe"]["changed"] = {HOSTILE[0]: HOSTILE[1]}
    report["data"]["groups"] = {HOSTILE[0]: 3}
    report["seconds"] = {HOSTILE[1]: 3.0}
    report["scores"][0]["measure"] = HOSTILE[2]
    assert set(read(make_page(report, "en")).tags) <= _TAGS


def test_controls_are_seen_and_turn_nothing_around() -> None:
    html = make_page(everywhere(example_report(), NOISE + TURNING), "en")
    reader = read(html)
    seen = reader.text + "".join(value for _, value in reader.attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e]", html)
    assert not re.search("[\u2060-\u206f\ufeff\uffff\ud800-\udfff]", html)
    for picture in ("\\u0000", "\\u001b", "\\u007f", "\\u009b", "\\u202e", "\\ud800", "\\ufeff"):
        assert picture in seen


def test_a_reply_of_a_megabyte_is_cut_with_a_note() -> None:
    html = make_page(with_reply("<b>" * 350_000), "en")
    assert len(html) < 200_000
    assert "Cut here: 1,040,000 more characters are not shown." in read(html).text
    many_lines = make_page(with_reply("line\n" * 1_000), "en")
    assert read(many_lines).tags.count("details") > read(
        make_page(with_reply("x"), "en")
    ).tags.count("details")


def test_a_reply_that_is_cut_loses_none_of_its_words() -> None:
    reply = " ".join(f"word{number}" for number in range(1_000))
    seen = read(make_page(with_reply(reply), "en")).text
    assert set(reply.split()) <= set(seen.replace("…", " ").split())


@pytest.mark.parametrize("reply", ["", " \n\t"])
def test_an_empty_reply_is_told_to_be_empty(reply: str) -> None:
    assert "(empty)" in read(make_page(with_reply(reply), "en")).text


def test_numbers_are_to_the_digit_those_of_the_report() -> None:
    report = example_report()
    seen = read(make_page(report, "en")).text.split("\n")
    for row in report["scores"]:
        for value in filter(None, row["values"].values()):
            assert shown(value["value"], row["unit"]) in seen
            assert str(value["n"]) in seen
            if "low" in value:
                limits = [shown(value[end], row["unit"]) for end in ("low", "high")]
                assert " to ".join(limits) in seen
    for stage in report["seconds"].values():
        assert shown(stage, "seconds") in seen
    for reason in report["reasons"]:
        assert reason["text"] in seen
        if reason["kind"].startswith("retention"):
            assert shown(reason["values"]["change"], "change") in seen


def test_each_reason_has_its_word_and_the_failed_one_stands_first() -> None:
    seen = read(make_page(example_report(), "en")).seen
    marks = [text for text in seen if text in ("does not hold", "holds", "only shown")]
    assert marks == ["does not hold", "holds", "holds", "holds", "only shown"]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("passed", "The new adapter passed its exam."),
        ("refused", "The new adapter was refused. Sunny stays as it is."),
        ("undecided", "The exam could not decide. Sunny stays as it is."),
    ],
)
def test_the_verdict_stands_first(verdict: str, told: str) -> None:
    html = make_page({**example_report(), "verdict": verdict}, "en")
    assert told in html[html.index("<h1>") : html.index("</h1>")]
    assert html.index("<h1>") < html.index("<h2")


def test_whoever_reads_a_verdict_learns_that_nothing_is_lost() -> None:
    for verdict, told in (
        ("passed", "What Sunny spoke through before is kept, so you can go back."),
        ("refused", "Your conversations and ratings are all kept."),
        ("undecided", "Your conversations and ratings are all kept."),
    ):
        html = make_page({**example_report(), "verdict": verdict}, "en")
        assert told in read(html[html.index("<header>") : html.index("</header>") + 9]).text


def test_too_little_replay_asks_for_replay_and_not_for_ratings() -> None:
    report = {**example_report(), "verdict": "undecided"}
    values = {"of": "coding", "count": 3, "needed": 10}
    report["reasons"] = [
        {"kind": "too_little", "text": "Few.", "passed": False, "decides": True, "values": values}
    ]
    seen = read(make_page(report, "en")).text
    assert "Fill the groups on the page “Replay”" in seen
    assert "some of them are held out for the exam" not in seen


def test_whoever_took_a_refused_adapter_reads_so() -> None:
    overruled = {"because": "I like it better.", "at": "2026-11-22T15:30:00+09:00"}
    seen = read(make_page({**example_report(), "overruled": overruled}, "en")).text
    assert "I like it better." in seen
    assert "stays as it is" not in seen
    assert "2026-11-22 06:30 UTC" in seen


def test_a_group_beyond_the_line_is_told_to_be_forgotten() -> None:
    seen = read(make_page(example_report(), "en")).text
    assert "Beyond the dashed line at +5.0 % it counts as forgotten." in seen
    after = seen[seen.index("dashed line") :].split("\n")
    assert after.count("forgot") == 1
    assert after.count("kept") == 2


def test_the_picture_of_what_it_kept_never_contradicts_the_verdict() -> None:
    report = example_report()
    unsure = {"passed": False, "unsure": True}
    values = {"of": "general", "than": "base", "change": 0.027, "most": 0.05}
    report["reasons"] = [
        {"kind": "retention_general", "text": "", "values": values, "decides": True, **unsure},
        {
            "kind": "retention_general", "text": "", "decides": True, "passed": True,
            "values": values | {"than": "best", "change": 0.041},
        },
    ]  # fmt: skip
    seen = read(make_page(report, "en")).text
    after = seen[seen.index("dashed line") : seen.index("Scores", seen.index("dashed line"))]
    assert "too little to tell" in after and "+2.7 %" in after and "+4.1 %" not in after


def test_a_range_of_one_case_is_not_shown_as_one() -> None:
    report = example_report()
    report["scores"] = [
        {
            "measure": "test_loss", "group": "", "unit": "loss", "better": "lower",
            "values": {"candidate": {"value": 3.7, "n": 1, "low": 3.7, "high": 3.7}},
        }
    ]  # fmt: skip
    assert "3.700 to 3.700" not in read(make_page(report, "en")).text


@pytest.mark.parametrize(
    "said",
    [
        "No replay was asked for: nothing keeps old abilities alive in this run.",
        "Replay is short: 7 approved replies wait for a later month, so that the ratio is kept."
        " Fill the replay groups, or take everything.",
        "Replay is short: everything new was taken as asked, so that its share is larger than the"
        " ratio says.",
        "7 replies in the persona's own words wait: they are at most half of what is new. Correct"
        " some, and more of them count.",
        "Nothing shows whether these are forgotten: persona, coding.",
    ],
)
def test_what_the_mix_was_short_of_is_told_in_the_readers_language(said: str) -> None:
    told = shortfall_words(said, Words("ko", Hangul()))
    assert re.findall("[A-Za-z]{2,}", told) == []
    assert ("7" in said) == ("7" in told)


@pytest.mark.parametrize("part", sorted(example_report()))
def test_a_report_without_any_one_part_still_renders(part: str) -> None:
    report = example_report()
    del report[part]
    assert read(make_page(report, "en")).tags.count("h1") == 1


@pytest.mark.parametrize("wrong", [None, [], {}, "text", 7, [None, 3, "x", []], {"x": {"y": []}}])
def test_parts_that_are_not_what_they_should_be_are_left_out(wrong: Any) -> None:
    assert read(make_page({}, "en")).tags.count("h1") == 1
    for part in example_report():
        read(make_page({**example_report(), part: wrong}, "en"))
    read(make_page(dict.fromkeys(example_report(), wrong), "en"))


def test_numbers_that_cannot_be_drawn_break_no_picture() -> None:
    told = json.loads('[[1, NaN], [2, Infinity], [3, 1.5], [3, 1.5], ["x", 1], [1e400, 2]]')
    report = {**example_report(), "curves": {"train": told, "valid": [[3, 10**400], [3, 0]]}}
    report["reasons"][1]["values"] |= {"change": 1e300}
    html = make_page(report, "en")
    assert not re.search(r'="[^"]*\b(?:nan|inf)\b', html)


def test_long_curves_stay_small() -> None:
    train = [[step, 2.0 + step % 7] for step in range(50_000)]
    assert len(make_page({**example_report(), "curves": {"train": train}}, "en")) < 150_000


def test_no_english_is_left_in_a_page_of_another_language() -> None:
    report = everywhere(example_report(), "글")
    report["replies"] = [{**row, "why": "best"} for row in report["replies"]]
    report["exam"]["kind"] = "quick"
    report["warnings"][0]["kind"] = "overfitting"
    report["made"] = None
    reader = read(page_in(report, Words("ko", Hangul())))
    names = ("aria-label", "title", "alt")
    told = [reader.text, *(value for name, value in reader.attributes if name in names)]
    assert re.findall("[A-Za-z]{2,}", " ".join(told)) == []


def test_every_text_of_the_page_can_be_translated() -> None:
    """What is handed to the words is a text of the source, so a catalogue can have it."""
    catalogue = Hangul()
    outside = everywhere(example_report(), "글")
    for verdict in ("passed", "refused", "undecided", "?"):
        page_in({**outside, "verdict": verdict}, Words("ko", catalogue))
    written = set()
    for path in Path(page.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written.add(node.value)
    assert catalogue.asked - written == {"글"}
