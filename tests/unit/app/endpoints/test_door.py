"""No web page and no stranger gets to the personas."""

from __future__ import annotations

import httpx
import pytest

from app.operations import programs
from app.store import open_store
from tests.unit.app.endpoints.desk import Desk

CHAT = "/v1/chat/completions"
BODY = {"model": "sunny", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:11535"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:11535"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
    ],
)
def test_a_web_page_is_refused_even_with_the_key(desk: Desk, headers: dict[str, str]) -> None:
    with desk.client(**headers) as client:
        answers = [
            client.get("/"),
            client.get("/v1/models"),
            client.post(CHAT, json=BODY),
            client.options(CHAT),
        ]
    assert [each.status_code for each in answers] == [403] * 4
    assert not any("access-control" in name for each in answers for name in each.headers)
    assert "Perennial" in answers[1].json()["error"]["message"]
    assert desk.runtime.asked == []


@pytest.mark.parametrize("host", ["localhost:1", "[::1]:11535", "[::1]", "host.docker.internal:1"])
def test_this_computer_may_be_called_by_its_own_names(desk: Desk, host: str) -> None:
    with desk.client(Host=host) as client:
        assert client.get("/v1/models").status_code == 200


def test_a_preflight_is_never_answered(desk: Desk) -> None:
    with desk.client() as client:
        answer = client.options(CHAT)
    assert answer.status_code == 404 and "access-control" not in str(answer.headers)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", "Basic dTpw", "Bearer \u00e9"]
)
def test_without_the_key_nothing_is_told(desk: Desk, authorization: str) -> None:
    raw = [(b"Authorization", authorization.encode("latin-1"))]
    with httpx.Client(base_url=desk.server.address, headers=raw, trust_env=False) as client:
        openai = client.post(CHAT, json=BODY)
        ollama = client.get("/api/tags")
    assert (openai.status_code, ollama.status_code) == (401, 401)
    assert openai.json()["error"]["code"] == "invalid_api_key"
    assert "perennial programs add" in ollama.json()["error"]
    assert "sunny" not in openai.text + ollama.text


def test_a_removed_programs_key_opens_nothing_at_once(desk: Desk) -> None:
    with desk.client() as client:
        assert client.get("/v1/models").status_code == 200
        with open_store(desk.home) as store:
            programs.remove_program(store, "chatter")
        assert client.get("/v1/models").status_code == 401


def test_a_key_is_kept_as_a_hash_and_never_noted(desk: Desk) -> None:
    secret = "The words that nobody else reads"
    desk.say(secret)
    noted = "\n".join(str(line) for line in desk.ended())
    assert desk.key not in noted and secret not in noted
    assert desk.key.encode() not in desk.home.database.read_bytes()
    for path in desk.home.root.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def test_it_listens_on_loopback_alone(desk: Desk) -> None:
    assert desk.server.address.startswith("http://127.0.0.1:")
