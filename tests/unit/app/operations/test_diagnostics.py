"""Somebody sends diagnostics to a stranger, who learns nothing of what was said and by whom."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import Home
from app.operations import crash_reports, diagnostics, helping
from app.operations.diagnostics import RUNTIME_LOG, WINDOW_LOG
from app.operations.scrubbing import LEFT_OUT, Scrubber
from app.store import Store, open_store
from app.training_findings import Finding

SECRETS = (
    "pomegranate", "Zephyrine", "zephyrine", "써니비밀", "orchid", "walnut", "harbour", "quokka",
    "sk-live-0123456789abcdef", "hunter2", "203.0.113.7", "secret.example.org", "2001:db8",
    "Documents of mine", "saffron", "marigold", "tamarind",
)  # fmt: skip


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """A home in which everything that could be private is."""
    with open_store(home) as opened:
        base = opened.bases.add("Quokka 7B", "gguf", home.models / "quokka.gguf", "d1")
        persona = opened.personas.add(
            "Zephyrine", "You are Zephyrine and keep the orchid.", base_id=base.id
        )
        opened.personas.add("써니비밀", "You are kind.", base_id=base.id)
        talk = opened.conversations.add(persona.id, "orchid", "About my pomegranate")
        asked = opened.messages.add(talk.id, None, "user", "The pomegranate is in the walnut box.")
        opened.messages.add(talk.id, asked.id, "assistant", "I keep the walnut.", finish="stop")
        opened.ollama_models.begin(persona.id, "r1", "http://203.0.113.7:11434", "my-quokka")
        opened.settings.set(f"mix:{persona.slug}", {"note": "saffron"})
        opened.settings.set("about_me", "I live at the harbour.")
        opened.settings.set("theme", "dark")
        opened.settings.set("programs_in_window", True)
        helping.set_about_me(opened, "My marigold.")
        yield opened


def write_logs(home: Home) -> None:
    (home.logs / WINDOW_LOG).write_text(
        "\n".join(
            [
                "2026-11-23 10:00:00,123 ERROR unexpected error",
                "Traceback (most recent call last):",
                f'  File "{home.root}/app/gui/session.py", line 12, in ask',
                "    work(store)",
                f'  File "{Path.home()}/Documents of mine/tamarind.py", line 3, in run',
                "ValueError: I told you of the pomegranate",
                "Secret: and of the walnut box",
                "app.errors.StoreError: the harbour",
                "2026-11-23 10:00:01,123 WARNING Zephyrine said 'orchid' at "
                f"{home.root}/notes/marigold.txt to 203.0.113.7:11434",
                f"2026-11-23 10:00:02,123 INFO 써니비밀이 {getpass.getuser()}"
                f" {socket.gethostname()}",
            ]
        ),
        "utf-8",
    )
    (home.logs / RUNTIME_LOG).write_text(
        "\n".join(
            [
                "2026-11-23 02:00:45,882 INFO runtime 8744 begins",
                'srv  update_slots: prompt "the pomegranate" done',
                "the walnut box, as a line of its own",
                "and the harbour",
                "llama_model_loader: loaded from /srv/data/tamarind/quokka.gguf",
                "2026-11-23 02:00:46,882 ERROR key=hunter2 of https://secret.example.org/x?y=1",
                "2026-11-23 02:00:47,882 ERROR Bearer sk-live-0123456789abcdef [2001:db8::1]:80",
                "print_info: n_ctx = 4096",
            ]
        ),
        "utf-8",
    )


def test_nothing_that_was_said_and_nobody_s_name_is_told(home: Home, store: Store) -> None:
    write_logs(home)
    findings = [
        Finding("home", "ok", f"{home.root} can be written to."),
        Finding("ollama", "ok", "Ollama 0.34.1 at http://203.0.113.7:11434; it takes adapters."),
        Finding("trainable", "ok", "quokka of mine (Ollama): trainable"),
    ]
    told = diagnostics.diagnostics(home, findings)
    assert [secret for secret in SECRETS if secret in told] == []
    for own in (str(home.root), str(Path.home()), getpass.getuser(), socket.gethostname()):
        assert not any(own in line.split() for line in told.splitlines()), own


def test_what_helps_is_told(home: Home, store: Store) -> None:
    write_logs(home)
    told = diagnostics.diagnostics(home, [Finding("starter", "bad", "The model is damaged.")])
    for wanted in (
        "perennial ", "python 3.", "messages: 2", "personas: 2", "theme: dark", "mix: kept",
        "programs_in_window: on", "about_me: kept", "bad starter: The model is damaged.",
        "10:00:00,123 ERROR unexpected error", "File app/gui/session.py, line 12, in ask",
        "ValueError\n", "app.errors.StoreError\n", "runtime 8744 begins", "n_ctx = 4096",
    ):  # fmt: skip
        assert wanted in told, wanted
    assert "replies_fts" not in told and "_docsize" not in told


def test_only_the_end_of_a_long_log_is_told(home: Home, store: Store) -> None:
    lines = [f"2026-11-23 10:00:00,123 INFO number {each}" for each in range(1000)]
    (home.logs / RUNTIME_LOG).write_text("\n".join(lines), "utf-8")
    told = diagnostics.diagnostics(home)
    assert "number 999" in told and "number 800" in told and "number 799\n" not in told


def test_a_home_whose_database_is_broken_can_still_be_told_of(home: Home) -> None:
    """Without its names nobody could take them out of the logs."""
    home.database.write_bytes(b"no database" * 1000)
    (home.logs / WINDOW_LOG).write_text("2026-11-23 10:00:00,1 INFO pomegranate", "utf-8")
    told = diagnostics.diagnostics(home)
    assert "cannot be read: damaged" in told and "pomegranate" not in told
    assert "== Versions" in told


@pytest.mark.parametrize(
    "text",
    [
        'it said "pomegranate', "it said 'pomegranate'", "`pomegranate` failed",
        "of “pomegranate” and 「pomegranate」", "~/pomegranate/x", r"C:\Users\pomegranate\x.txt",
        "/data/of/pomegranate.txt", "at pomegranate.example.org:8080", "mail pomegranate@x.org",
        "token: pomegranate", "password=pomegranate", "sk-pomegranate1", "file://pomegranate/x",
        "hf_pomegranateA", "about Pomegranate's box", "pomegranate",
    ],
)  # fmt: skip
def test_each_form_of_what_is_private_is_taken_out(text: str) -> None:
    assert "pomegranate" not in Scrubber(["Pomegranate"]).line(text).lower()


@pytest.mark.parametrize(
    "text",
    [
        'it said "pomegranate', "it said 'pomegranate'", "~/pomegranate/x",
        "at pomegranate.example.org:8080", "token: pomegranate", "hf_pomegranateA",
    ],
)  # fmt: skip
def test_what_no_list_knows_is_taken_out_by_its_form(text: str) -> None:
    assert "pomegranate" not in Scrubber([]).line(text)


def test_what_is_no_line_of_ours_is_left_out_of_a_log() -> None:
    told = list(
        Scrubber([]).window_log(["a line", "another", "Traceback (most recent call last):"])
    )
    assert told == [LEFT_OUT, "Traceback (most recent call last):"]


def test_an_apostrophe_does_not_swallow_a_line() -> None:
    assert Scrubber([]).line("it doesn't load, the base's file") == (
        "it doesn't load, the base's file"
    )


def test_reports_of_bugs_are_the_only_thing_that_is_deleted(home: Home) -> None:
    for name in ("crash-20261101-1.txt", "crash-20261102-1.txt", "window.log"):
        (home.logs / name).write_text("x", "utf-8")
    assert len(crash_reports.crash_reports(home)) == 2
    assert crash_reports.delete_reports(home) == 2
    assert [path.name for path in home.logs.iterdir()] == ["window.log"]
