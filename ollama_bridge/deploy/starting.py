"""Starting the Ollama of this computer, where it is installed and does not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ollama_bridge.errors import OllamaGone
from ollama_bridge.ollama import OllamaServer, find

START_S = 20.0
_MAC_APP = Path("/Applications/Ollama.app/Contents/Resources/ollama")
_LINUX = Path("/usr/local/bin/ollama")
# Not in this process's session: it goes on when the window is closed.
_APART: dict[str, Any] = (
    {"creationflags": 0x00000008} if sys.platform == "win32" else {"start_new_session": True}
)


def installed_program() -> Path | None:
    """The `ollama` of this computer."""
    found = shutil.which("ollama")
    if found:
        return Path(found)
    places = [_MAC_APP, _LINUX]
    if "LOCALAPPDATA" in os.environ:
        places.append(Path(os.environ["LOCALAPPDATA"]) / "Programs" / "Ollama" / "ollama.exe")
    return next((place for place in places if place.is_file()), None)


def start(program: Path, log: Path) -> OllamaServer:
    """Have it serve, in a process that outlives this one."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [program, "serve"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, **_APART
        )
    limit = time.monotonic() + START_S
    while time.monotonic() < limit and process.poll() is None:
        server = find()
        if server is not None:
            return server
        time.sleep(0.1)
    raise OllamaGone(
        f"Ollama was started and does not answer; what it said stands in {log}.",
        "Start Ollama yourself (`ollama serve`), then try again.",
        kept="The persona answers in this window as before.",
    )
