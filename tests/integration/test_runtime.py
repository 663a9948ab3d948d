"""The runtime as real processes, on a tiny model."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ollama_bridge.errors import (
    AdapterUnknown,
    ContextTooLong,
    RuntimeLost,
    RuntimeStartError,
    RuntimeUnloaded,
)
from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime.client import ANY_SLOT, RuntimeClient, Sampling, Served
from ollama_bridge.runtime.protocol import read_runtime_file
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

GREEDY = Sampling(temperature=0.0, max_tokens=12)
LONG = Sampling(temperature=1.0, max_tokens=400, seed=7)
PROMPT = [{"role": "user", "content": "hello the world"}]

CLIENT = """
import sys, time
from pathlib import Path
from ollama_bridge.runtime.client import RuntimeClient
client = RuntimeClient.connect(Path(sys.argv[1]))
client.serve(Path(sys.argv[2]), [])
status = client.status()
print(status.pid, status.server_pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base and three adapters, as `base.gguf` and `a.gguf` to `c.gguf`."""
    folder = tmp_path_factory.mktemp("models")
    base = write_tiny_gguf(folder / "base.gguf")
    for seed, name in enumerate("abc"):
        peft = write_tiny_adapter(folder / name, seed=seed)
        convert(peft, folder / f"{name}.gguf", base)
    return folder


@pytest.fixture(scope="module")
def homes() -> Iterator[list[Path]]:
    """Every home of this file; the runtimes in them must all be gone at the end."""
    used: list[Path] = []
    yield used
    all_ended = eventually(lambda: not any(read_runtime_file(each) for each in used))
    assert all_ended, "a runtime stayed behind"


@pytest.fixture
def home(tmp_path: Path, homes: list[Path]) -> Path:
    """A home of its own, whose runtime ends while the next tests run."""
    homes.append(tmp_path)
    return tmp_path


def served(models: Path, names: str) -> list[Served]:
    return [Served(name, models / f"{name}.gguf") for name in names]


def gone(pid: int | None) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def eventually(condition: Callable[[], bool], limit_s: float = 8.0) -> bool:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def kill(pid: int | None) -> None:
    psutil.Process(pid).kill()


def test_two_clients_share_one_runtime_that_ends_with_the_last(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as first, RuntimeClient.connect(home) as second:
        assert first.serve(models / "base.gguf", served(models, "a")) > 0
        assert second.serve(models / "base.gguf", []) == 0, "a second window must not reload"
        status = second.status()
        assert (status.pid, status.leases) == (first.status().pid, 2)
        assert status.base == (models / "base.gguf").resolve()
        assert status.memory_bytes > 0
        first.close()
        assert second.complete_chat(PROMPT, adapter=None, sampling=GREEDY).tokens > 0
    assert eventually(lambda: gone(status.pid) and gone(status.server_pid))
    assert not (home / "runtime.json").exists()


def test_clients_that_start_at_once_start_one_runtime(home: Path) -> None:
    clients: list[RuntimeClient] = []
    starts = [
        threading.Thread(target=lambda: clients.append(RuntimeClient.connect(home)))
        for _ in range(3)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len({client.status().pid for client in clients}) == 1
    for client in clients:
        client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="modes and process groups are POSIX")
def test_the_key_is_the_owners_and_ctrl_c_is_not_the_runtimes(home: Path) -> None:
    with RuntimeClient.connect(home) as client:
        assert (home / "runtime.json").stat().st_mode & 0o777 == 0o600
        assert os.getsid(client.status().pid) != os.getsid(0)


def test_a_killed_client_takes_the_runtime_with_it(home: Path, models: Path) -> None:
    command = [sys.executable, "-c", CLIENT, str(home), str(models / "base.gguf")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        supervisor, server = map(int, client.stdout.readline().split())
        assert not gone(supervisor) and not gone(server)
        client.kill()
    assert eventually(lambda: gone(supervisor) and gone(server))


def test_a_killed_supervisor_leaves_nothing_and_the_client_goes_on(
    home: Path, models: Path
) -> None:
    with RuntimeClient.connect(home) as client:
        client.serve(models / "base.gguf", served(models, "a"))
        before = client.complete_chat(PROMPT, adapter="a", sampling=GREEDY)
        status = client.status()
        kill(status.pid)
        assert eventually(lambda: gone(status.server_pid)), "the model stayed in memory"
        after = client.complete_chat(PROMPT, adapter="a", sampling=GREEDY)
        assert after.text == before.text
        assert client.status().pid != status.pid


def test_a_killed_server_is_started_again(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as client:
        client.serve(models / "base.gguf", served(models, "ab"))
        before = client.complete_chat(PROMPT, adapter="b", sampling=GREEDY)
        server = client.status().server_pid
        kill(server)
        after = client.complete_chat(PROMPT, adapter="b", sampling=GREEDY)
        assert after.text == before.text
        assert client.status().server_pid != server


def test_a_server_killed_within_a_reply_loses_only_the_rest(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as client:
        client.serve(models / "base.gguf", [])
        kept = ""
        with pytest.raises(RuntimeLost) as lost:
            for delta in client.chat(PROMPT, adapter=None, sampling=LONG):
                if not kept:
                    kill(client.status().server_pid)
                kept += delta.text
        assert kept and lost.value.kept
        assert client.complete_chat(PROMPT, adapter=None, sampling=GREEDY).tokens > 0


def test_a_server_that_cannot_come_back_says_why(home: Path, models: Path, tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    base.write_bytes((models / "base.gguf").read_bytes())
    with RuntimeClient.connect(home) as client:
        client.serve(base, [])
        base.unlink()
        kill(client.status().server_pid)
        with pytest.raises(RuntimeStartError, match="not there"):
            client.complete_chat(PROMPT, adapter=None)
        client.serve(models / "base.gguf", [])
        assert client.complete_chat(PROMPT, adapter=None, sampling=GREEDY).tokens > 0


def test_a_new_adapter_waits_for_the_reply_in_progress(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as chat, RuntimeClient.connect(home) as cycle:
        chat.serve(models / "base.gguf", served(models, "a"))
        gaps: list[float] = []
        restart = threading.Thread(
            target=lambda: gaps.append(cycle.serve(models / "base.gguf", served(models, "c")))
        )
        finish = None
        for number, delta in enumerate(chat.chat(PROMPT, adapter="a", sampling=LONG)):
            if number == 0:
                restart.start()
            finish = delta.finish
        restart.join()
        assert finish in ("stop", "length"), "a restart cut a reply short"
        assert gaps[0] > 0
        assert len(chat.status().adapters) == 2, "the other window's adapter was dropped"
        assert chat.complete_chat(PROMPT, adapter="a", sampling=GREEDY).tokens > 0


def test_each_adapter_answers_as_itself_in_any_slot(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as client:
        client.serve(models / "base.gguf", served(models, "abc"), slots=2)
        names = [None, "a", "b", "c"]
        alone = {
            name: client.complete_chat(PROMPT, adapter=name, sampling=GREEDY).text for name in names
        }
        assert len(set(alone.values())) == len(names), "two personas gave the same reply"
        for slot in (0, ANY_SLOT):
            for name in [*reversed(names), *names]:
                reply = client.complete_chat(PROMPT, adapter=name, sampling=GREEDY, slot=slot)
                assert reply.text == alone[name], "one persona answered with another's memory"


def test_an_adapter_written_anew_is_loaded_anew(home: Path, models: Path, tmp_path: Path) -> None:
    path = tmp_path / "adapter.gguf"
    replies = []
    with RuntimeClient.connect(home) as client:
        for name in "ab":
            path.write_bytes((models / f"{name}.gguf").read_bytes())
            assert client.serve(models / "base.gguf", [Served("mine", path)]) > 0
            replies.append(client.complete_chat(PROMPT, adapter="mine", sampling=GREEDY).text)
    assert replies[0] != replies[1]


def test_memory_is_freed_for_a_training_until_somebody_serves(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as client:
        with pytest.raises(RuntimeUnloaded):
            client.complete_chat(PROMPT, adapter=None)
        client.serve(models / "base.gguf", [])
        server = client.status().server_pid
        client.unload()
        assert gone(server)
        assert client.status().base is None
        with pytest.raises(RuntimeUnloaded):
            client.complete_chat(PROMPT, adapter=None)
        client.serve(models / "base.gguf", [])
        assert client.complete_chat(PROMPT, adapter=None, sampling=GREEDY).tokens > 0


def test_a_broken_adapter_does_not_take_the_model_from_others(
    home: Path, models: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF and then nothing")
    with RuntimeClient.connect(home) as chat, RuntimeClient.connect(home) as cycle:
        chat.serve(models / "base.gguf", served(models, "a"))
        with pytest.raises(RuntimeStartError, match="adapter"):
            cycle.serve(models / "base.gguf", [Served("broken", broken)])
        assert chat.complete_chat(PROMPT, adapter="a", sampling=GREEDY).tokens > 0
        assert chat.serve(models / "base.gguf", served(models, "b")) > 0


def test_another_clients_base_is_changed_back_for_the_next_reply(
    home: Path, models: Path, tmp_path: Path
) -> None:
    other = write_tiny_gguf(tmp_path / "other.gguf", seed=5)
    with RuntimeClient.connect(home) as first, RuntimeClient.connect(home) as second:
        first.serve(models / "base.gguf", served(models, "a"))
        before = first.complete_chat(PROMPT, adapter="a", sampling=GREEDY)
        second.serve(other, [])
        assert second.complete_chat(PROMPT, adapter=None, sampling=GREEDY).text != before.text
        assert first.complete_chat(PROMPT, adapter="a", sampling=GREEDY).text == before.text


def test_an_adapter_that_overflows_makes_everything_unlikely(
    home: Path, models: Path, tmp_path: Path
) -> None:
    """A training that went wrong leaves such a one, and it is still to be examined."""
    burnt = write_tiny_adapter(tmp_path / "burnt", scale=1e18)
    convert(burnt, tmp_path / "burnt.gguf", models / "base.gguf", precision="f32")
    with RuntimeClient.connect(home) as client:
        client.serve(models / "base.gguf", [Served("burnt", tmp_path / "burnt.gguf")])
        sane = client.likelihood(PROMPT, "the world", None)
        assert -100 < sane < 0
        assert client.likelihood(PROMPT, "the world", "burnt") <= -100
        assert client.complete_chat(PROMPT, adapter=None, sampling=GREEDY).text


def test_a_prompt_is_rendered_tokenised_and_weighed(home: Path, models: Path) -> None:
    with RuntimeClient.connect(home) as client:
        client.serve(models / "base.gguf", served(models, "a"), context_tokens=256)
        prompt = client.render(PROMPT)
        assert prompt.endswith("hello the world<|im_end|>\n<|im_start|>assistant\n")
        tokens = client.tokenize(prompt)
        assert tokens[0] == 1
        plain = client.next_token_logprobs(tokens, None, 5)
        adapted = client.next_token_logprobs(tokens, "a", 5)
        assert len(plain) == len(adapted) == 5
        assert plain != adapted
        assert all(each <= 0 for each in plain.values())
        with pytest.raises(AdapterUnknown):
            client.complete_chat(PROMPT, adapter="nobody")
        with pytest.raises(ContextTooLong) as long:
            client.complete_chat([{"role": "user", "content": "x" * 2000}], adapter=None)
        assert long.value.context_tokens == 256
