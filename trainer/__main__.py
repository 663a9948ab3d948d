"""`python -m trainer run FOLDER`: trains a run folder, with or without the app."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from trainer import environment
from trainer.contract.folder import EXIT_FAILED, RunFolder


def main() -> int:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="train a run folder, or go on with it")
    run.add_argument("folder", type=Path)
    run.add_argument("--base", type=Path, help="where this machine has the base")
    run.add_argument("--cache", type=Path, help="where converted bases are kept")
    run.add_argument("--into", type=Path, help="repeat the run in a new folder")
    run.add_argument(
        "--less-memory",
        action="store_true",
        help="give something up first: the system ended the last worker for want of memory",
    )
    verbs.add_parser("facts", help="what this machine can train with, as JSON")
    packing = verbs.add_parser("pack", help="write an archive that repeats a run elsewhere")
    packing.add_argument("folder", type=Path)
    packing.add_argument("file", type=Path)
    options = parser.parse_args()
    if options.verb == "facts":
        from trainer.facts import tell

        return tell()
    if options.verb == "pack":
        return _pack(RunFolder(options.folder), options.file)
    folder: Path = options.folder
    if not RunFolder(folder).spec.is_file():
        parser.error(f"{folder} is not a run folder: it has no run.json")
    if options.into is not None:
        if options.into.exists():
            parser.error(f"{options.into} exists already")
        _repeat(RunFolder(folder), RunFolder(options.into))
        folder = options.into
    environment.prepare()
    from trainer.priority import lower_priority
    from trainer.worker import run as train

    lower_priority()
    return train(folder.resolve(), options.base, options.cache, less_memory=options.less_memory)


def _pack(folder: RunFolder, file: Path) -> int:
    from trainer.archive import pack
    from trainer.errors import ArchiveRefused

    try:
        names = pack(folder, file)
    except ArchiveRefused as error:
        sys.stderr.write(f"{error.text} {error.next_step}\n")
        return EXIT_FAILED
    sys.stderr.write(f"{len(names)} files in {file}\n")
    return 0


def _repeat(source: RunFolder, target: RunFolder) -> None:
    target.root.mkdir(parents=True)
    shutil.copy2(source.spec, target.spec)
    shutil.copytree(source.data, target.data)
    if source.parent.exists():
        shutil.copytree(source.parent, target.parent)


if __name__ == "__main__":
    sys.exit(main())
