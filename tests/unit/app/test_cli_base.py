"""A base is what a persona is made of: a wrong or half one would spoil all that it learns."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import hub_download
from app.home import Home
from app.store import Base, Persona, open_store
from tests.tiny_gguf import write_tiny_gguf
from tests.unit.app.test_cli import ROOT, run
from tests.unit.app.tiny_hub import LICENCE, MODEL, REVISION, TinyHub, serving

Verb = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def verb(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Verb:
    """`perennial base` in this process: code, what it gave, and what it told."""
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(hub_download, "PAUSE_S", 0.0)
    monkeypatch.setattr(hub_download, "SPARE_BYTES", 0)

    def call(*words: str) -> tuple[int, Any, str]:
        place = ("--home", str(home.root), "--json")
        code, out, told = run(capsys, monkeypatch, "base", *words, *place)
        return code, json.loads(out) if out else {}, told

    return call


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "Tiny-Q4_K_M.gguf")


@pytest.fixture
def tiny_hub(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyHub]:
    other = gguf.read_bytes()[:-64] + bytes(64)
    made = TinyHub(
        {
            "README.md": b"hello",
            "LICENSE": LICENCE,
            "tiny-F16.gguf": other,
            "tiny-Q4_K_M.gguf": gguf.read_bytes(),
            "tiny-Q4_K_M-00001-of-00002.gguf": b"part",
        }
    )
    with serving(made) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield made


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bases(home: Home) -> list[Base]:
    with open_store(home) as store:
        return store.bases.all()


def files_under(folder: Path) -> list[str]:
    """What is there but for locks and memories."""
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))


def test_a_file_becomes_a_base_where_it_lies(home: Home, verb: Verb, gguf: Path) -> None:
    code, gave, _ = verb("add", str(gguf))
    assert code == 0
    (made,) = bases(home)
    assert (made.name, made.path, made.digest) == ("Tiny", gguf, digest_of(gguf))
    assert gave["base"]["source"] == f"file:{gguf}" and gave["base"]["chat_only"] == ""
    code, listed, _ = verb("list")
    assert [row["state"] for row in listed["bases"]] == ["there"]
    gguf.unlink()
    code, listed, _ = verb("list")
    assert [row["state"] for row in listed["bases"]] == ["missing"]


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [("cut", "gguf_unreadable"), ("header", "gguf_unreadable"), ("other", "gguf_unreadable")],
)
def test_a_damaged_file_does_not_become_one(
    spoil: str, kind: str, home: Home, verb: Verb, gguf: Path
) -> None:
    whole = gguf.read_bytes()
    gguf.write_bytes({"cut": whole[:-100], "header": whole[:400], "other": b"PK\3\4"}[spoil])
    code, gave, told = verb("add", str(gguf))
    assert (code, gave["error"]["kind"]) == (1, kind)
    assert gave["error"]["next_step"] in told and bases(home) == []


def test_something_that_is_nothing_is_told(home: Home, verb: Verb) -> None:
    code, gave, _ = verb("add", "./no-such-file.gguf")
    assert (code, gave["error"]["kind"]) == (1, "base_unknown")
    code, gave, _ = verb("add", "ollama:nothing:7b")
    assert (code, gave["error"]["kind"]) == (1, "ollama_unknown")


def test_a_hub_gives_the_file_that_fits_best_after_a_yes(
    home: Home, verb: Verb, tiny_hub: TinyHub, gguf: Path
) -> None:
    code, gave, _ = verb("add", f"hub:{MODEL}")
    assert (code, gave["error"]["kind"]) == (1, "licence_unread")
    assert "apache-2.0" in gave["error"]["text"]
    assert tiny_hub.sent == {} and bases(home) == []

    code, gave, told = verb("add", MODEL, "--yes", "--name", "Small")
    assert code == 0 and "apache-2.0" in told
    (made,) = bases(home)
    assert (made.name, made.licence, made.languages) == ("Small", "apache-2.0", ("en", "ko"))
    assert made.digest == digest_of(gguf) and made.path.is_relative_to(home.models)
    assert made.source == f"hub:{MODEL}@{REVISION}"
    assert set(tiny_hub.sent) == {"tiny-Q4_K_M.gguf", "LICENSE"}
    assert files_under(home.models / "hub") == ["LICENSE", "tiny-Q4_K_M.gguf"]


def test_a_cut_connection_is_gone_on_with(
    home: Home, verb: Verb, tiny_hub: TinyHub, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, and elsewhere than at the hub; a token is for the hub alone."""
    size = gguf.stat().st_size
    tiny_hub.elsewhere, tiny_hub.token = True, "secret"
    tiny_hub.cuts["tiny-Q4_K_M.gguf"] = [size // 3, size // 3]
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert verb("add", MODEL, "--yes")[0] == 0
    assert bases(home)[0].digest == digest_of(gguf)
    assert tiny_hub.sent["tiny-Q4_K_M.gguf"] == size
    starts = tiny_hub.ranges_of("tiny-Q4_K_M.gguf")
    assert starts == ["", f"bytes={size // 3}-", f"bytes={size // 3 * 2}-"]
    shown = {path.split("/")[1] for path, headers in tiny_hub.asked if "authorization" in headers}
    assert shown == {"api", "maker"}


def test_a_killed_download_goes_on_where_it_ended(
    home: Home, verb: Verb, tiny_hub: TinyHub, gguf: Path
) -> None:
    """Gigabytes do not come twice because a computer was turned off."""
    size = gguf.stat().st_size
    tiny_hub.cuts["tiny-Q4_K_M.gguf"] = [size // 2]
    # The first try of another process, which ends without a word as soon as it would go on.
    script = (
        "import os\nfrom app import cli, hub_download\nimport sys\n"
        "hub_download.SPARE_BYTES = 0\nhub_download.time.sleep = lambda s: os._exit(9)\n"
        f"sys.argv = ['perennial', 'base', 'add', '{MODEL}', '--yes', '--home', '{home.root}']\n"
        "cli.main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=ROOT, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.returncode == 9, ended.stderr
    assert bases(home) == []
    assert files_under(home.models / "hub") == ["tiny-Q4_K_M.gguf.part"]

    code, _, _ = verb("add", MODEL, "--yes")
    assert code == 0 and bases(home)[0].digest == digest_of(gguf)
    assert tiny_hub.ranges_of("tiny-Q4_K_M.gguf") == ["", f"bytes={size // 2}-"]
    assert tiny_hub.sent["tiny-Q4_K_M.gguf"] == size


def test_a_hub_that_knows_no_ranges_gives_all_of_it_again(
    home: Home, verb: Verb, tiny_hub: TinyHub, gguf: Path
) -> None:
    tiny_hub.ranges = False
    tiny_hub.cuts["tiny-Q4_K_M.gguf"] = [1000]
    assert verb("add", MODEL, "--yes")[0] == 0
    assert bases(home)[0].digest == digest_of(gguf)


def test_what_is_not_what_the_hub_says_is_thrown_away(
    home: Home, verb: Verb, tiny_hub: TinyHub, gguf: Path
) -> None:
    swapped = bytearray(gguf.read_bytes())
    swapped[-5] ^= 1
    tiny_hub.swapped["tiny-Q4_K_M.gguf"] = bytes(swapped)
    code, gave, _ = verb("add", MODEL, "--yes")
    assert (code, gave["error"]["kind"]) == (1, "hub_damaged")
    assert bases(home) == [] and "tiny" not in " ".join(files_under(home.models))


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("hub:maker/nothing", "hub_missing"),
        (f"hub:{MODEL}/tiny-Q9.gguf", "hub_nothing"),
        ("gated", "hub_gated"),
        ("bare", "hub_nothing"),
        ("offline", "hub_offline"),
        ("cut", "hub_offline"),
        ("full", "disk_full"),
    ],
)
def test_what_a_hub_does_not_give_is_told_in_words(
    what: str, kind: str, home: Home, verb: Verb, tiny_hub: TinyHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_hub.gated = what == "gated"
    if what == "bare":
        tiny_hub.files = {"README.md": b"hello", "pytorch_model.bin": b"?"}
    elif what == "offline":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    elif what == "cut":
        tiny_hub.cuts["tiny-Q4_K_M.gguf"] = [0] * 20
    elif what == "full":
        monkeypatch.setattr(hub_download, "SPARE_BYTES", 1 << 60)
    code, gave, told = verb("add", what if what.startswith("hub:") else MODEL, "--yes")
    assert (code, gave["error"]["kind"]) == (1, kind)
    assert gave["error"]["next_step"] in told and bases(home) == []


def pull(store: Path, name: str, gguf: Path) -> str:
    """What `ollama pull` leaves: a manifest, and blobs named by their digests."""
    layers = []
    for kind, data in (("model", gguf.read_bytes()), ("license", LICENCE), ("params", b"{}")):
        digest = hashlib.sha256(data).hexdigest()
        blob = store / "blobs" / f"sha256-{digest}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(data)
        layers.append(
            {
                "mediaType": f"application/vnd.ollama.image.{kind}",
                "digest": f"sha256:{digest}",
                "size": len(data),
            }
        )
    model, _, tag = name.partition(":")
    manifest = store / "manifests" / "registry.ollama.ai" / "library" / model / tag
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}), "utf-8")
    return str(layers[0]["digest"]).removeprefix("sha256:")


@pytest.fixture
def sunny(home: Home, verb: Verb, gguf: Path, tmp_path: Path) -> Persona:
    """Speaks through a model of Ollama."""
    pull(tmp_path / "ollama", "tiny:1b", gguf)
    code, gave, _ = verb("list")
    assert [row["name"] for row in gave["in_ollama"]] == ["tiny:1b"]
    code, gave, _ = verb("add", "ollama:tiny:1b")
    assert code == 0
    with open_store(home) as store:
        store.personas.add("Sunny", "Be sunny.")
    assert verb("use", "sunny", "tiny:1b")[0] == 0
    with open_store(home) as store:
        return store.personas.all()[0]


def test_a_model_of_ollama_is_used_where_it_lies(
    home: Home, verb: Verb, gguf: Path, tmp_path: Path, sunny: Persona
) -> None:
    (made,) = bases(home)
    assert sunny.base_id == made.id and made.digest == digest_of(gguf)
    assert made.path == tmp_path / "ollama" / "blobs" / f"sha256-{made.digest}"
    assert made.licence == "Apache License, Version 2.0"
    assert files_under(home.models) == []
    assert verb("list")[1]["in_ollama"] == []


@pytest.mark.parametrize(
    ("what", "state", "usable"),
    [
        ("removed", "removed", False),
        ("pulled anew", "pulled_anew", False),
        ("another tag keeps it", "moved_on", True),
    ],
)
def test_a_persona_says_what_happened_to_its_model_in_ollama(
    what: str, state: str, usable: bool, home: Home, verb: Verb, tmp_path: Path, sunny: Persona,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Under the same name another model would answer, and its adapter would be noise on it."""
    (made,) = bases(home)
    store = tmp_path / "ollama"
    if what == "removed":
        (store / "manifests/registry.ollama.ai/library/tiny/1b").unlink()
        made.path.unlink()
    else:
        pull(store, "tiny:1b", write_tiny_gguf(tmp_path / "new.gguf", seed=1))
        if what == "pulled anew":
            made.path.unlink()
    row = verb("list")[1]["bases"][0]
    assert row["state"] == state and "tiny:1b" in row["trouble"] and row["next_step"]
    place = ("--home", str(home.root), "--json")
    _, out, _ = run(capsys, monkeypatch, "personas", *place)
    assert row["trouble"] in json.loads(out)["personas"][0]["base_trouble"]
    code, out, told = run(capsys, monkeypatch, "chat", "-p", "sunny", "-m", "hello", *place)
    if usable:
        assert code == 0 and json.loads(out)["reply"]
        return
    error = json.loads(out)["error"]
    assert (code, error["kind"]) == (1, f"base_{state}") and error["text"] in told
    code, out, _ = run(capsys, monkeypatch, "cycle", "sunny", *place)
    assert (code, json.loads(out)["error"]["kind"]) == (1, f"base_{state}")


def test_a_persona_moves_and_may_go_back_with_its_adapter(
    home: Home, verb: Verb, gguf: Path, tmp_path: Path, sunny: Persona
) -> None:
    """An adapter on a base that it was not trained on would be noise; the move costs none."""
    with open_store(home) as store:
        run_made = store.runs.add("r1", sunny.id, sunny.base_id or 0, None, "tiny", 1)
        adapter = store.adapters.add(
            sunny.id, sunny.base_id or 0, run_made.id, None, tmp_path / "p", tmp_path / "g", "d"
        )
        store.deployments.put_live(sunny.id, run_made.id, adapter.id, "", "", "runtime", {})
    other = write_tiny_gguf(tmp_path / "other.gguf", seed=2)
    assert verb("add", str(other), "--name", "Other")[0] == 0
    code, gave, _ = verb("use", "sunny", "other")
    assert (code, gave) == (0, {"persona": "sunny", "base": "Other", "adapter_left": True})
    with open_store(home) as store:
        moved = store.personas.get(sunny.id)
        assert moved.active_adapter_id is None and moved.base_id != sunny.base_id
        store.deployments.undo_last(sunny.id)
        back = store.personas.get(sunny.id)
        assert (back.active_adapter_id, back.base_id) == (adapter.id, sunny.base_id)
    code, gave, _ = verb("use", "sunny", "nobody")
    assert (code, gave["error"]["kind"]) == (1, "base_unknown")


@pytest.mark.parametrize("place", ["folder", "hub"])
def test_weights_in_safetensors_become_one_file_that_is_trained_and_served(
    place: str, home: Home, verb: Verb, tiny_hub: TinyHub, tmp_path: Path
) -> None:
    """What is on a hub is mostly not GGUF; a second copy of it would only fill the disk."""
    pytest.importorskip("torch")
    from tests.unit.trainer.test_folder_bases import write_folder
    from tests.unit.trainer.tiny_families import FAMILIES

    folder = write_folder(tmp_path / "Folder", FAMILIES["qwen3"], FAMILIES["qwen3"].model())
    if place == "hub":
        tiny_hub.files = {p.name: p.read_bytes() for p in folder.iterdir()} | {"LICENSE": LICENCE}
        code, gave, _ = verb("add", f"hub:{MODEL}", "--yes")
    else:
        code, gave, _ = verb("add", str(folder), "--8-bit")
    assert (code, gave["base"]["chat_only"]) == (0, "")
    (made,) = bases(home)
    assert (made.kind, made.architecture) == ("gguf", "qwen3")
    assert made.path.parent == home.models and made.digest == digest_of(made.path)
    assert not list(home.models.rglob("*.safetensors"))
    assert verb("list")[1]["bases"][0]["state"] == "there"
    if place == "folder":
        assert verb("add", str(folder), "--8-bit")[0] == 0
        assert [base.path for base in bases(home)] == [made.path]
        assert [name for name in files_under(home.models) if "gguf" in name] == [made.path.name]


def test_a_damaged_folder_leaves_nothing(home: Home, verb: Verb, tmp_path: Path) -> None:
    folder = tmp_path / "Folder"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "mamba"}', "utf-8")
    code, gave, told = verb("add", str(folder))
    assert (code, gave["error"]["kind"]) == (1, "folder_unusable") and "mamba" in told
    assert bases(home) == [] and files_under(home.models) == []
