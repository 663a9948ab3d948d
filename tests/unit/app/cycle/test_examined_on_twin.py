"""An exam makes the base's twin, and its answers are not mixed up with those of the base."""

from __future__ import annotations

import gguf
import pytest

from app.cycle.converting import convert_adapter
from app.cycle.examining import examine_candidate, read_examination, served_digest
from app.cycle.mixing import mix
from ollama_bridge.base_gguf import digest
from ollama_bridge.runtime import twin
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf
from tests.tiny_month import TinyMonth


def test_an_exam_is_sat_on_the_twin_and_the_base_stays_what_it_is(
    month: TinyMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin, "_faster_here", lambda: True)
    path = write_tiny_gguf(
        month.home.models / "slow.gguf", ends_soon=True, stored=gguf.LlamaFileType.MOSTLY_Q4_1
    )
    month.base = month.store.bases.add(
        "slow", "gguf", path, digest(path), "llama", path.stat().st_size
    )
    month.persona = month.store.personas.add("Slow", "Be short.", base_id=month.base.id)
    month.talk()
    month.replay()
    context = month.context(month.begin())
    mix(context)
    write_tiny_adapter(context.folder.adapter)
    convert_adapter(context)
    own = served_digest(month.home, month.base)
    assert own == month.base.digest
    examine_candidate(context)
    assert read_examination(context.folder.root).cases["candidate"]
    assert twin.served_file(path, twin.folder_in(month.home.root)) != path
    assert context.staged().status().base == path.resolve()
    assert served_digest(month.home, month.base) != own, "old answers would pass for new ones"
    context.close()
