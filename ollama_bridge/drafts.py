"""A file or a folder that is there whole or not at all, whatever ends its writer."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ollama_bridge.errors import BridgeError

_PART = ".part"
# The longest name that can be given leaves no room for more.
_STEM_CHARACTERS = 40
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextmanager
def draft_beside(out: Path, size_bytes: int) -> Iterator[Path]:
    """A free place beside `out` for what takes its place at the end; gone if the body raises.

    What a killed writer of the same `out` left is taken away first.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    free = shutil.disk_usage(out.parent).free
    if free < size_bytes:
        raise _full(
            f"{out.name} takes {size_bytes / 1e9:.2f} GB, and {free / 1e9:.2f} GB are free there."
        )
    draft = out.with_name(f"{_stem(out)}{os.getpid()}{_PART}")
    try:
        yield draft
        draft.replace(out)
    except OSError as error:
        if error.errno in _FULL:
            raise _full(f"The disk became full while {out.name} was written.") from error
        raise
    finally:
        _remove(draft)


def _full(text: str) -> BridgeError:
    return BridgeError(
        text,
        "Free some space or choose another disk, then try again.",
        kept="Base and adapter are as they were, and nothing of it was left behind.",
        kind="disk_full",
    )


def _stem(out: Path) -> str:
    return f".{out.name[:_STEM_CHARACTERS]}."


def _sweep(out: Path) -> None:
    """Take away the drafts whose writers are no more; one of our own number is an earlier one's."""
    form = re.compile(re.escape(_stem(out)) + r"(\d{1,9})" + re.escape(_PART))
    for path in out.parent.iterdir():
        found = form.fullmatch(path.name)
        if found and (int(found[1]) == os.getpid() or not psutil.pid_exists(int(found[1]))):
            _remove(path)


def _remove(draft: Path) -> None:
    # Windows keeps a file that is open, say by a scanner; the next writer takes it away.
    with contextlib.suppress(OSError):
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink()
