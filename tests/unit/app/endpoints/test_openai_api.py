"""Programs that speak OpenAI's API talk to the personas."""

from __future__ import annotations

from typing import Any

import pytest

from app.store import open_store
from ollama_bridge.errors import ContextTooLong, RuntimeLost, RuntimeStartError, RuntimeUnloaded
from tests.unit.app.endpoints.desk import Desk, add_persona, events

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]


def test_the_personas_that_can_speak_are_listed(desk: Desk) -> None:
    with open_store(desk.home) as store:
        store.personas.add("Mute")
        gone = add_persona(store, "Gone")
        assert gone.base_id is not None
        store.bases.get(gone.base_id).path.unlink()
        add_persona(store, "Grave")
    with desk.client() as client:
        found = client.get("/v1/models").json()
        assert [each["id"] for each in found["data"]] == ["sunny", "grave"]
        assert client.get("/v1/models/grave").json()["object"] == "model"
        missing = client.get("/v1/models/mute")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_a_whole_reply_comes_with_what_it_cost(desk: Desk) -> None:
    with desk.client() as client:
        found = client.post(CHAT, json={"model": "sunny", "messages": HI}).json()
    assert found["choices"][0]["message"] == {"role": "assistant", "content": "Hello."}
    assert found["choices"][0]["finish_reason"] == "stop"
    assert found["usage"] == {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def test_a_streamed_reply_comes_word_by_word(desk: Desk) -> None:
    body = {
        "model": "sunny", "messages": HI, "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    with desk.client() as client:
        response = client.post(CHAT, json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    *rows, usage, done = events(response)
    deltas = [row["choices"][0]["delta"] for row in rows]
    assert deltas[0]["role"] == "assistant"
    assert [delta.get("content") for delta in deltas[1:]] == ["Hel", "lo.", None]
    assert rows[-1]["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], usage["usage"]["total_tokens"], done) == ([], 12, "[DONE]")
    assert len({row["id"] for row in [*rows, usage]}) == 1


def test_the_persona_keeps_its_manner_whatever_a_program_adds(desk: Desk) -> None:
    messages = [
        {"role": "system", "content": "Answer in French."},
        {"role": "user", "content": [{"type": "text", "text": each} for each in ("Hi", "!")]},
        {"role": "assistant", "content": "Salut."},
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "And now?"},
    ]  # fmt: skip
    with desk.client() as client:
        client.post(CHAT, json={"model": "sunny", "messages": messages})
    assert desk.runtime.asked == [
        [
            {"role": "system", "content": "Be sunny.\n\nAnswer in French.\n\nBe brief."},
            {"role": "user", "content": "Hi\n!"},
            {"role": "assistant", "content": "Salut."},
            {"role": "user", "content": "And now?"},
        ]
    ]


def test_the_note_about_the_user_is_not_told_to_programs(desk: Desk) -> None:
    with open_store(desk.home) as store:
        store.settings.set("about_me", "I live in Busan.")
    desk.say("Where do I live?")
    assert "Busan" not in str(desk.runtime.asked)


def test_a_reply_is_written_as_the_program_wants_it(desk: Desk) -> None:
    more: dict[str, Any] = {
        "temperature": 0, "top_p": 0.5, "max_tokens": 9, "max_completion_tokens": 11, "seed": 3,
    }  # fmt: skip
    desk.say("Hi", **more)
    desk.say("Hi", max_tokens=10**9, seed=-1)
    first, second = desk.runtime.sampled
    assert (first.temperature, first.top_p, first.max_tokens, first.seed) == (0, 0.5, 11, 3)
    assert (second.temperature, second.max_tokens, second.seed) == (0.7, 4096, None)


def test_a_stop_ends_the_reply_before_it_and_the_rest_is_not_written(desk: Desk) -> None:
    desk.runtime.words = ["One. ", "E", "ND", " two.", " three."]
    body: dict[str, Any] = {"model": "sunny", "messages": HI, "stop": "END"}
    with desk.client() as client:
        whole = client.post(CHAT, json=body).json()
        streamed = events(client.post(CHAT, json=body | {"stop": ["x", "END"], "stream": True}))
    assert whole["choices"][0]["message"]["content"] == "One. "
    assert (whole["choices"][0]["finish_reason"], whole["usage"]) == ("stop", None)
    assert [each["choices"][0]["delta"].get("content") for each in streamed[1:-2]] == ["One. "]
    desk.ended()
    assert (desk.runtime.written, desk.runtime.closed_replies) == (6, 2)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "text only"),
        ({"messages": [{"role": "user", "content": {"a": 1}}]}, "messages.0.content"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, "no message of the user"),
        ({"messages": [{"role": "user", "content": " "}]}, "no message of the user"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [7]}, "messages.0"),
        ({"model": 7}, "model"),
        ({"temperature": "warm"}, "temperature"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"n": 2}, "n:"),
        ({"tools": [{}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"stop": ["a"] * 40}, "stop"),
    ],
)
def test_what_no_persona_does_is_refused_in_words(
    desk: Desk, more: dict[str, Any], said: str
) -> None:
    with desk.client() as client:
        response = client.post(CHAT, json={"model": "sunny", "messages": HI} | more)
    error = response.json()["error"]
    assert response.status_code == 400 and said in error["message"]
    assert error["type"] == "invalid_request_error"
    assert desk.runtime.asked == []


def test_errors_before_the_first_word_have_a_status(desk: Desk) -> None:
    for error, status, code in (
        (ContextTooLong(9000, 2048), 400, "context_length_exceeded"),
        (RuntimeStartError("It is too large.", "Choose another."), 503, "runtime_start"),
    ):
        desk.runtime.fails = [error]
        response = desk.say("Hi", stream=True)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_a_reply_that_breaks_off_says_so(desk: Desk) -> None:
    desk.runtime.breaks = RuntimeLost("It ended.", "Ask again.")
    *_, last = events(desk.say("Hi", stream=True))
    assert last["error"]["message"] == "It ended. Ask again."
    assert desk.say("Hi").status_code == 503
    assert desk.last().trouble == "runtime_lost"


def test_a_model_that_a_training_took_away_is_loaded_again(desk: Desk) -> None:
    desk.say("Hi")
    desk.runtime.fails = [RuntimeUnloaded("No model.", "Wait.")]
    assert desk.say("Hi").status_code == 200
    assert len(desk.runtime.served) == 2


def test_each_base_is_served_with_every_adapter_that_is_live_on_it(desk: Desk) -> None:
    with open_store(desk.home) as store:
        add_persona(store, "Grave")
        assert desk.sunny.base_id is not None
        run = store.runs.add("r1", desk.sunny.id, desk.sunny.base_id, None, "starter", 1)
        made = store.adapters.add(
            desk.sunny.id, desk.sunny.base_id, run.id, None, "peft", "r1.gguf", "d1"
        )
        store.deployments.put_live(desk.sunny.id, "r1", made.id, "built-in", "1", "runtime", {})
    for model in ("sunny", "grave", "sunny"):
        assert desk.say("Hi", model=model).status_code == 200
    names = [(base.name, adapters) for base, adapters in desk.runtime.served]
    assert names == [("tiny.gguf", ("r1",)), ("Grave.gguf", ())], "a base was loaded over again"
    assert desk.runtime.adapters == ["r1", None, "r1"]


def test_a_program_of_one_persona_reaches_no_other(desk: Desk) -> None:
    from app.operations import programs

    with open_store(desk.home) as store:
        grave = add_persona(store, "Grave")
        key = programs.add_program(store, "Editor", persona_id=grave.id).key
    with desk.client(key) as client:
        assert [each["id"] for each in client.get("/v1/models").json()["data"]] == ["grave"]
        refused = client.post(CHAT, json={"model": "sunny", "messages": HI})
    assert refused.status_code == 404
