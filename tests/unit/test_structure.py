"""The house style, as far as it can be checked cheaply."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "trainer", "replay", "ollama_bridge", "resources")
LONGEST_FILE = 500
LONGEST_FUNCTION = 50
VAGUE_NAMES = {"utils", "helpers", "manager", "common", "misc"}
# Where a broad except is the point: the worker's main, the background wrapper, the excepthook.
BROAD_EXCEPTS = 3
# The one address of an index that may stand in the project.
INDEX = re.compile(r"https?://[\w.-]*(?:pypi|pythonhosted|pytorch|mirror|artifactory)[\w./-]*")


def sources() -> list[Path]:
    """Every Python file of the product."""
    found = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    return [*sorted(found), ROOT / "start.py"]


def texts() -> list[Path]:
    """Every file that a person reads."""
    top = ["README.md", "CHANGELOG.md", "LICENSE", "constraints.txt", "pyproject.toml"]
    recipes = sorted((ROOT / "resources").rglob("*.yaml"))
    tests = [path for path in sorted((ROOT / "tests").rglob("*.py")) if path != Path(__file__)]
    scripts = [ROOT / ".ci" / "run", ROOT / ".ci" / "validators"]
    return [*sources(), *tests, *recipes, *(ROOT / name for name in top), *scripts]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def swallows_everything(handler: ast.ExceptHandler) -> bool:
    """Whether a handler keeps what it does not know; cleaning up and raising again is none."""
    broad = handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_files_stay_short_enough_to_be_read_in_one_go() -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{named(path)}:{node.lineno} {node.name}: {length} lines")
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    missing = [
        named(path)
        for path in sources()
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert missing == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in sources() if path.stem in VAGUE_NAMES] == []


def test_nothing_waits_to_be_done_or_is_commented_out() -> None:
    unfinished = re.compile(
        r"#.*\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError|^\s*#\s*[-=*#]{4,}"
    )
    found = [
        f"{named(path)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if unfinished.search(line)
    ]
    assert found == []


def test_broad_excepts_stand_in_three_places_at_most() -> None:
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and swallows_everything(node):
                found.append(f"{named(path)}:{node.lineno}")
    assert len(found) <= BROAD_EXCEPTS, found


@pytest.mark.parametrize("path", texts(), ids=named)
def test_no_path_of_a_machine_and_no_index_but_one(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"/(?:home|Users|work)/[a-z]\w*/|/tmp/\w+/", text)
    assert set(INDEX.findall(text)) <= {"https://download.pytorch.org/whl/cu132"}


def test_constraints_name_every_package_once_and_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    form = re.compile(r"[A-Za-z0-9_.-]+==[\w.+!]+( ; [\w ]+[!=]= \"\w+\")?")
    assert [line for line in pins if not form.fullmatch(line)] == []
    names = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins}
    assert len(names) == len(pins)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(line for extra in extras for line in extra)]
    for requirement in required:
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None
        assert re.sub(r"[-_.]+", "-", name[0]).lower() in names, requirement
