"""A base that cannot be trained ends a training in words: at once, with its code, and with nothing
half-written that the next try would trip over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from tests.unit.trainer.test_folder_bases import write_folder  # noqa: E402
from tests.unit.trainer.test_gguf_damage import written  # noqa: E402
from tests.unit.trainer.tiny_families import FAMILIES, write_family  # noqa: E402
from tests.unit.trainer.tiny_run import make_run  # noqa: E402
from trainer.contract.folder import EXIT_FAILED, RunFolder, read_rows  # noqa: E402
from trainer.contract.run_spec import BaseRef, load_spec  # noqa: E402
from trainer.worker import run  # noqa: E402


def run_on(tmp_path: Path, base: Path) -> RunFolder:
    """A run that is to train on this base, whatever it is by now."""
    folder = make_run(tmp_path / "run")
    kind = "gguf" if base.suffix == ".gguf" else "hf"
    digest = hashlib.sha256(base.read_bytes()).hexdigest() if base.is_file() else "0" * 64
    spec = load_spec(folder.spec)
    given = BaseRef.model_validate(
        {"name": "it", "kind": kind, "digest": digest, "path": str(base)}
    )
    spec.model_copy(update={"base": given}).save(folder.spec)
    return folder


def ends(folder: RunFolder) -> dict[str, Any]:
    """How its training ends, after seeing that it left nothing that counts."""
    assert run(folder.root, None, None) == EXIT_FAILED
    made = [folder.adapter, folder.checkpoints, folder.losses, folder.parity, folder.training_log]
    assert [path.name for path in made if path.exists()] == []
    assert not list(folder.root.rglob("*.part"))
    last: dict[str, Any] = list(read_rows(folder.events))[-1]
    assert last["kind"] == "failed" and last["text"] and last["next_step"], last
    return last


def spoil_config(folder: Path, **changed: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changed}), "utf-8")


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-2000])


def cut_in_the_header(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])


def lose_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def lose_all_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def lose_the_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


def tear_the_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "lla', "utf-8")


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "cut short": (cut, "base_damaged"),
    "cut in its header": (cut_in_the_header, "base_damaged"),
    "a weight is missing": (lose_a_weight, "base_damaged"),
    "no weights": (lose_all_weights, "base_damaged"),
    "no tokenizer": (lose_the_tokenizer, "base_damaged"),
    "torn": (tear_the_config, "base_"),
    "unknown": (lambda folder: spoil_config(folder, model_type="nobody"), "base_unsupported"),
    "other sizes": (lambda folder: spoil_config(folder, hidden_size=64), "base_damaged"),
    "no chat template": (lambda f: (f / "chat_template.jinja").unlink(), "base_unsupported"),
}


@pytest.mark.parametrize("how", FOLDERS)
def test_a_folder_says_why_it_cannot_be_trained(how: str, tmp_path: Path) -> None:
    spoil, kind = FOLDERS[how]
    folder = write_folder(tmp_path / "base", FAMILIES["llama"], FAMILIES["llama"].model())
    spoil(folder)
    assert ends(run_on(tmp_path, folder))["error_kind"].startswith(kind)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    assert ends(run_on(tmp_path, tmp_path / "nowhere"))["error_kind"] == "base_missing"


def test_a_folder_runs_no_code_of_its_own(tmp_path: Path) -> None:
    """A base from anywhere must not do anything on the machine but be read."""
    folder = write_folder(tmp_path / "base", FAMILIES["llama"], FAMILIES["llama"].model())
    marker = tmp_path / "it ran"
    code = f"open({str(marker)!r}, 'w').close()\nclass C: pass\n"
    (folder / "own.py").write_text(code, "utf-8")
    spoil_config(
        folder, model_type="own",
        auto_map={"AutoConfig": "own.C", "AutoModelForCausalLM": "own.C"},
    )  # fmt: skip
    assert ends(run_on(tmp_path, folder))["error_kind"] == "base_unsupported"
    assert not marker.exists()


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("another family", "base_unsupported"),
        ("experts", "base_unsupported"),
        ("a weight is missing", "base_damaged"),
        ("no template", "base_unsupported"),
        ("nothing", "base_damaged"),
    ],
)
def test_a_file_says_why_it_cannot_be_trained(how: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "base.gguf"
    if how == "another family":
        written(path, "mamba")
    elif how == "experts":
        written(path, header={"expert_count": 8})
    elif how == "a weight is missing":
        written(path, tensors={"blk.1.ffn_up.weight": None})
    elif how == "no template":
        write_family(path, FAMILIES["llama"], FAMILIES["llama"].model())
        data = path.read_bytes()
        path.write_bytes(data.replace(b"tokenizer.chat_template", b"tokenizer.chat_tempxate"))
    else:
        path.write_bytes(b"")
    assert ends(run_on(tmp_path, path))["error_kind"] == kind
