"""Sets Perennial up beside itself in `.venv`, and starts it.

    python3 start.py             the window
    python3 start.py demo        a whole month in the terminal (with --no-replay: without replay)
    python3 start.py test        the tests
    python3 start.py update      the newest version; goes back when that fails
    python3 start.py setup       sets up and starts nothing; `setup train` for training too

What follows the verb is passed on. Nothing but Python is needed, and the second start is offline.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "Perennial needs Python 3.11, 3.12 or 3.13, and this is {}.{}: install one of them and"
        " start again with it, for example: python3.13 start.py".format(*sys.version_info[:2])
    )

ROOT = Path(__file__).resolve().parent
EXTRAS_OF = {"": (), "demo": ("train",), "test": ("dev", "train"), "setup": ()}
SHORTEST_WORTH_TELLING_S = 1.0


def main(arguments: list[str]) -> int:
    """Set up what the verb needs, then hand over to it."""
    from app.errors import PerennialError

    verb, rest = _split(arguments)
    if verb in ("help", "-h", "--help"):
        sys.stdout.write(__doc__ or "")
        return 0
    if verb not in (*EXTRAS_OF, "update"):
        tell(f"start.py knows no verb {verb}. It knows demo, test, update and setup; none of them")
        tell("opens the window. Everything else is done by .venv/bin/perennial.")
        return 2
    try:
        if verb == "update":
            return _update(rest)
        began = time.monotonic()
        extras = rest if verb == "setup" else EXTRAS_OF[verb]
        set_up(verb, extras, _home_argument(rest))
        took_s = time.monotonic() - began
        if took_s > SHORTEST_WORTH_TELLING_S:
            tell(f"Set up in {took_s:.0f} s.")
        return 0 if verb == "setup" else _start(verb, rest)
    except PerennialError as error:
        tell(str(error))
        return error.exit_code
    except OSError as error:
        tell(
            f"The set-up failed at {error.filename or ROOT}: {error.strerror or error}."
            " What is there was kept. See to the disk and start again."
        )
        return 1
    except KeyboardInterrupt:
        tell("Stopped. What was installed and downloaded is kept; the same command goes on.")
        return 130


def set_up(verb: str, extras: "tuple[str, ...] | list[str]", home: str | None) -> None:
    """Bring installation, system libraries and starter model to what the verb needs."""
    from app.errors import PerennialError
    from app.installation import EXTRAS, install, is_installed
    from app.system_libraries import RUNTIME_LIBRARIES, WINDOW_LIBRARIES, provide

    unknown = sorted(set(extras) - set(EXTRAS))
    if unknown:
        raise PerennialError(
            f"There is no extra {unknown[0]}.", f"Choose from: {', '.join(EXTRAS)}."
        )
    provide(RUNTIME_LIBRARIES, "the built-in runtime", tell)
    if verb in ("", "test"):
        provide(WINDOW_LIBRARIES, "the window", tell)
    if not is_installed(extras):
        _provide_venv()
        install(extras, tell)
    _provide_starter(home)


def tell(line: str) -> None:
    """Say something about the set-up; stdout belongs to what is started."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _split(arguments: list[str]) -> tuple[str, list[str]]:
    if arguments and (not arguments[0].startswith("-") or arguments[0] in ("-h", "--help")):
        return arguments[0], arguments[1:]
    return "", arguments


def _home_argument(rest: list[str]) -> str | None:
    for index, word in enumerate(rest):
        if word.startswith("--home="):
            return word.removeprefix("--home=")
        if word == "--home" and index + 1 < len(rest):
            return rest[index + 1]
    return None


def _provide_venv() -> None:
    """Debian's own Python comes without what makes environments; as root it is installed."""
    import importlib.util

    from app.installation import venv_package_command
    from app.system_libraries import apt_install, is_root

    if importlib.util.find_spec("ensurepip") is None and is_root() and shutil.which("apt-get"):
        tell(f"Installing what this Python lacks: {venv_package_command()}")
        apt_install([venv_package_command().split()[-1]])
        importlib.invalidate_caches()


def _python() -> str:
    from app.installation import python_of, venv_of

    return str(python_of(venv_of(ROOT)))


def _provide_starter(home: str | None) -> None:
    from app.errors import StarterError

    command = [_python(), "-P", "-m", "app.starter", *([home] if home else [])]
    fetched = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if fetched.returncode:
        # It has said why; the installation stays, and the next start goes on from here.
        raise StarterError("The set-up stopped there.", "Do that and start again.")


def _start(verb: str, rest: list[str]) -> int:
    if verb == "test":
        return _run_tests(rest)
    if verb == "" and sys.platform.startswith("linux") and not _has_display():
        tell(
            "Perennial is set up, but there is no display here to open a window on. Run it on a"
            " desktop, or try a month in this terminal with: python3 start.py demo"
        )
        return 1
    return _become([_python(), "-P", "-m", "app.cli", *([verb] if verb else []), *rest])


def _run_tests(rest: list[str]) -> int:
    # Two at a time, as many as a small machine has cores; in their order, or long ones come last.
    side_by_side = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [_python(), "-m", "pytest", *side_by_side, *rest]
    os.chdir(ROOT)
    return _become(command)


def _has_display() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)


def _update(rest: list[str]) -> int:
    from app.updating import update

    return update(ROOT, tell, _home_argument(rest))


def _become(command: list[str]) -> int:
    """Run the command in the place of this process, so that its signals and end are its own."""
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
