"""Programs that speak Ollama's API talk to the personas."""

from __future__ import annotations

from typing import Any

import pytest

from app.store import open_store
from ollama_bridge.errors import RuntimeLost
from tests.unit.app.endpoints.desk import Desk, lines

HI = [{"role": "user", "content": "Hi"}]


def test_what_clients_look_at_first_is_there(desk: Desk) -> None:
    with desk.client() as client:
        assert client.get("/").status_code == client.head("/").status_code == 200
        assert client.get("/api/version").json()["version"].count(".") == 2
        (tag,) = client.get("/api/tags").json()["models"]
        shown = client.post("/api/show", json={"model": tag["model"]}).json()
        missing = client.post("/api/show", json={"model": "nobody"})
    assert (tag["name"], tag["size"], tag["details"]["family"]) == ("sunny:latest", 4, "llama")
    assert shown["capabilities"] == ["completion"]
    assert "Be sunny." not in str(shown)
    assert missing.status_code == 404 and "nobody" in missing.json()["error"]


def test_a_reply_streams_unless_it_is_wanted_whole(desk: Desk) -> None:
    body = {"model": "sunny:latest", "messages": HI}
    with desk.client() as client:
        streamed = client.post("/api/chat", json=body)
        whole = client.post("/api/chat", json=body | {"stream": False}).json()
    assert streamed.headers["content-type"] == "application/x-ndjson"
    *rows, last = lines(streamed)
    assert [row["message"]["content"] for row in rows] == ["Hel", "lo."]
    assert not any(row["done"] for row in rows)
    assert (last["done"], last["done_reason"], last["eval_count"]) == (True, "stop", 5)
    assert whole["message"]["content"] == "Hello." and whole["prompt_eval_count"] == 7


def test_a_prompt_is_answered_under_the_personas_own_and_the_programs_text(desk: Desk) -> None:
    body = {"model": "sunny", "prompt": "Hi", "system": "Be brief.", "stream": False}
    with desk.client() as client:
        assert client.post("/api/generate", json=body).json()["response"] == "Hello."
    assert desk.runtime.asked[0] == [
        {"role": "system", "content": "Be sunny.\n\nBe brief."},
        {"role": "user", "content": "Hi"},
    ]


def test_options_are_followed(desk: Desk) -> None:
    options = {
        "temperature": 1, "top_k": 5, "top_p": 0.4, "seed": 8, "num_predict": -1, "stop": ["lo"],
        "mirostat": 2,
    }  # fmt: skip
    body = {"model": "sunny", "messages": HI, "options": options, "stream": False}
    with desk.client() as client:
        found = client.post("/api/chat", json=body).json()
    (sampled,) = desk.runtime.sampled
    assert (sampled.top_k, sampled.seed, sampled.max_tokens) == (5, 8, 4096)
    assert found["message"]["content"] == "Hel" and "eval_count" not in found


def test_a_model_is_loaded_before_anything_is_said(desk: Desk) -> None:
    with desk.client() as client:
        for path in ("/api/chat", "/api/generate"):
            found = client.post(path, json={"model": "sunny"}).json()
            assert (found["done"], found["done_reason"]) == (True, "load")
    assert len(desk.runtime.served) == 1 and desk.runtime.asked == []


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "images": ["aGk="]}]}),
        ("/api/chat", {"tools": [{}]}),
        ("/api/chat", {"format": "json"}),
        ("/api/chat", {"options": {"top_k": "many"}}),
        ("/api/chat", {"messages": [{"role": "tool", "content": "x"}]}),
        ("/api/chat", {"messages": [{"role": "system", "content": "x"}]}),
        ("/api/generate", {"prompt": "x", "suffix": "y"}),
        ("/api/generate", {"prompt": "x", "raw": True}),
        ("/api/generate", {"prompt": ["x"]}),
    ],
)
def test_what_no_persona_does_is_refused_in_words(
    desk: Desk, path: str, more: dict[str, Any]
) -> None:
    with desk.client() as client:
        response = client.post(path, json={"model": "sunny", "messages": HI} | more)
    assert response.status_code == 400 and isinstance(response.json()["error"], str)
    assert desk.runtime.asked == []


def test_a_reply_that_breaks_off_says_so(desk: Desk) -> None:
    desk.runtime.breaks = RuntimeLost("It ended.", "Ask again.")
    with desk.client() as client:
        *_, last = lines(client.post("/api/chat", json={"model": "sunny", "messages": HI}))
    assert last == {"error": "It ended. Ask again."}


def test_a_prompt_is_no_conversation_and_never_collected(desk: Desk) -> None:
    desk.collect()
    with desk.client() as client:
        client.post("/api/generate", json={"model": "sunny", "prompt": "def add("})
        client.post("/api/chat", json={"model": "sunny", "messages": HI})
    assert [line.kept for line in desk.ended()] == ["no_talk", "collected"]
    with open_store(desk.home) as store:
        assert len(store.conversations.page(desk.sunny.id)) == 1
