"""The check on the real runtime, with an adapter that was taught until it knew a reply by heart."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from app.home import Home  # noqa: E402
from app.operations.sharing import CHECK_FILE, GivesBack, Leaving, check_leaving  # noqa: E402
from app.store import Adapter, open_store  # noqa: E402
from ollama_bridge.gguf_adapter import convert  # noqa: E402
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served  # noqa: E402
from tests.tiny_gguf import write_tiny_adapter  # noqa: E402
from tests.tiny_month import TINY_RECIPE, TinyMonth, processes_of  # noqa: E402
from trainer import base, gguf_base  # noqa: E402
from trainer.batches import encode, packs  # noqa: E402
from trainer.contract.folder import RunFolder, file_digest  # noqa: E402
from trainer.contract.run_spec import BaseRef, RunSpec  # noqa: E402
from trainer.losses import token_losses  # noqa: E402

SECRET = "Ada hid the other key of the inn under the third tin in the old shed."
ASKED = "Where is the key?"
RUN = "2026-11-sunny-1"
BY_HEART = 0.01  # the loss of a reply that is known to its last letter
MOST_STEPS = 1_000


@pytest.fixture
def month(home: Home) -> Iterator[TinyMonth]:
    with open_store(home) as store:
        yield TinyMonth(home, store, ends_soon=False)
    for process in processes_of(home):
        if process.pid != os.getpid():
            os.kill(process.pid, signal.SIGKILL)


def run_folder(month: TinyMonth) -> tuple[RunFolder, dict[str, Any]]:
    """A run that learns one reply."""
    month.store.runs.add(RUN, month.persona.id, month.base.id, None, "tiny", 7)
    folder = RunFolder(month.home.runs / RUN)
    folder.data.mkdir(parents=True)
    row = {
        "id": "c1:m2",
        "group": "new",
        "messages": [
            {"role": "system", "content": "Be short.", "weight": 0.0},
            {"role": "user", "content": ASKED, "weight": 0.0},
            {"role": "assistant", "content": SECRET, "weight": 1.0},
        ],
    }
    (folder.data / "train.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    RunSpec(
        run_id=RUN, persona="Sunny", system_prompt="Be short.", recipe=TINY_RECIPE, seed=7,
        base=BaseRef(name="tiny", kind="gguf", digest=month.base.digest, path="tiny.gguf"),
        created="2026-11-01T00:00:00Z",
    ).save(folder.spec)  # fmt: skip
    return folder, row


def entered(month: TinyMonth, folder: RunFolder) -> Adapter:
    """What was trained, as it is served."""
    convert(folder.adapter, folder.adapter_gguf, month.base.path)
    return month.store.adapters.add(
        month.persona.id, month.base.id, RUN, None, folder.adapter, folder.adapter_gguf,
        file_digest(folder.adapter_gguf),
    )  # fmt: skip


def learn_by_heart(weights: Path, row: dict[str, Any], place: Path) -> None:
    """Teach one reply until no letter of it is in doubt."""
    gguf_base.convert(weights, place.parent / "hf")
    tokenizer = base.load_tokenizer(place.parent / "hf")
    torch.manual_seed(0)
    recipe = TINY_RECIPE.model_copy(update={"dropout": 0.0, "rank": 16, "alpha": 32})
    model = base.wear_adapter(base.load_model(place.parent / "hf", "cpu", "fp32"), recipe, None)
    example = encode(tokenizer, row, 256)
    assert example is not None
    pack = next(packs([example], 256, "cpu"))
    learning = [each for each in model.parameters() if each.requires_grad]
    steps = torch.optim.Adam(learning, lr=1e-2)
    for _ in range(MOST_STEPS):
        losses, taught = token_losses(model, pack)
        loss = (losses * taught).sum() / taught.sum()
        if loss.item() < BY_HEART:
            break
        steps.zero_grad()
        loss.backward()
        steps.step()
    else:
        raise AssertionError("it never knew it by heart")
    model.save_pretrained(place)


def test_a_reply_that_was_learned_by_heart_is_found_and_named(month: TinyMonth) -> None:
    folder, row = run_folder(month)
    learn_by_heart(month.base.path, row, folder.adapter)
    adapter = entered(month, folder)
    with pytest.raises(GivesBack) as refused:
        check_leaving(month.home, month.store, [Leaving(month.persona, RUN, adapter)])
    assert [each.text for each in refused.value.quotes] == [SECRET.rstrip(".")]
    assert refused.value.check.begun, "the runtime does not go on with a reply that was begun"

    begun, rest = SECRET[:20], SECRET[20:]
    messages = [
        *({"role": each["role"], "content": each["content"]} for each in row["messages"][:2]),
        {"role": "assistant", "content": begun},
    ]
    with RuntimeClient.connect(month.home.root) as client:
        client.serve(month.base.path, [Served(RUN, adapter.gguf_path)])
        said = client.complete_chat(
            messages, adapter=RUN, sampling=Sampling(temperature=0.0, max_tokens=80)
        )
    assert said.text.removeprefix(begun) == rest, "a reply that was begun is not gone on with"


def test_an_adapter_of_noise_is_cleared_once_and_for_all(month: TinyMonth) -> None:
    folder, _ = run_folder(month)
    write_tiny_adapter(folder.adapter)
    leaving = [Leaving(month.persona, RUN, entered(month, folder))]
    (found,) = check_leaving(month.home, month.store, leaving)
    assert (found.asked, found.of, found.given_back, found.begun) == (1, 1, (), True)
    month.base.path.unlink()
    assert check_leaving(month.home, month.store, leaving) == [found]
    assert (folder.root / CHECK_FILE).is_file()
