"""A figure about replies that were padded, cut or looped unseen would be told to people as true."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")

from replay.lessons import TERSE, VERBOSE
from tests.bench.batched_replies import Replier, Written
from tests.bench.mcq_runs import gguf_base
from tests.bench.verbosity_run import lessons
from tests.bench.verbosity_scores import format_of, formats, lengths, loops, mean_losses
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf
from trainer import base

MANIFEST = "Here:\n\n```yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n```\n\nApply it."
STACK = "```yaml\nResources:\n  A:\n    Type: AWS::S3::Bucket\n    Name: !Sub '${x}'\n```"


def written(tokens: int, text: str = "", ended: bool = True) -> Written:
    return Written(text, tokens, ended)


def test_the_ratio_is_that_of_the_medians_with_honest_bounds() -> None:
    terse = [written(each) for each in (10, 12, 200, 11, 9)]
    verbose = [written(each, ended=each < 60) for each in (40, 44, 8, 60, 50)]
    found = lengths(terse, verbose)
    assert (found["terse_median"], found["verbose_median"], found["ratio"]) == (11, 44, 4.0)
    assert found["low"] <= found["ratio"] <= found["high"]
    assert (found["longer_each"], found["verbose_ended"]) == (4, 4)


def test_a_reply_that_is_long_by_repeating_itself_is_counted() -> None:
    assert loops("and so it goes on and on for ever and ever, as they say. " * 6)
    assert not loops(" ".join(f"word{number}" for number in range(100)))
    assert not loops("short")


@pytest.mark.parametrize(
    ("topic", "reply", "parses"),
    [
        ("kubernetes", MANIFEST, True),
        ("kubernetes", MANIFEST.replace("kind: Pod", "sort: Pod"), False),
        ("kubernetes", MANIFEST.replace("  name: x", "\tname: x"), False),
        ("kubernetes", MANIFEST.replace("\n```\n\nApply it.", ""), False),
        ("kubernetes", MANIFEST.replace("```", ""), False),
        ("cloudformation", STACK, True),
        ("cloudformation", MANIFEST, False),
        ("terraform", STACK, False),
    ],
)
def test_a_reply_parses_as_its_topic(topic: str, reply: str, parses: bool) -> None:
    assert format_of(topic, reply) is parses
    assert formats([topic], [written(9, reply)])["parse"] == int(parses)


def test_terraform_is_looked_at_where_it_is() -> None:
    good = '```hcl\nvariable "x" {\n  type = string\n}\n```'
    bad = '```hcl\nvariable "x" {\n  type = string\n```'
    if shutil.which("terraform") is None:
        assert format_of("terraform", good) is None
        assert formats(["terraform"], [written(9, good)])["not_looked_at"] == 1
    else:
        assert (format_of("terraform", good), format_of("terraform", bad)) == (True, False)


def test_losses_are_those_of_the_rows_asked_for() -> None:
    def rows(loss: float) -> list[dict[str, object]]:
        return [
            {"id": name, "set": side, "loss": loss * tokens, "tokens": tokens}
            for name, side, tokens in (("a", "test", 4), ("b", "test", 2), ("a", "valid", 9))
        ]

    found = mean_losses({"base": rows(2.0), "candidate": rows(1.5)}, ["a"])
    assert found == {"base": 2.0, "candidate": 1.5, "rows": 1, "candidate_lower": 1}


def test_twenty_five_questions_judge_under_both_tags() -> None:
    asked = [row["messages"][-2]["content"] for row in lessons().styles.test]
    by_tag = [
        {each.removeprefix(tag) for each in asked if each.startswith(tag)}
        for tag in (TERSE, VERBOSE)
    ]
    assert len(by_tag[0]) == 25 and by_tag[0] == by_tag[1]


def test_a_reply_does_not_depend_on_those_written_beside_it(tmp_path: Path) -> None:
    """Shorter prompts are padded, and padding that is seen changes every word after it."""
    ref = gguf_base(write_tiny_gguf(tmp_path / "tiny.gguf"))
    place = base.hf_folder(ref, None, tmp_path / "converted")
    write_tiny_adapter(tmp_path / "adapter", seed=3)
    replier = Replier(place, {"worn": tmp_path / "adapter"})
    prompts = [
        [{"role": "user", "content": f"Say {'it again and again ' * count}please."}]
        for count in (0, 3, 9)
    ]
    for subject in ("base", "worn"):
        together = replier.replies(subject, prompts, 12)
        alone = [replier.replies(subject, [prompt], 12)[0] for prompt in prompts]
        assert together == alone
        assert all(each.tokens <= 12 for each in together)
    assert replier.replies("base", prompts, 12) != replier.replies("worn", prompts, 12)
