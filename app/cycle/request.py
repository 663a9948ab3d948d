"""What was asked of a run, kept in its folder so that a killed run goes on as it was meant."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

import resources
from app.cycle.errors import CycleError, RecipeWrong
from app.home import Home
from trainer.contract.auto import choose_recipe
from trainer.contract.folder import RunFolder, write_atomically
from trainer.contract.recipe import Recipe, RecipeInvalid, load_recipe

REQUEST_FILE = "request.json"
DEFAULT_RECIPE = "starter"
AUTO = "auto"


class CycleRequest(BaseModel):
    """The settings of one run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Recipe
    seed: int
    replay: bool = True
    rebuild: bool = False
    reasons: tuple[str, ...] = ()
    """Why a recipe that nobody chose is as it is."""

    def asks_for_the_same(self, other: CycleRequest) -> bool:
        """Whether two requests come to the same run, whatever words stand beside them."""
        return self.model_copy(update={"reasons": other.reasons}) == other


def make_request(
    recipe: str | Path = "auto",
    seed: int | None = None,
    replay: bool = True,
    rebuild: bool = False,
    *,
    base_billions: float = 0.0,
    examples: int = 0,
) -> CycleRequest:
    """A request from what a person gives: a recipe's name or file, and a seed or none.

    "auto" looks at the size of the base and at how much there is to learn.
    """
    chosen = find_recipe(recipe)
    reasons: tuple[str, ...] = ()
    if str(recipe) == AUTO:
        auto = choose_recipe(chosen, base_billions, examples)
        chosen, reasons = auto.recipe, auto.reasons
    return CycleRequest(
        recipe=chosen,
        seed=chosen.seed if seed is None else seed,
        replay=replay,
        rebuild=rebuild,
        reasons=reasons,
    )


def find_recipe(name: str | Path) -> Recipe:
    """A recipe that comes with the app by its name, or any file; "auto" begins with the default."""
    text = DEFAULT_RECIPE if str(name) == AUTO else str(name)
    shipped = Path(resources.__file__).parent / "recipes" / f"{text}.yaml"
    path = shipped if shipped.is_file() else Path(text).expanduser()
    try:
        return load_recipe(path)
    except FileNotFoundError as error:
        raise RecipeWrong(
            f"The recipe {name} is not there.", "Give a YAML file, or the name of a recipe."
        ) from error
    except OSError as error:
        raise RecipeWrong(
            f"The recipe {path} cannot be read: {error.strerror or error}.",
            "Give a YAML file, or the name of a recipe.",
        ) from error
    except RecipeInvalid as error:
        raise RecipeWrong(
            f"The recipe {path} has wrong values: {'; '.join(error.faults)}.",
            "Correct them, then try again.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark, problem = (getattr(error, name, None) for name in ("problem_mark", "problem"))
        where = f" (line {mark.line + 1}: {problem})" if mark is not None else ""
        raise RecipeWrong(
            f"The recipe {path} is not YAML{where}.", "Correct it, then try again."
        ) from error


def save_request(folder: RunFolder, request: CycleRequest) -> None:
    """Keep the request; the folder exists from here on."""
    folder.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(folder.root / REQUEST_FILE, request.model_dump_json(indent=2) + "\n")


def read_request(folder: RunFolder) -> CycleRequest:
    """What was asked of the run in this folder."""
    path = folder.root / REQUEST_FILE
    try:
        return CycleRequest.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CycleError(
            f"The run's folder {folder.root} was removed or damaged.",
            "Start a new training; what it would have learned from is still there.",
            kind="run_unknown",
        ) from error


def free_run_id(home: Home, slug: str, taken: Container[str]) -> str:
    """The next free name, like 2026-11-sunny-1; a folder that never became a run is taken over."""
    stem = f"{datetime.now(UTC).astimezone():%Y-%m}-{slug}"
    number = 1
    while f"{stem}-{number}" in taken or _holds_run(home.runs / f"{stem}-{number}"):
        number += 1
    return f"{stem}-{number}"


def _holds_run(root: Path) -> bool:
    return root.is_dir() and any(each.name != REQUEST_FILE for each in root.iterdir())
