"""The comparison with the built-in runtime: a candidate that was refused answers all the same."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest

from app.cycle.converting import convert_adapter
from app.cycle.mixing import mix
from app.home import Home
from app.operations import comparison
from app.operations.comparison import BASE, Pair
from app.store import open_store
from tests.tiny_gguf import write_tiny_adapter
from tests.tiny_month import TinyMonth, processes_of
from tests.unit.app.test_cli import run
from tests.unit.app.test_cli_compare import typed


@pytest.fixture
def month(home: Home) -> Iterator[TinyMonth]:
    with open_store(home) as store:
        yield TinyMonth(home, store)
    for process in processes_of(home):
        if process.pid != os.getpid():
            os.kill(process.pid, signal.SIGKILL)


def test_a_refused_candidate_and_the_base_answer_held_out_prompts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, month: TinyMonth
) -> None:
    month.talk()
    month.replay()
    begun = month.begin()
    context = month.context(begun)
    mix(context)
    write_tiny_adapter(context.folder.adapter)
    convert_adapter(context)
    context.close()
    month.store.runs.set_state(begun.id, "refused", verdict="refused")
    typed(monkeypatch, "1", "4")
    home = str(month.home.root)
    code, out, _ = run(capsys, monkeypatch, "compare", "sunny", "--home", home, "--json")
    row = json.loads(out)
    assert code == 0
    assert (row["run"], row["with"], row["prompts"], row["left"]) == (begun.id, BASE, 12, 10)
    assert (row["new"] + row["old"], row["neither"]) == (1, 1)
    found = comparison.read(month.home, Pair(begun.id, BASE))
    assert found is not None and not found.prompts[0].learned
    replies = [each.replies for each in found.voted if each.replies is not None]
    assert len(replies) == 2
    assert any(each["new"] != each["old"] for each in replies), "the adapter was not served"
