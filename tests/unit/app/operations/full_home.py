"""A home with a persona that has every kind of row, and the tables of it in a form to compare."""

from __future__ import annotations

import json
import struct
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.home import Home
from app.operations import helping
from app.operations.mix_settings import MixSettings, save_mix_settings
from app.operations.mixing import want_rebuild
from app.operations.own_tests import add_test
from app.store import Base, Persona, Score, Store, Traits
from app.store.arriving import ArrivingConversation, ArrivingMessage, ArrivingRating
from app.store.portable_tables import PARTS, TABLES
from ollama_bridge.modelfile import modelfile
from trainer.contract.folder import RunFolder

ODD = (
    "한국어 \u1112\u1161\u11ab ümlaut e\u0301 \U0001f469\u200d\U0001f467 \u202eright to left\u202c"
    " \u2028line separator\ttab\r\nCRLF \\u0041 \"quotes\" 'single' `ticks` ``` <b>&amp;</b>"
    " %s {0} ; DROP TABLE messages; -- \x01\x1f\x7f \ufeff \U0010ffff"
)
RUNS = ("2026-09-sunny-1", "2026-10-sunny-1", "2026-11-sunny-1")


def safetensors(**tensors: bytes) -> bytes:
    """A file of one-dimensional tensors of bytes."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, data in tensors.items():
        offsets = [at, at + len(data)]
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": offsets}
        at += len(data)
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + b"".join(tensors.values())


def gguf() -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(40)


class FullHome:
    """Writes every kind of row, some of them more than once."""

    def __init__(self, home: Home, store: Store, *, base_is_here: bool = True) -> None:
        self.home, self.store = home, store
        (home.models / "tiny.gguf").write_bytes(b"GGUF")
        self.base: Base = store.bases.add(
            "tiny", "gguf", home.models / "tiny.gguf", "d1", "llama", 10, ["en", "ko"]
        )
        gone = store.bases.add("gone", "hf", home.models / "gone", "d2", "qwen2", 20, [])
        store.personas.add("Somebody else")
        self.persona: Persona = store.personas.add(
            "Sunny",
            f"Be sunny. {ODD}",
            ["ko", "en"],
            Traits(formality=0.1, humour=1.0),
            base_id=self.base.id if base_is_here else gone.id,
        )
        save_mix_settings(store, self.persona, MixSettings(ratio_new=0.6, day_cap=9))
        want_rebuild(store, self.persona, True)
        helping.set_switches(store, self.persona, helping.HelpSwitches(examples=False))
        with store.transaction():
            self._somebody_else_speaks()
            self._forget()
            self.said = self._tree(gone)
            self._arrive()
            self._judge()
            self._train()
            self._replay()
        self._hold_out()

    def _somebody_else_speaks(self) -> None:
        """Rows of others, so that no id here is the number of its row."""
        other = self.store.personas.all()[0]
        for _ in range(3):
            talk = self.store.conversations.add(other.id, "", external_id=None)
            asked = self.store.messages.add(talk.id, None, "user", "SECRET OF SOMEBODY ELSE")
            reply = self.store.messages.add(talk.id, asked.id, "assistant", "SECRET")
            self.store.ratings.rate(reply.id, "up", comment="SECRET")
        self.store.actions.begin(other.id, "SECRET")
        self.store.settings.set(f"mix:{other.slug}", {"day_cap": 1})

    def _forget(self) -> None:
        """What was forgotten leaves digests alone: no id here is the number of its row."""
        store = self.store
        talk = store.conversations.add(self.persona.id, "", external_id="chat:0")
        store.messages.add(talk.id, None, "user", "SECRET that was to be forgotten")
        store.tombstones.leave(store.forgetting.conversations([talk.id]))
        store.removal.remove(store.forgetting.conversations([talk.id]), lambda _text: False)

    def _tree(self, gone: Base) -> dict[str, int]:
        """A conversation of three branches, the middle one active, and one of nothing at all."""
        add = self.store.messages.add
        talk = self.store.conversations.add(
            self.persona.id, self.persona.system_prompt, ODD, "chat", None, True
        )
        root = add(talk.id, None, "user", ODD)
        sampling = {"temperature": 0.7, "stop": ["한", "\n"]}
        replies = [
            add(
                talk.id,
                root.id,
                "assistant",
                f"{ODD} {number}",
                base_id=base_id,
                system_prompt="Be sunny.",
                sampling=sampling,
                finish="stop",
            )
            for number, base_id in enumerate((self.base.id, gone.id, None))
        ]
        more = add(talk.id, replies[1].id, "user", "")
        last = add(talk.id, more.id, "assistant", "end", finish="length")
        add(talk.id, replies[2].id, "system", "another end")
        self.store.messages.choose(last.id)
        self.store.conversations.add(self.persona.id, "", external_id="empty")
        plain = self.store.conversations.add(self.persona.id, "Be sunny.", "Plain")
        asked = add(plain.id, None, "user", "What is salt?")
        told = add(plain.id, asked.id, "assistant", "Salt is sodium chloride.")
        self.store.helping.record(told.id, [replies[0].id, last.id], with_note=True)
        return {
            "talk": talk.id, "root": root.id, "first": replies[0].id, "second": replies[1].id,
            "third": replies[2].id, "last": last.id, "plain": plain.id, "told": told.id,
        }  # fmt: skip

    def _arrive(self) -> None:
        """What came from another program, with speakers, models and ratings of its own."""
        rating = ArrivingRating("down", "Better.", ("too_long", "other"), ODD)
        arriving = ArrivingConversation(
            "chat:1#abc",
            (
                ArrivingMessage("user", "hi", None, "2026-01-01T00:00:00+00:00", "민수"),
                ArrivingMessage("assistant", "hello", 0, "", "Bot", "gpt-4o", rating),
                ArrivingMessage("assistant", "hey", 0),
            ),
            system_prompt="",
            title="From afar",
            choices=((1, 2),),
        )
        self.store.intake.take(self.persona.id, [arriving], "chatgpt")

    def _judge(self) -> None:
        store, said = self.store, self.said
        store.ratings.rate(said["first"], "up", ["too_long"], ODD)
        store.ratings.rate(said["first"], None)
        store.ratings.rate(said["told"], "up", correction=ODD)
        for verb in ("drop", "choose", "tag", "mask", "delete"):
            action = store.actions.begin(self.persona.id, verb)
            if verb == "drop":
                store.ratings.rate(said["last"], "dropped", action_id=action.id)
            elif verb == "choose":
                store.actions.choose(said["second"], said["first"], action.id)
            elif verb == "tag":
                store.actions.set_topic([said["told"], said["last"]], "general", action.id)
            elif verb == "mask":
                store.actions.edit(said["root"], "masked", action.id)
            else:
                store.actions.delete_conversation(said["talk"], action.id)
        store.actions.edit(said["told"], f"{ODD} without an action")
        undone = store.actions.begin(self.persona.id, "undone")
        store.ratings.rate(said["third"], "up", action_id=undone.id)
        store.actions.undo(self.persona.id)
        store.review.draw_sample(self.persona.id, 2)

    def _train(self) -> None:
        store = self.store
        parent: int | None = None
        states = (("done", "passed"), ("refused", "refused"), ("waiting", None))
        for run_id, (state, verdict) in zip(RUNS, states, strict=True):
            store.runs.add(run_id, self.persona.id, self.base.id, parent, "starter", 7)
            store.runs.complete_stage(run_id, "mixed")
            store.runs.set_state(run_id, state, verdict=verdict, reason=ODD)  # type: ignore[arg-type]
            store.runs.use(run_id, [self.said["first"], self.said["told"]])
            folder = self._write_run(run_id)
            adapter = store.adapters.add(
                self.persona.id, self.base.id, run_id, parent, folder.adapter,
                folder.adapter_gguf, f"of-{run_id}",
            )  # fmt: skip
            scores = [
                Score(run_id, "base", "test_loss", "", 1.0 / 3.0, 40),
                Score(run_id, "candidate", "checks", "coding", 1e-300, 0),
            ]
            store.scores.put(run_id, scores)
            if state == "done":
                store.deployments.put_live(
                    self.persona.id, run_id, adapter.id, "built-in", "1", "scale", {"ok": True}
                )
                parent = adapter.id
            else:
                store.adapters.set_status(adapter.id, "refused")
        talk = store.conversations.get(self.said["plain"])
        store.messages.add(
            talk.id, talk.leaf_id, "user", "again", base_id=self.base.id, adapter_id=parent
        )

    def _write_run(self, run_id: str) -> RunFolder:
        folder = RunFolder(self.home.runs / run_id)
        folder.adapter.mkdir(parents=True)
        folder.data.mkdir()
        (folder.adapter / "adapter_model.safetensors").write_bytes(safetensors(a=run_id.encode()))
        config = {"peft_type": "LORA", "base_model_name_or_path": str(self.base.path)}
        (folder.adapter / "adapter_config.json").write_text(json.dumps(config))
        (folder.adapter / "README.md").write_text("not taken along")
        folder.adapter_gguf.write_bytes(gguf())
        text = modelfile(str(self.base.path), Path("./adapter.gguf"), ODD)
        (folder.adapter / "Modelfile").write_text(text, "utf-8", newline="")
        replies = [{"prompt": "How much salt is too much?", "candidate": "A spoonful."}]
        folder.report.write_text(
            json.dumps({"verdict": "passed", "replies": replies, "reasons": []})
        )
        (folder.data / "manifest.json").write_text("{}")
        (folder.root / "request.json").write_text("{}")
        return folder

    def _replay(self) -> None:
        store = self.store
        rows = [
            {"role": "user", "content": ODD},
            {"role": "assistant", "content": "a", "weight": 2},
        ]
        store.replay.set_group("eigene", 7, "de")
        told = self.said["told"]
        store.replay.add_all(
            [
                {"id": f"said:{told}", "group": "eigene", "messages": rows, "message_id": told},
                {"id": "mine", "group": "persona", "language": "ko", "messages": rows,
                 "checks": "assert True"},
            ],
            "said",
            persona_id=self.persona.id,
        )  # fmt: skip
        store.replay.add_all(
            [{"id": "judge", "group": "persona", "messages": rows}], "own", judges=True,
            persona_id=self.persona.id, base_id=self.base.id,
        )  # fmt: skip
        items = [item.id for item in store.replay.all() if item.persona_id == self.persona.id]
        store.replay.set_left_out(items[0], True)
        store.replay.mark_used(items, RUNS[0])

    def _hold_out(self) -> None:
        """A test set of its own, one that judges everybody, and one of somebody else."""
        rows = [
            {"prompt": f"Which {thing} goes with the {place}? {ODD[:3]}", "answer": ODD}
            for thing in ("lantern", "umbrella", "violin", "basket", "mirror")
            for place in ("harbour", "mountain", "museum", "orchard", "library")
        ]
        sets = {
            "own.csv": "question,answer\n얼마나 짜요?,조금요\n".encode("cp949"),
            "shared.jsonl": "\n".join(map(json.dumps, rows)).encode(),
            "theirs.csv": b"question,answer\nSECRET?,SECRET\n",
        }
        people = {"own.csv": [self.persona.slug], "theirs.csv": ["somebody-else"]}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in sets.items():
                file = Path(folder) / name
                file.write_bytes(content)
                shared = name not in people
                add_test(self.home, file, personas=people.get(name, ()), all_held_out=not shared)


def tables_of(archive: Path) -> dict[str, list[Any]]:
    """The rows of an archive, table by table."""
    with zipfile.ZipFile(archive) as zipped:
        return {
            name.removeprefix("tables/").removesuffix(".jsonl"): [
                json.loads(line) for line in zipped.read(name).decode().split("\n") if line
            ]
            for name in zipped.namelist()
            if name.startswith("tables/")
        }


def stored_tables(store: Store, persona: Persona) -> dict[str, list[Any]]:
    """Every row of a persona as it lies in a home, its references as numbers."""
    with store.portable.reading(persona.id, PARTS) as reading:
        return {table.name: list(reading.rows(table)) for table in TABLES}


def persona_facts(persona: Persona) -> dict[str, Any]:
    facts = asdict(persona)
    return {key: facts[key] for key in facts if key not in ("id", "base_id", "active_adapter_id")}
