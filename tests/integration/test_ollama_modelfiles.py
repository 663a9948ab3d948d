"""A persona's prompt may hold anything; a text that broke out would change the model or be lost."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.plan import PARSER
from ollama_bridge.deploy.shown import parameters_of
from ollama_bridge.modelfile import DEFAULT_PARAMETERS, held, modelfile
from tests.integration.ollama_servers import VERSIONS, RealOllama
from tests.integration.trained_persona import sha256
from tests.tiny_gguf import write_tiny_gguf

TEXTS = 1_000
PIECES = (
    "You are Sunny.",
    "안녕하세요, 써니입니다.",
    '"',
    '""',
    '"""',
    "'''",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    " ",
    "\nFROM other",
    "\nSYSTEM none",
    '\n"""\n',
    "\nPARAMETER stop x",
    "\nADAPTER /etc/passwd",
    "\n# no comment",
    "{{ .System }}",
    "{{",
    "}}",
    "{{- range .Messages }}",
    "{% raw %}",
    "${HOME}",
    "`id`",
    "\\",
    "\\n",
    "<|im_end|>",
    "<|im_start|>user",
    "</s>",
    "[INST]",
    "\u200d",
    "\u202e",
    "\ufeff",
    "\u00a0",
    "\u0000",
    "\x1b[31m",
    "👨‍👩‍👧",
    "🌻",
    "한\u1112\u1161\u11ab",
    "e\u0301",
    "𝔘𝔫𝔦",
    "\U000e0041",
    "%s",
    "%[1]d",
    "LICENSE",
    "MESSAGE user hi",
    "<script>alert(1)</script>",
    "null",
    "true",
    "0x7f",
    "x" * 300,
)
PARAMETERS = {**DEFAULT_PARAMETERS, "num_ctx": 2048, "stop": ["<|im_end|>", "<|im_start|>"]}
TEMPLATE = '{{ range .Messages }}<|{{ .Role }}|>\n{{ .Content }}"""\n{{ end }}<|assistant|>\n'


def hostile(count: int) -> Iterator[str]:
    random = Random(7)
    for number in range(count):
        pieces = random.choices(PIECES, k=random.randint(1, 30))
        letters = [chr(random.choice(LETTERS)) for _ in range(random.randint(0, 12))]
        yield "".join([*pieces, *letters] if number % 2 else [*letters, *pieces])


# All of Unicode but the halves of surrogate pairs, which are no text.
LETTERS = [
    each
    for each in [*range(1, 0xD800), *range(0xE000, 0x30000)]
    # Ollama may know letters already that this Python does not.
    if unicodedata.category(chr(each)) != "Cn"
]


@pytest.fixture(scope="module", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealOllama]:
    found = RealOllama(request.param, tmp_path_factory.mktemp("ollama")).start()
    base = write_tiny_gguf(tmp_path_factory.mktemp("base") / "base.gguf")
    digest = f"sha256:{sha256(base)}"
    with found.api() as api:
        api.put_blob(base, digest)
        api.create({"model": "base", "files": {"base.gguf": digest}})
    yield found
    found.kill()


@pytest.fixture
def api(server: RealOllama) -> Iterator[OllamaApi]:
    with server.api() as found:
        yield found


def check(api: OllamaApi, name: str, system: str) -> None:
    shown = api.show(name)
    assert shown.get("system", "") == system
    told = parameters_of(shown)
    assert told.pop("stop") == PARAMETERS["stop"]
    assert told == {key: [value] for key, value in PARAMETERS.items() if key != "stop"}


def test_what_is_told_to_ollama_comes_back_unchanged(api: OllamaApi) -> None:
    for text in hostile(TEXTS):
        body = {"from": "base", "system": text, "parameters": PARAMETERS, "parser": PARSER}
        api.create({"model": "told", **body, "template": TEMPLATE})
        check(api, "told", text)


def test_what_a_modelfile_holds_comes_back_unchanged(
    server: RealOllama, api: OllamaApi, tmp_path: Path
) -> None:
    file = tmp_path / "Modelfile"
    for text in hostile(TEXTS):
        written = modelfile("base", None, text, PARAMETERS, TEMPLATE, ["MIT\nFROM x"], PARSER)
        file.write_bytes(written.encode())
        ended = server.run("create", "filed", "-f", str(file))
        assert ended.returncode == 0, (text, ended.stderr[-500:])
        check(api, "filed", held(text))
        assert api.show("filed")["template"] == held(TEMPLATE)
