"""Each format brings its roles, branches, times and ratings along, and is recognised by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import ImportRefused
from app.operations.importing import import_formats
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk


def as_lines(*rows: Any) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


@pytest.mark.parametrize("name", list(shapes.ROWS))
@pytest.mark.parametrize("layout", ["array", "indented array", "lines", "one object"])
def test_a_format_is_recognised_by_its_content_alone(desk: Desk, name: str, layout: str) -> None:
    """Nobody should have to know what their file is called elsewhere."""
    row = shapes.ROWS[name]()
    content = {
        "array": json.dumps([row]).encode(),
        "indented array": json.dumps([row], indent=2, ensure_ascii=False).encode(),
        "lines": as_lines(row) + b"\n",
        "one object": json.dumps(row, indent=1).encode(),
    }[layout]
    path = desk.file("no-name", content)
    preview = desk.preview(path)
    assert [each.format for each in preview.documents] == [name]
    assert preview.documents[0].reason and preview.documents[0].confidence >= 80
    result = desk.take(path)
    assert (result.conversations, result.left_out) == (1, ())
    assert (preview.conversations, preview.messages) == (1, result.messages)


def test_every_format_has_a_name_to_choose_it_by() -> None:
    names = {each.name for each in import_formats()}
    assert names == {*shapes.ROWS, "sillytavern", "jan", "card"}


def test_chatgpt_branches_times_and_models_survive_and_tools_lie_aside(desk: Desk) -> None:
    result = desk.take(desk.file("conversations.json", [shapes.chatgpt()]))
    (talk,) = desk.conversations()
    assert (talk.title, talk.created) == ("Bees", "2023-11-14T22:13:20.000000+00:00")
    path = desk.path_of(talk)
    assert [each.content for each in path] == [
        "How do bees fly?",
        "With short, quick strokes.",
        "고마워",
    ]
    siblings = [each.content for each in desk.store.messages.siblings(path[1].id)]
    assert siblings == ["By magic.", "With short, quick strokes."]
    assert path[1].sampling == {"model": "gpt-4o"}
    assert path[1].created == "2023-11-14T22:13:20.250000+00:00"
    assert result.aside == {"hidden": 1, "tool": 2}
    (warning,) = result.warnings
    assert (warning.kind, warning.names, warning.count) == ("provider_terms", ("gpt-4o",), 2)
    assert "OpenAI" in warning.text


def test_claude_branches_and_times_survive_and_thoughts_lie_aside(desk: Desk) -> None:
    result = desk.take(desk.file("conversations.json", [shapes.claude()]))
    (talk,) = desk.conversations()
    assert (talk.title, talk.updated) == ("Tea", "2025-03-02T10:00:00.000000+00:00")
    path = desk.path_of(talk)
    siblings = desk.store.messages.siblings(path[1].id)
    assert [each.content for each in siblings] == ["Green.\n\nThree minutes.", "Black."]
    assert result.aside == {"file": 1, "reasoning": 1, "tool": 1}
    assert result.warnings[0].provider == "Anthropic"


def test_an_older_claude_export_without_parents_is_one_branch(desk: Desk) -> None:
    row = shapes.claude()
    row["chat_messages"].pop()
    for item in row["chat_messages"]:
        del item["parent_message_uuid"]
        item["text"], item["content"] = f"text of {item['uuid']}", []
    desk.take(desk.file("c.json", [row]))
    assert desk.texts() == [["text of h1", "text of a1"]]


def test_open_webui_keeps_thumbs_reasons_and_both_models(desk: Desk) -> None:
    result = desk.take(desk.file("chats.json", [shapes.open_webui()]))
    (talk,) = desk.conversations()
    assert (talk.system_prompt, talk.title) == ("Be short.", "Kitchen")
    path = desk.path_of(talk)
    assert [each.content for each in path] == ["Salt or sugar?", "Salt."]
    first, second = desk.store.messages.siblings(path[1].id)
    words = desk.store.ratings.of([first.id, second.id])
    assert (words[first.id].value, words[second.id].value) == ("up", "down")
    assert words[first.id].comment == "accurate information. short"
    assert words[second.id].reasons == ("too_long",)
    assert (first.sampling["model"], second.sampling["model"]) == ("qwen3:8b", "llama3")
    assert (result.up, result.down, result.aside) == (1, 1, {"reasoning": 1})
    assert result.warnings == ()


def test_sillytavern_swipes_are_branches_and_speakers_keep_their_names(desk: Desk) -> None:
    result = desk.take(desk.file("Wren.jsonl", as_lines(*shapes.tavern())))
    assert [each.format for each in result.documents] == ["sillytavern"]
    (talk,) = desk.conversations()
    assert talk.created == "2024-02-03T18:30:40.000000+00:00"
    path = desk.path_of(talk)
    assert [(each.role, each.speaker, each.content) for each in path] == [
        ("assistant", "Wren", "Ahoy!"),
        ("user", "Mina", "Where to?"),
        ("assistant", "Wren", "North."),
    ]
    assert [each.created[:16] for each in path] == [
        "2024-02-03T18:30",
        "2024-02-03T18:31",
        "2024-02-03T18:31",
    ]
    swipes = desk.store.messages.siblings(path[2].id)
    assert {each.content for each in swipes} == {"North.", "South."}
    assert result.aside == {"hidden": 1, "reasoning": 1}


def test_a_group_chat_warns_of_other_peoples_words(desk: Desk) -> None:
    lines = shapes.tavern()
    lines.insert(3, {**lines[2], "name": "Jun", "mes": "I agree."})
    result = desk.preview(desk.file("group.jsonl", as_lines(*lines)))
    (warning,) = result.warnings
    assert (warning.kind, warning.count) == ("other_people", 1)
    assert {"Mina", "Jun"} <= set(warning.names)
    assert desk.conversations() == []


def test_sharegpt_and_its_system_prompt(desk: Desk) -> None:
    desk.take(desk.file("s.json", [shapes.sharegpt()]))
    assert desk.texts() == [["Hello", "Hi", "Bye", "Farewell"]]
    assert desk.conversations()[0].system_prompt == "Be kind."


def test_alpaca_brings_system_style_input_and_history(desk: Desk) -> None:
    desk.take(desk.file("a.json", [shapes.alpaca()]))
    assert desk.texts() == [["Ready?", "Ready.", "Translate.\n\n안녕", "Hello"]]
    assert desk.conversations()[0].system_prompt == "You are a translator.\n\nStyle: casual"


@pytest.mark.parametrize(
    "row",
    [
        shapes.dpo(),
        {
            "prompt": [{"role": "user", "content": "Tea?"}],
            "chosen": [{"role": "assistant", "content": "Yes, please."}],
            "rejected": [{"role": "assistant", "content": "No."}],
        },
        {
            "prompt": "Tea?",
            "chosen": [
                {"role": "user", "content": "Tea?"},
                {"role": "assistant", "content": "Yes, please."},
            ],
            "rejected": [
                {"role": "user", "content": "Tea?"},
                {"role": "assistant", "content": "No."},
            ],
        },
        {
            "conversations": [{"from": "human", "value": "Tea?"}],
            "chosen": {"from": "gpt", "value": "Yes, please."},
            "rejected": {"from": "gpt", "value": "No."},
        },
        {
            "chosen": "\n\nHuman: Tea?\n\nAssistant: Yes, please.",
            "rejected": "\n\nHuman: Tea?\n\nAssistant: No.",
        },
        {
            "input": {"messages": [{"role": "user", "content": "Tea?"}]},
            "preferred_output": [{"role": "assistant", "content": "Yes, please."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        },
    ],
    ids=["text", "messages", "whole dialogues", "sharegpt", "marked text", "openai"],
)
def test_a_preference_is_two_branches_and_a_choice(desk: Desk, row: dict[str, Any]) -> None:
    result = desk.take(desk.file("d.jsonl", as_lines(row)), reviewed=True)
    assert (result.conversations, result.chosen, result.messages) == (1, 1, 3)
    assert desk.texts() == [["Tea?", "Yes, please."]]
    ((chosen, passed),) = desk.store.preferences.choices(desk.persona_id)
    assert desk.store.messages.get(chosen).content == "Yes, please."
    assert desk.store.messages.get(passed).content == "No."


def test_an_imported_choice_counts_only_once_it_is_reviewed(desk: Desk) -> None:
    desk.take(desk.file("d.jsonl", as_lines(shapes.dpo())))
    assert desk.store.preferences.choices(desk.persona_id) == []
    assert len(desk.rows()["choices"]) == 1


@pytest.mark.parametrize(
    ("label", "value"), [(True, "up"), (False, "down"), (1, "up"), ("false", "down")]
)
def test_a_kto_label_is_a_thumb(desk: Desk, label: Any, value: str) -> None:
    desk.take(desk.file("k.jsonl", as_lines({**shapes.kto(), "label": label})), reviewed=True)
    (((_, reply),)) = desk.turns()
    assert reply.rating == value


def test_a_wrong_guess_can_be_changed(desk: Desk) -> None:
    """A row may look like two formats; what the user says counts."""
    row = {"prompt": "Tea?", "completion": "Yes.", "label": True}
    path = desk.file("k.jsonl", as_lines(row))
    assert desk.preview(path).documents[0].format == "kto"
    assert "prompt" in desk.preview(path).documents[0].others
    changed = desk.preview(path, format="prompt")
    assert (changed.documents[0].format, changed.up) == ("prompt", 0)


def test_a_preview_counts_what_the_import_does_and_changes_nothing(desk: Desk) -> None:
    rows = [shapes.messages(), shapes.messages(), {"messages": 3}]
    path = desk.file("m.jsonl", as_lines(*rows))
    before = desk.rows()
    preview = desk.preview(path)
    assert desk.rows() == before
    result = desk.take(path)
    assert preview == result
    assert (result.conversations, result.duplicates, result.corrected) == (1, 1, 1)
    assert preview.glimpses[0].said == (("user", "Hello"), ("assistant", "Hi"))
    assert desk.preview(path).duplicates == 2


def test_citations_of_chatgpt_are_no_words_of_the_reply(desk: Desk) -> None:
    """They would be shown as gibberish, approved with the rest, and learned."""
    text = (
        'The review by \ue200entity\ue202["people", "Ada B", 0]\ue201 says so.'
        " \ue200cite\ue202turn0search3\ue202turn0search8\ue201\n"
        "\ue203Bees fly\ue204 \ue200filecite\ue202turn0file0\ue201 fast【11†source】, as"
        " \ue200url\ue202this page\ue202turn0search1\ue201 tells.\ue200entity\ue202[1\ue201"
    )
    row = shapes.chatgpt()
    row["mapping"]["a2"]["message"]["content"]["parts"] = [text]
    row["mapping"]["q"]["message"]["content"]["parts"] = ["What is 【1†x】?"]
    desk.take(desk.file("c.json", [row]))
    ((asked, reply, _),) = desk.texts()
    assert reply == "The review by Ada B says so.\nBees fly fast, as this page tells."
    assert asked == "What is 【1†x】?"


def test_sharegpts_ratings_on_a_scale_are_good_above_its_middle(desk: Desk) -> None:
    """One star of five would otherwise be approval."""
    rows = [{**shapes.sharegpt(), "id": str(stars), "rating": stars} for stars in range(1, 6)]
    result = desk.bring(*rows)
    assert (result.up, result.down) == (2, 2)


def test_each_swipe_keeps_its_own_time_and_model(desk: Desk) -> None:
    """A reply of a hosted model would otherwise pass for one made at home."""
    lines = shapes.tavern()
    elsewhere = {"send_date": "2024-02-03T18:40:00.000Z", "extra": {"model": "gpt-4o"}}
    lines[3]["swipe_info"] = [elsewhere, {}]
    result = desk.take(desk.file("Wren.jsonl", as_lines(*lines)))
    (talk,) = desk.conversations()
    shown, swipe = desk.store.messages.siblings(desk.path_of(talk)[2].id)
    assert (shown.content, shown.sampling) == ("North.", {"model": "mistral-7b"})
    assert (swipe.content, swipe.sampling) == ("South.", {"model": "gpt-4o"})
    assert swipe.created == "2024-02-03T18:40:00.000000+00:00" != shown.created
    assert [each.names for each in result.warnings] == [("gpt-4o",)]


def test_group_chats_without_a_header_are_told_apart_by_their_beginning(desk: Desk) -> None:
    """They all begin with the same greeting; as one conversation all but one would be aside."""
    _, greeting, asked, reply, _ = shapes.tavern()
    first = desk.file("a.jsonl", as_lines(greeting, asked, reply))
    later = {**greeting, "send_date": "February 9, 2024 6:30pm"}
    second = desk.file("b.jsonl", as_lines(later, asked, reply))
    assert desk.take(first, second).conversations == 2
    assert desk.take(first, second).duplicates == 2


def test_a_file_of_one_conversation_that_is_too_long_is_told_so(desk: Desk) -> None:
    """That nothing is recognised in it would send its owner looking for another format."""
    row = shapes.open_webui()
    row["chat"]["files"] = "x" * (33 << 20)
    with pytest.raises(ImportRefused, match=r"long\.jsonl: it is longer than 32 MB"):
        desk.take(desk.file("long.jsonl", row))


def test_a_label_beside_an_instruction_is_a_thumb(desk: Desk) -> None:
    """Read as plain Alpaca, what is not wanted would come in like the rest."""
    row = {"instruction": "Tea?", "input": "", "output": "Go away.", "kto_tag": False}
    result = desk.bring(row)
    assert ([each.format for each in result.documents], result.down) == (["kto"], 1)
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    desk.bring({**row, "label": True, "system": "Be kind."})
    assert "Be kind." in {talk.system_prompt for talk in desk.conversations()}


def test_a_reply_of_claude_that_is_only_a_tool_says_nothing(desk: Desk) -> None:
    row = shapes.claude()
    stands_in = "```\nThis block is not supported on your current device yet.\n```"
    row["chat_messages"][2] |= {
        "content": [{"type": "tool_use", "name": "web_search", "input": {}}],
        "text": stands_in,
    }
    result = desk.take(desk.file("c.json", [row]))
    assert result.aside["tool"] == 2
    assert stands_in not in str(desk.rows()["messages"])
