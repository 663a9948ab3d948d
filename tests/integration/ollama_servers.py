"""Real Ollama servers for tests, each on a port and with models of its own.

`.ci/ollamas` builds them. Of 0.34.1 everything is real but the `llama-server` that it starts: in
its place stands a script over the same engine from another package, `llama_server_script.py`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from ollama_bridge.deploy.api import OllamaApi

VARIABLE = "PERENNIAL_OLLAMAS"
VERSIONS = ("0.24.0", "0.34.1")
SCRIPT = Path(__file__).with_name("llama_server_script.py")
START_S = 30.0
NOWHERE = "http://127.0.0.1:9"


def program(version: str) -> Path:
    """The built server; a test that needs it is left out where it was never built."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get(VARIABLE) or cache / "perennial-ollamas") / version
    found = folder / "bin" / "ollama"
    if not found.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"Ollama {version} is not at {found}: .ci/ollamas builds it")
        pytest.skip(f"Ollama {version} is not here: build it with .ci/ollamas (needs Go)")
    if version != "0.24.0":
        _write_llama_server(folder / "lib" / "ollama" / "llama-server")
    return found


def _write_llama_server(path: Path) -> None:
    text = f'#!/bin/sh\nexec "{sys.executable}" "{SCRIPT}" "$@"\n'
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(path)


@dataclass
class RealOllama:
    """A server that can be started, killed and started again, also as another version."""

    version: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def models(self) -> Path:
        """Where it keeps its models."""
        return self.folder / "models"

    def start(self) -> RealOllama:
        """Start it, on the same port as before."""
        self.port = self.port or _free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [program(self.version), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={
                    **kept,
                    "HOME": str(self.folder),
                    "OLLAMA_HOST": f"127.0.0.1:{self.port}",
                    "OLLAMA_MODELS": str(self.models),
                    "OLLAMA_NUM_PARALLEL": "1",
                    "OMP_NUM_THREADS": "1",
                    # No test reaches out of this machine, and no server that it started.
                    "HTTPS_PROXY": NOWHERE,
                    "HTTP_PROXY": NOWHERE,
                    "NO_PROXY": "localhost,127.0.0.1",
                    **self.environment,
                },
            )
        limit = time.monotonic() + START_S
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise RuntimeError(f"Ollama {self.version} ended: {self.log()[-2000:]}")
            try:
                httpx.get(f"{self.address}/api/version", trust_env=False)
                return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError(f"Ollama {self.version} does not answer: {self.log()[-2000:]}")

    def kill(self) -> None:
        """End it at once, and what it started."""
        if self.process is None:
            return
        _kill_family(self.process.pid)
        self.process.wait()
        self.process = None

    def api(self) -> OllamaApi:
        """A client of it."""
        return OllamaApi(self.address)

    def log(self) -> str:
        """What it has said."""
        return (self.folder / "log.txt").read_text("utf-8", "replace")

    def manifests(self) -> dict[str, bytes]:
        """Every model that it has, to the byte."""
        root = self.models / "manifests"
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def blobs(self) -> set[str]:
        """The files that its models are made of, unfinished ones too."""
        folder = self.models / "blobs"
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Its own command line, against this server."""
        return subprocess.run(
            [program(self.version), *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={"HOME": str(self.folder), "OLLAMA_HOST": f"127.0.0.1:{self.port}"},
            **options,
        )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _kill_family(pid: int) -> None:
    import psutil

    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in family:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family[1:], timeout=10)
