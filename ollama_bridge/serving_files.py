"""Files for serving personas with vLLM, on another computer or beside Perennial."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ollama_bridge.errors import AdapterUnsupported

DEFAULT_PORT = 8000
SCRIPT, UNIT, README = "start.sh", "perennial-vllm.service", "README.md"

# What vLLM takes as --max-lora-rank; newer versions take 1 and 320 too.
_RANKS = (8, 16, 32, 64, 128, 256, 512)
# Each persona that is answered for at the same time takes memory beside the base.
_MOST_AT_ONCE = 8


@dataclass(frozen=True)
class ServedPersona:
    """A persona under the name by which it is asked for, and its PEFT adapter."""

    slug: str
    folder: Path
    rank: int


def write_vllm_files(
    folder: Path, base: str, personas: Sequence[ServedPersona], port: int = DEFAULT_PORT
) -> None:
    """Write a start script, a systemd unit that runs it, and how to use them."""
    _refuse_unwritable(folder, base, personas)
    command = vllm_command(base, personas, port)
    script = folder.absolute() / SCRIPT
    folder.mkdir(parents=True, exist_ok=True)
    _write(script, _script(command))
    script.chmod(0o755)
    _write(folder / UNIT, _unit(script))
    _write(folder / README, _readme(folder.absolute(), personas, port))


def vllm_command(base: str, personas: Sequence[ServedPersona], port: int) -> list[str]:
    """The arguments of vLLM; the base is a name on a hub, or a folder."""
    return [
        "serve",
        # A name that begins so would be taken for an option.
        f"./{base}" if base.startswith("-") else base,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--enable-lora",
        "--max-loras",
        str(min(len(personas), _MOST_AT_ONCE)),
        "--max-lora-rank",
        str(rank_limit(max(persona.rank for persona in personas))),
        "--lora-modules",
        *map(_module, personas),
    ]


def rank_limit(rank: int) -> int:
    """The smallest of vLLM's limits that an adapter of this rank fits into."""
    for limit in _RANKS:
        if rank <= limit:
            return limit
    raise AdapterUnsupported(
        f"The adapter has the rank {rank}, and vLLM serves ranks up to {_RANKS[-1]}.",
        "Train with a smaller rank, or merge the adapter into its base.",
    )


def shell_line(arguments: Sequence[str]) -> str:
    """Arguments as a POSIX shell reads them back, one option a line."""
    lines: list[list[str]] = [[]]
    for argument in arguments:
        if argument.startswith("--"):
            lines.append([])
        lines[-1].append(shlex.quote(argument))
    return " \\\n    ".join(" ".join(line) for line in lines)


def unit_word(text: str) -> str:
    """One word of a command in a systemd unit; neither variables nor specifiers are put in."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'


def _module(persona: ServedPersona) -> str:
    name, path = persona.slug, str(persona.folder.absolute())
    plain = f"{name}={path}"
    # vLLM splits at every = and takes what has a comma for JSON.
    if plain.count("=") == 1 and not set(plain) & set(",{") and not name.startswith("-"):
        return plain
    return json.dumps({"name": name, "path": path}, ensure_ascii=False)


def _refuse_unwritable(folder: Path, base: str, personas: Sequence[ServedPersona]) -> None:
    if not personas:
        raise AdapterUnsupported(
            "There is no persona with an adapter to serve.", "Train one first.", kind="serving_none"
        )
    names = [base, str(folder), *(p.slug for p in personas), *(str(p.folder) for p in personas)]
    for name in names:
        if not name or not name.isprintable():
            raise AdapterUnsupported(
                f"{name!r} cannot stand in a script or a unit.",
                "Give the persona or the folder a name of letters that can be printed.",
                kind="serving_name",
            )


def _script(arguments: Sequence[str]) -> str:
    return f"""#!/bin/sh
# Serves the base with every persona. Where vllm is not on the PATH, say in VLLM where it is.
exec "${{VLLM:-vllm}}" {shell_line(arguments)}
"""


def _unit(script: Path) -> str:
    return f"""[Unit]
Description=Personas of Perennial, served by vLLM

[Service]
Environment=VLLM=vllm
ExecStart=/bin/sh {unit_word(str(script))}
Restart=on-failure
RestartSec=10

[Install]
WantedBy=default.target
"""


def _readme(folder: Path, personas: Sequence[ServedPersona], port: int) -> str:
    body = {
        "model": personas[0].slug,
        "messages": [{"role": "user", "content": "Hello"}],
    }
    ask = shell_line(
        [
            "curl",
            f"http://127.0.0.1:{port}/v1/chat/completions",
            "--header",
            "Content-Type: application/json",
            "--data",
            json.dumps(body, ensure_ascii=False),
        ]
    )
    names = "\n".join(f"    {persona.slug}" for persona in personas)
    script, unit = shlex.quote(str(folder / SCRIPT)), shlex.quote(str(folder / UNIT))
    return f"""# Serving with vLLM

The base is loaded once, and each persona is asked for by its name as the model:

{names}

Start it, where vLLM is installed:

    sh {script}

Ask a persona:

    {ask.replace(chr(10), chr(10) + "    ")}

A persona's own instructions are not part of its adapter: send them as the first message, with
the role `system`, as Perennial does.

To have it run in the background, and start again after a failure:

    mkdir -p ~/.config/systemd/user
    cp {unit} ~/.config/systemd/user/
    systemctl --user daemon-reload
    systemctl --user enable --now {UNIT}

If vLLM lies in a virtual environment, write its full path into the unit, as in
`Environment=VLLM=/opt/vllm/bin/vllm`. If this folder or an adapter moves, write these files anew.
The server listens to this computer alone; put a proxy with a password before it to let others in.
"""


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
