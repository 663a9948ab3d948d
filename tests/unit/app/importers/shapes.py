"""One value of the real shape for each format, written for these tests."""

from __future__ import annotations

from typing import Any

from tests.unit.app.operations import program_stores


def chatgpt_node(
    key: str, parent: str | None, role: str = "", text: str = "", **message: Any
) -> dict[str, Any]:
    """A node of a mapping; without a role the empty node at the root."""
    said = {
        "id": key,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": 1_700_000_000.25,
        "update_time": None,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
        "recipient": "all",
        "channel": None,
    }
    return {
        "id": key,
        "message": {**said, **message} if role else None,
        "parent": parent,
        "children": [],
    }


def chatgpt() -> dict[str, Any]:
    """A question with two answers, the first one regenerated, with a tool between."""
    nodes = [
        chatgpt_node("root", None),
        chatgpt_node("sys", "root", "system", ""),
        chatgpt_node("q", "sys", "user", "How do bees fly?"),
        chatgpt_node("a1", "q", "assistant", "By magic."),
        chatgpt_node("code", "q", "assistant", "search()", recipient="browser"),
        chatgpt_node("tool", "code", "tool", "a page"),
        chatgpt_node("a2", "tool", "assistant", "With short, quick strokes."),
        chatgpt_node("q2", "a2", "user", "고마워"),
    ]
    return {
        "title": "Bees",
        "create_time": 1_700_000_000.0,
        "update_time": 1_700_000_100.0,
        "mapping": {node["id"]: node for node in nodes},
        "moderation_results": [],
        "current_node": "q2",
        "conversation_id": "6f1c-1",
        "id": "6f1c-1",
        "default_model_slug": "gpt-4o",
    }


def claude() -> dict[str, Any]:
    """One branch with thoughts and a file, and a question asked again."""

    def message(key: str, parent: str, sender: str, *content: dict[str, Any]) -> dict[str, Any]:
        return {
            "uuid": key,
            "parent_message_uuid": parent,
            "text": "",
            "content": list(content),
            "sender": sender,
            "created_at": "2025-03-01T10:00:00.500000Z",
            "updated_at": "2025-03-01T10:00:00.500000Z",
            "attachments": [],
            "files": [{"file_name": "plan.pdf"}] if sender == "human" else [],
        }

    nobody = "00000000-0000-4000-8000-000000000000"
    return {
        "uuid": "c1a0-1",
        "name": "Tea",
        "created_at": "2025-03-01T10:00:00Z",
        "updated_at": "2025-03-02T10:00:00Z",
        "account": {"uuid": "me"},
        "chat_messages": [
            message("h1", nobody, "human", {"type": "text", "text": "Green or black?"}),
            message(
                "a1", "h1", "assistant",
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "Green."},
                {"type": "tool_use", "name": "artifacts", "input": {}},
                {"type": "text", "text": "Three minutes."},
            ),
            message("a2", "h1", "assistant", {"type": "text", "text": "Black."}),
        ],
    }  # fmt: skip


def open_webui() -> dict[str, Any]:
    """A question to two models, one reply up, one down."""

    def message(key: str, parent: str | None, role: str, text: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key,
            "parentId": parent,
            "childrenIds": [],
            "role": role,
            "content": text,
            "timestamp": 1_740_000_000,
            **more,
        }

    thought = '<details type="reasoning" done="true">\n<summary>Thought</summary>\nhm\n</details>\n'
    messages = [
        message("u1", None, "user", "Salt or sugar?", models=["qwen3:8b", "llama3"]),
        message(
            "r1", "u1", "assistant", f"{thought}Salt.", model="qwen3:8b",
            annotation={"rating": 1, "reason": "accurate_information", "comment": "short"},
        ),
        message(
            "r2", "u1", "assistant", "Sugar, and here is why, at length.", model="llama3",
            annotation={"rating": -1, "reason": "too_verbose", "comment": ""},
        ),
    ]  # fmt: skip
    return {
        "id": "0b7d-1",
        "user_id": "me",
        "title": "Kitchen",
        "chat": {
            "title": "Kitchen",
            "models": ["qwen3:8b", "llama3"],
            "params": {"system": "Be short."},
            "history": {"messages": {each["id"]: each for each in messages}, "currentId": "r1"},
            "messages": [],
            "tags": [],
            "timestamp": 1_740_000_000_000,
        },
        "updated_at": 1_740_000_100,
        "created_at": 1_740_000_000,
        "share_id": None,
        "archived": False,
    }


def tavern() -> list[dict[str, Any]]:
    """A chat's lines: its header, a greeting, a question, and a reply with swipes."""
    return [
        {
            "user_name": "Mina",
            "character_name": "Wren",
            "create_date": "2024-02-03@18h30m40s",
            "chat_metadata": {"integrity": "ab12-1", "note_prompt": ""},
        },
        {
            "name": "Wren",
            "is_user": False,
            "is_system": False,
            "send_date": "February 3, 2024 6:30pm",
            "mes": "Ahoy!",
            "extra": {},
        },
        {
            "name": "Mina",
            "is_user": True,
            "is_system": False,
            "send_date": "2024-02-03T18:31:00.000Z",
            "mes": "Where to?",
            "extra": {},
        },
        {
            "name": "Wren",
            "is_user": False,
            "is_system": False,
            "send_date": 1_706_985_100_000,
            "mes": "North.",
            "swipe_id": 1,
            "swipes": ["South.", "North."],
            "swipe_info": [],
            "extra": {"api": "koboldcpp", "model": "mistral-7b", "reasoning": "hm"},
        },
        {
            "name": "System",
            "is_user": False,
            "is_system": True,
            "send_date": "2024-02-03T18:32:00.000Z",
            "mes": "Hidden note",
            "extra": {"type": "narrator"},
        },
    ]


def card_v1() -> dict[str, Any]:
    """A flat card with placeholders."""
    return {
        "name": "Wren",
        "description": "{{char}} sails with {{user}}.",
        "personality": "bold",
        "scenario": "At sea.",
        "first_mes": "Ahoy, {{user}}!",
        "mes_example": "<START>\n{{user}}: Where to?\n{{char}}: North,\nalways north.\n<START>\n"
        "{{user}}: And then?\n{{char}}: Home.",
    }


def card_v2() -> dict[str, Any]:
    """A card with its own system prompt, more greetings, and an extension nobody knows."""
    data = {
        **card_v1(),
        "system_prompt": "You are {{char}}. {{original}}",
        "post_history_instructions": "",
        "alternate_greetings": ["Who goes there?"],
        "creator_notes": "",
        "tags": [],
        "creator": "",
        "character_version": "1",
        "extensions": {"depth_prompt": {"prompt": "x"}, "unknown/thing": [1, {"a": None}]},
    }
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def card_v3() -> dict[str, Any]:
    """A card with a nickname."""
    data = {
        **card_v2()["data"],
        "nickname": "Captain",
        "group_only_greetings": [],
        "creation_date": 1_700_000_000,
        "assets": [{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}],
    }
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": data}


def messages() -> dict[str, Any]:
    return {
        "id": "m1",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hello", "name": "Mina"},
            {"role": "assistant", "content": "Hi", "rating": "down", "correction": "Hi, Mina"},
        ],
    }


def sharegpt() -> dict[str, Any]:
    return {
        "id": "s1",
        "system": "Be kind.",
        "conversations": [
            {"from": "human", "value": "Hello"},
            {"from": "gpt", "value": "Hi"},
            {"from": "human", "value": "Bye"},
            {"from": "gpt", "value": "Farewell"},
        ],
    }


def alpaca() -> dict[str, Any]:
    return {
        "instruction": "Translate.",
        "input": "안녕",
        "output": "Hello",
        "system": "You are a translator.",
        "style": "casual",
        "history": [["Ready?", "Ready."]],
    }


def prompt() -> dict[str, Any]:
    return {"prompt": "2 + 2?", "completion": "4"}


def dpo() -> dict[str, Any]:
    return {"prompt": "Tea?", "chosen": "Yes, please.", "rejected": "No."}


def kto() -> dict[str, Any]:
    return {"prompt": "Tea?", "completion": "Go away.", "label": False}


def lm_studio() -> dict[str, Any]:
    """A conversation of one question."""
    return program_stores.lm_studio(("How do bees fly?", "With short, quick strokes."))


ROWS = {
    "messages": messages,
    "sharegpt": sharegpt,
    "alpaca": alpaca,
    "prompt": prompt,
    "dpo": dpo,
    "kto": kto,
    "chatgpt": chatgpt,
    "claude": claude,
    "openwebui": open_webui,
    "lmstudio": lm_studio,
}
