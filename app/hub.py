"""What a hub of models says of one: its files with their digests, its licence, whether it is open.

`huggingface_hub` would begin a cut download anew when its process ended, and checks no digest of
what arrived; so the two requests that are needed are made here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.errors import HubRefused

ENDPOINT_VARIABLE, TOKEN_VARIABLE = "HF_ENDPOINT", "HF_TOKEN"
USUAL_ENDPOINT = "https://huggingface.co"
TIMEOUT = httpx.Timeout(30.0, connect=15.0)

_MODEL_ID = re.compile(r"[\w.-]+/[\w.-]+")
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
# Of several GGUF files the one that most people can train and serve.
_PREFERRED = ("Q4_K_M", "Q5_K_M", "Q4_K_S", "Q6_K", "Q8_0", "Q5_0", "Q4_1", "Q4_0", "BF16", "F16")
_OF_A_FOLDER = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja", "model.safetensors.index.json",
)  # fmt: skip
_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE")


@dataclass(frozen=True)
class HubFile:
    """A file of a model; large ones are known by their SHA-256, small ones by git's digest."""

    name: str
    size_bytes: int
    sha256: str
    git_sha1: str


@dataclass(frozen=True)
class HubModel:
    """A model at one revision."""

    id: str
    revision: str
    licence: str
    licence_link: str
    gated: bool
    languages: tuple[str, ...]
    files: tuple[HubFile, ...]

    @property
    def page(self) -> str:
        """Where a person reads about it."""
        return f"{endpoint()}/{self.id}"

    @property
    def licence_file(self) -> HubFile | None:
        """The licence's text, where it came along."""
        return next((file for file in self.files if file.name in _LICENCES), None)

    def to_fetch(self, wanted: str | None = None) -> tuple[HubFile, ...]:
        """The GGUF file that is wanted or fits best, else the folder in safetensors."""
        names = {file.name: file for file in self.files}
        if wanted is not None:
            if wanted not in names or not wanted.lower().endswith(".gguf"):
                raise self._lacks(wanted)
            return self._with_licence([names[wanted]])
        whole = [file for file in self.files if _is_whole_gguf(file.name)]
        if whole:
            return self._with_licence([min(whole, key=_rank)])
        weights = [file for name, file in names.items() if _is_weights(name)]
        if not weights or "config.json" not in names:
            raise HubRefused(
                f"{self.id} holds neither a whole GGUF file nor weights in safetensors.",
                "Choose another model; the instruct variants of most have one or both.",
                kind="hub_nothing",
            )
        return self._with_licence([*(names[n] for n in _OF_A_FOLDER if n in names), *weights])

    def _with_licence(self, files: Sequence[HubFile]) -> tuple[HubFile, ...]:
        return (*files, self.licence_file) if self.licence_file else tuple(files)

    def _lacks(self, wanted: str) -> HubRefused:
        there = [file.name for file in self.files if _is_whole_gguf(file.name)]
        return HubRefused(
            f"{self.id} has no GGUF file {wanted}.",
            f"Choose from: {', '.join(there)}." if there else "It has no GGUF file at all.",
            kind="hub_nothing",
        )


def is_model_id(text: str) -> bool:
    """Whether a text can be the name of a model on a hub."""
    return _MODEL_ID.fullmatch(text) is not None


def endpoint() -> str:
    """The hub's address; a mirror's where one is set."""
    return (os.environ.get(ENDPOINT_VARIABLE) or USUAL_ENDPOINT).rstrip("/")


def file_address(model: HubModel, file: HubFile) -> str:
    """Where a file is fetched from."""
    return f"{endpoint()}/{model.id}/resolve/{model.revision}/{file.name}"


def look(model_id: str, revision: str = "main") -> HubModel:
    """Ask the hub about a model."""
    address = f"{endpoint()}/api/models/{model_id}/revision/{revision}"
    try:
        with open_client() as http:
            answer = http.get(address, params={"blobs": "true"})
    except httpx.HTTPError as error:
        raise offline(error) from error
    check(answer, model_id)
    try:
        return _model(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HubRefused(
            f"What {endpoint()} says of {model_id} cannot be understood ({error}).",
            f"See that {ENDPOINT_VARIABLE} names a hub, then try again.",
            kind="hub_offline",
        ) from error


def licence_text(model: HubModel) -> str:
    """The licence as it came along; empty where it did not, or is not to be had now."""
    file = model.licence_file
    if file is None:
        return ""
    try:
        with open_client() as http:
            return http.get(file_address(model, file)).raise_for_status().text
    except httpx.HTTPError:
        return ""


def open_client() -> httpx.Client:
    """A client that shows the user's token to the hub alone, not to where it redirects."""
    headers = {"User-Agent": "perennial", "Accept-Encoding": "identity"}
    token = _token()
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.Client(timeout=TIMEOUT, headers=headers, follow_redirects=True)


def check(answer: httpx.Response, model_id: str) -> None:
    """Say what a refusal means to a person."""
    if answer.is_success:
        return
    page, reason = f"{endpoint()}/{model_id}", answer.headers.get("X-Error-Code", "")
    if reason == "GatedRepo" or (answer.status_code in (401, 403) and reason != "RepoNotFound"):
        raise HubRefused(
            f"{model_id} is given only to people who accepted its terms.",
            f"Accept them at {page}, then set {TOKEN_VARIABLE} to a token of your account and try"
            " again. Most models have an open variant too.",
            kind="hub_gated",
        )
    if answer.status_code in (401, 404):
        raise HubRefused(
            f"There is no model {model_id} on {endpoint()}, or not for you.",
            "See that its name is whole, for instance Qwen/Qwen2.5-7B-Instruct.",
            kind="hub_missing",
        )
    raise HubRefused(
        f"{endpoint()} does not answer as it should ({answer.status_code}).",
        "Try again later; what was fetched so far is kept.",
        kind="hub_offline",
    )


def offline(error: httpx.HTTPError) -> HubRefused:
    """The error of a hub that is not reached."""
    return HubRefused(
        f"{endpoint()} cannot be reached ({error}).",
        "See that you are connected to the internet, then try again: it goes on where it ended.",
        kind="hub_offline",
        kept="What was fetched so far is kept.",
    )


def _model(row: Mapping[str, Any]) -> HubModel:
    card = row.get("cardData") or {}
    languages = card.get("language") or ()
    licence = str(card.get("license_name") or card.get("license") or "")
    link = str(card.get("license_link") or "")
    return HubModel(
        id=str(row["id"]),
        revision=str(row["sha"]),
        licence=licence,
        licence_link=link if link.startswith("http") else "",
        gated=bool(row.get("gated")),
        languages=(languages,) if isinstance(languages, str) else tuple(map(str, languages)),
        files=tuple(
            HubFile(
                str(file["rfilename"]),
                int(file["size"]),
                str((file.get("lfs") or {}).get("sha256") or ""),
                str(file.get("blobId") or ""),
            )
            for file in row["siblings"]
            if ".." not in Path(file["rfilename"]).parts
        ),
    )


def _token() -> str:
    """The user's own, from where the hub's other programs look for it."""
    said = os.environ.get(TOKEN_VARIABLE, "").strip()
    if said:
        return said
    folder = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    try:
        return (folder.expanduser() / "token").read_text("utf-8").strip()
    except OSError:
        return ""


def _is_whole_gguf(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(".gguf") and not _PART.search(lower) and "mmproj" not in lower


def _is_weights(name: str) -> bool:
    return name.endswith(".safetensors") and "/" not in name and not name.startswith("consolidated")


def _rank(file: HubFile) -> tuple[int, int]:
    upper = file.name.upper()
    found = next((at for at, kind in enumerate(_PREFERRED) if kind in upper), len(_PREFERRED))
    return found, file.size_bytes
