"""The sandbox's own process for outside programs: shuts itself in, then becomes the program."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

CONFINED = b"confined"
NOT_STARTED_CODE = 127


def main() -> None:
    """Take the order from stdin; tell on its pipe that it is shut in, or why nothing started."""
    project = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, project)
    from app.evaluation.confinement import Bounds, confine

    order = json.load(sys.stdin)
    pipe = int(order["pipe"])
    os.set_inheritable(pipe, False)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, and what it starts would as well
        with suppress(AttributeError):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    if not confine(Bounds(**order["bounds"]), str(order["own"]), order["readable"]):
        return
    os.write(pipe, CONFINED)
    arguments = [str(each) for each in order["arguments"]]
    try:
        os.execve(arguments[0], arguments, order["environment"])
    except OSError as error:
        os.write(pipe, (error.strerror or "it could not be started").encode("utf-8"))
        os._exit(NOT_STARTED_CODE)


if __name__ == "__main__":
    main()
