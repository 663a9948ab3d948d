"""The supervisor's end of the model server process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from ollama_bridge.runtime.llama_server import Binary
from ollama_bridge.runtime.protocol import Need

LOAD_TIMEOUT_S = 900.0
STOP_TIMEOUT_S = 5.0
LOG_LINES_KEPT = 12
# What llama.cpp says of a file that it cannot load, behind its time and place.
_ERROR_LINE = re.compile(r" E .*?: +(.+)$")
_NAMES_FILE = re.compile(r"failed to load [\w ]*'.+'$")

# OpenMP's threads spin for one another for milliseconds by default: one busy program beside them
# on two cores made a reply of 40 tokens take 15 s. Not spinning at all halves the speed alone.
_SPIN_BRIEFLY = {"GOMP_SPINCOUNT": "30000"}


class ChildFailed(Exception):
    """The model server did not come up; says why, `kind` is failed or missing (a package)."""

    def __init__(self, text: str, kind: str = "failed") -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class Listening:
    """Where a model server answers, and what it holds; `holds` keeps the adapters' order."""

    address: str
    holds: Need
    file: Path
    """What was loaded: the base itself, or its twin."""
    slots: int
    context_tokens: int
    pid: int
    engine: str
    device: str
    cache_bytes: int

    def covers(self, need: Need) -> bool:
        """Whether a need is held; one larger than the base allows is held as far as it goes."""
        return replace(
            self.holds,
            slots=max(self.slots, self.holds.slots or 0),
            context_tokens=max(self.context_tokens, self.holds.context_tokens or 0),
        ).covers(need)

    @property
    def port(self) -> int:
        """The port of the address."""
        return urlsplit(self.address).port or 0


class ServerChild:
    """One process of `ollama_bridge.runtime.server`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._log: deque[str] = deque(maxlen=LOG_LINES_KEPT)
        self._logging = asyncio.create_task(self._copy_log())
        self._serving: psutil.Process | None = None
        self.listening: Listening | None = None

    @classmethod
    async def start(cls, need: Need, file: Path, key: str, binary: Binary | None) -> ServerChild:
        """Start a process that loads a file for the need's base, and wait until it listens."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ollama_bridge.runtime.server",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_SPIN_BRIEFLY | os.environ,
            )
        except OSError as error:
            raise ChildFailed(f"no process could be started: {error}") from error
        child = cls(process)
        try:
            await asyncio.wait_for(child._load(need, file, key, binary), LOAD_TIMEOUT_S)
        except BaseException:
            # A load that is given up, also by cancelling, must not leave a process behind.
            await child.stop()
            raise
        return child

    @property
    def alive(self) -> bool:
        """Whether the process still runs, as far as is known."""
        return self._process.returncode is None

    async def ended(self) -> str:
        """Wait for the end of the process; what it says about the reason."""
        code = await self._process.wait()
        self._end_serving()
        await self._logging
        return self._reason(f"the model server ended with code {code}")

    async def stop(self) -> None:
        """End the process and wait until its memory is free."""
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._end_serving()
        await self._logging

    def _end_serving(self) -> None:
        """End what serves, where that is another process: it would hold the log open, and memory.

        It ends with the one that started it, but where that was killed, on Linux alone.
        """
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._serving is not None:
                self._serving.kill()

    async def _load(self, need: Need, file: Path, key: str, binary: Binary | None) -> None:
        load = {
            "base": str(file),
            "adapters": [mark.path for mark in need.adapters],
            "adapters_bytes": need.adapters_bytes,
            "slots": need.slots,
            "context_tokens": need.context_tokens,
            "roomy": need.roomy,
            "memory_budget_mb": need.memory_budget_mb,
            "key": key,
            "binary": binary.to_json() if binary else None,
        }
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(json.dumps(load).encode() + b"\n")
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChildFailed(await self.ended()) from error
        line = await stdout.readline()
        if not line:
            raise ChildFailed(await self.ended())
        answer = json.loads(line)
        if "error" in answer:
            await self.ended()
            raise ChildFailed(self._reason(answer["error"]), answer["kind"])
        with contextlib.suppress(psutil.NoSuchProcess):
            self._serving = psutil.Process(answer["pid"])
        self.listening = Listening(holds=need, file=file, **answer)

    def _reason(self, text: str) -> str:
        """In one sentence: the log holds the rest."""
        errors = [found[1] for line in self._log if (found := _ERROR_LINE.search(line))]
        naming = [error for error in errors if _NAMES_FILE.match(error)]
        return ": ".join([text.rstrip("."), *(naming or errors)[:1]])

    async def _copy_log(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        while True:
            try:
                line = await stderr.readline()
            except ValueError:
                # Longer than the reader's limit, which drops it: a line that nobody can use.
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            self._log.append(text)
            # A full disk takes no log; the model server goes on all the same.
            with contextlib.suppress(OSError):
                sys.stderr.write(text + "\n")
                sys.stderr.flush()
