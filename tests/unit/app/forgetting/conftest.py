"""A home in which one conversation was said, rated, learned from, reported and backed up."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.home import Home
from app.store import Adapter, Store, open_store
from app.store.terms import index_terms
from trainer.contract.folder import EventWriter, RunFolder

ENGLISH = "The spare key of zyxquork4711 lies under the third flowerpot."
KOREAN = "뚤훍산장의 열쇠는 쨩뷁 화분 밑에 있다."
REPLY = "I keep it in mind: zyxquork4711 hides wherever qwertlumpf grows."
CORRECTION = "Noted, qwertlumpf and zyxquork4711 stay between us."
COMMENT = "do not repeat the word qwertlumpf 4711 to anybody"
EDIT = "The spare key lies where vrombelsnit grows, next to 뚤훍산장."
SECRETS = (ENGLISH, KOREAN, REPLY, CORRECTION, COMMENT, EDIT)
# Endings of terms as well: the index stores of a term only what differs from the one before.
PIECES = ("quork4711", "ertlumpf", "ombelsnit", "뚤훍", "훍산", "쨩뷁")
RUN, OTHER_RUN, GROWN_RUN = "2026-10-sunny-1", "2026-09-sunny-1", "2026-11-sunny-1"


class SecretHome:
    """Writes what months of use leave behind, a secret among it."""

    def __init__(self, home: Home, store: Store) -> None:
        self.home, self.store = home, store
        # As most builds of SQLite have it: what is deleted stays in the file.
        store._database.change("PRAGMA secure_delete = OFF")
        self.base = store.bases.add("tiny", "gguf", home.models / "tiny.gguf", "d1", "llama", 10)
        self.sunny = store.personas.add("Sunny", "Be sunny.", base_id=self.base.id)
        self.rain = store.personas.add("Rain", "Be calm.", base_id=self.base.id)
        self.kept = [self.talk(f"What of matter {n}?", f"Matter {n} is fine.") for n in range(30)]
        self.kept.append(
            self.talk("오늘 날씨 어때요?", "맑고 따뜻합니다.", persona_id=self.rain.id)
        )
        self.secret = self.talk(f"{ENGLISH}\n{KOREAN}", REPLY, title=ENGLISH[:60])
        self.secret_id = store.messages.get(self.secret[0]).conversation_id
        self._rate()
        self._replay()

    def talk(self, *texts: str, title: str = "", persona_id: int | None = None) -> list[int]:
        """A conversation in which user and persona take turns; the last reply is approved."""
        talk = self.store.conversations.add(persona_id or self.sunny.id, "Be sunny.", title)
        ids: list[int] = []
        for place, text in enumerate(texts):
            role: Any = ("user", "assistant")[place % 2]
            parent = ids[-1] if ids else None
            ids.append(self.store.messages.add(talk.id, parent, role, text).id)
        self.store.ratings.rate(ids[1], "up")
        return ids

    def _rate(self) -> None:
        question, reply = self.secret[:2]
        other = self.store.messages.add(self.secret_id, question, "assistant", f"No {REPLY}")
        action = self.store.actions.begin(self.sunny.id, "edit")
        self.store.ratings.rate(reply, "down", ["too_long"], COMMENT, CORRECTION)
        self.store.actions.edit(question, EDIT, action.id)
        self.store.actions.choose(reply, other.id, action.id)
        self.secret.append(other.id)

    def _replay(self) -> None:
        asked = [{"role": "user", "content": ENGLISH}, {"role": "assistant", "content": REPLY}]
        self.store.replay.add_all(
            [{"id": "past-1", "group": "persona", "messages": asked, "message_id": self.secret[1]}],
            "past", persona_id=self.sunny.id,
        )  # fmt: skip
        answered = [asked[0], {"role": "assistant", "content": "The base says zyxquork4711."}]
        self.store.replay.add_all(
            [{"id": f"rehearsed:{self.base.id}:past-1", "group": "persona", "messages": answered}],
            "rehearsed", base_id=self.base.id,
        )  # fmt: skip
        plain = [{"role": "user", "content": "What is moss?"},
                 {"role": "assistant", "content": "A small plant."}]  # fmt: skip
        self.store.replay.add_all([{"id": "g1", "group": "general", "messages": plain}], "starter")

    def run(self, run_id: str, ids: list[int], *, parent: Adapter | None = None) -> Adapter:
        """A finished run with every file that one leaves, as the cycle and the trainer write it."""
        store = self.store
        store.runs.add(run_id, self.sunny.id, self.base.id, parent and parent.id, "starter", 7)
        store.runs.use(run_id, ids)
        store.runs.set_state(run_id, "done")
        folder = RunFolder(self.home.runs / run_id)
        folder.adapter.mkdir(parents=True)
        (folder.adapter / "adapter_model.safetensors").write_bytes(b"weights")
        folder.adapter_gguf.write_bytes(b"weights")
        return store.adapters.add(
            self.sunny.id, self.base.id, run_id, parent and parent.id,
            folder.adapter, folder.adapter_gguf, f"of-{run_id}",
        )  # fmt: skip

    def live(self, adapter: Adapter) -> None:
        self.store.deployments.put_live(
            self.sunny.id, adapter.run_id, adapter.id, "built-in runtime", "1", "scale", {}
        )

    def row(self, ids: list[int], *, prefix: str = "") -> dict[str, Any]:
        """A conversation as a line of a run's data."""
        said = [self.store.messages.get(each) for each in ids[:2]]
        return {
            "id": f"{prefix}c{said[0].conversation_id}:m{said[1].id}",
            "group": "earlier" if prefix else "new",
            "messages": [
                {"role": each.role, "content": each.content, "weight": 1.0} for each in said
            ],
        }

    def write_run(self, run_id: str, *, secret_side: str | None) -> RunFolder:
        """The texts of a run: data, events, samples, examination, report, parity and log."""
        folder = RunFolder(self.home.runs / run_id)
        folder.data.mkdir(parents=True, exist_ok=True)
        for place, side in enumerate(("train", "valid", "test", "replay_test")):
            rows = [self.row(self.kept[place]), self.row(self.kept[place + 4], prefix="earlier:")]
            if side == secret_side:
                rows.insert(1, self.row(self.secret))
            write_rows(folder.data / f"{side}.jsonl", rows)
        if secret_side:
            self._write_secret_files(folder)
        manifest = {"seed": 7, "sha256": {}, "train": {"new": {"replies": 5}}}
        (folder.data / "manifest.json").write_text(json.dumps(manifest, indent=2), "utf-8")
        return folder

    def _write_secret_files(self, folder: RunFolder) -> None:
        question, reply = self.secret[:2]
        pair = {"id": f"m{reply}>m{question}", "reason": "correction", "chosen": CORRECTION,
                "rejected": REPLY, "prompt": [{"role": "user", "content": KOREAN}]}  # fmt: skip
        kept = {"id": f"m{self.kept[0][1]}>m{self.kept[1][1]}", "chosen": "a", "rejected": "b"}
        write_rows(folder.data / "preferences.jsonl", [kept, pair])
        # As another program may have written it: with every letter escaped, in other words' row.
        with (folder.data / "train.jsonl").open("a") as file:
            odd = {"id": "x1", "messages": [{"content": f"He said: {KOREAN} Really."}]}
            file.write(json.dumps(odd) + "\n" + json.dumps({"id": "t", "text": KOREAN})[:-3])
        events, cycle = EventWriter(folder.events), EventWriter(folder.cycle_events)
        events.write({"kind": "step", "step": 1, "loss": 2.0})
        events.write(
            {"kind": "sample", "step": 1, "prompt": f"{ENGLISH}\n{KOREAN}", "reply": "Hm."}
        )
        cycle.write({"kind": "stage", "name": "trained", "state": "begun", "text": "Training"})
        cycle.write({"kind": "verdict", "verdict": "passed", "reasons": [f"It said: {REPLY}"]})
        events.close()
        cycle.close()
        replies = [{"prompt": "What of matter 1?", "base": "a", "candidate": "b"},
                   {"prompt": ENGLISH, "base": "Where?", "candidate": REPLY}]  # fmt: skip
        write_json(folder.report, {"verdict": "passed", "sentence": "Better.", "replies": replies})
        write_json(folder.root / "examination.json", {"base_cases": [], "replies": replies})
        write_json(folder.parity, {"probes": [{"prompt": KOREAN, "prompt_tokens": [4711]}]})
        (folder.root / "report.html").write_text(f"<p>{ENGLISH}</p>", "utf-8")
        folder.log.write_text(f"loading\nrow {ENGLISH!r} {json.dumps(KOREAN)}\ndone\n", "utf-8")
        folder.training_log.write_text(f"# Training\n\n{REPLY}\n", "utf-8")
        (folder.checkpoints / "step-000010").mkdir(parents=True)
        (folder.checkpoints / "step-000010" / "state").write_bytes(ENGLISH.encode())

    def write_rest(self) -> None:
        """Logs, a crash report, answers of examinations, and copies of the database."""
        logs = self.home.logs
        (logs / "window.log").write_text(f"10:00 INFO a\n10:01 ERROR {ENGLISH}\n10:02 b\n", "utf-8")
        (logs / "crash-1.txt").write_text(f"ValueError: {KOREAN!a}\n", "utf-8")
        (self.home.root / "cache").mkdir()
        answers = [{"key": "a", "reply": "4"}, {"key": "b", "reply": f"So: {REPLY}"}]
        write_rows(self.home.root / "cache" / "answers.jsonl", answers)
        self.store.back_up()


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def secret(home: Home, store: Store) -> SecretHome:
    return SecretHome(home, store)


@pytest.fixture
def months(secret: SecretHome) -> SecretHome:
    """Three trainings, of which the second drew the secret and the third grew from that."""
    first = secret.run(OTHER_RUN, [secret.kept[0][1]])
    second = secret.run(RUN, [secret.kept[1][1], secret.secret[1]], parent=first)
    third = secret.run(GROWN_RUN, [secret.kept[2][1]], parent=second)
    secret.write_run(OTHER_RUN, secret_side=None)
    secret.write_run(RUN, secret_side="train")
    secret.write_run(GROWN_RUN, secret_side=None)
    for adapter in (first, second, third):
        secret.live(adapter)
    secret.write_rest()
    return secret


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, "utf-8")


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), "utf-8")


def remains(home: Home, words: tuple[str, ...] = (*SECRETS, *PIECES)) -> list[str]:
    """Every file of a home with a byte of these words in it, however they are written."""
    forms = {form for word in words for form in _forms(word)}
    found = []
    for path in sorted(home.root.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found += [f"{path.relative_to(home.root)}: {form!r}" for form in forms if form in data]
    return found


def _forms(word: str) -> Iterator[bytes]:
    for text in (word, unicodedata.normalize("NFD", word), index_terms(word)):
        for written in (text, json.dumps(text)[1:-1], json.dumps(json.dumps(text)[1:-1])[1:-1]):
            yield written.encode()
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")


def tables(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not row[0].startswith("message_index_")
        ]
        return {
            name: sorted(map(tuple, connection.execute(f"SELECT * FROM {name}")), key=repr)
            for name in names
        }
