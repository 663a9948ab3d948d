"""`perennial`: the window, and every verb of the command line.

Exit codes: 0 done; 1 a known error; 2 usage; 3 refused by the gate; 4 undecided; 70 a bug.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated, Any

import typer

from app import (
    cli_about,
    cli_base,
    cli_compare,
    cli_data,
    cli_deploy,
    cli_evaluate,
    cli_export,
    cli_forget,
    cli_merge,
    cli_mix,
    cli_month,
    cli_programs,
    cli_replay,
    cli_review,
    cli_schedule,
    cli_sources,
    cli_storage,
    cli_talk,
    cli_tests,
    cli_use,
)
from app.cli_output import HomeOption
from app.home import HOME_VARIABLE

EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="perennial",
    help="Personas that grow from your own conversations. Without a verb the window opens.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for verb in (
    cli_month.demo, cli_talk.chat, cli_talk.personas, cli_mix.mix, cli_month.cycle,
    cli_review.review, cli_replay.replay,
    cli_month.runs, cli_month.watch, cli_month.stop, cli_compare.compare, cli_use.use,
    cli_deploy.deploy, cli_month.rollback, cli_talk.doctor,
):  # fmt: skip
    app.command(name=verb.__name__)(verb)
app.command(name="import")(cli_data.import_files)
app.command()(cli_sources.sources)
app.command()(cli_export.export)
app.command()(cli_merge.merge)
app.command()(cli_storage.storage)
app.command()(cli_storage.backup)
app.command()(cli_storage.restore)
app.command(name="about-me")(cli_about.about_me)
app.command()(cli_forget.forget)
app.command()(cli_evaluate.evaluate)
app.command()(cli_programs.serve)
app.add_typer(cli_base.base)
app.add_typer(cli_schedule.schedule)
app.add_typer(cli_tests.tests)
app.add_typer(cli_programs.programs)


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    home: HomeOption = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Open the window when no verb is given."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"perennial {installed('perennial')}")
        raise typer.Exit()
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home.expanduser().absolute())
    if context.invoked_subcommand is None:
        from app.gui.main import run

        raise typer.Exit(run(home))


def main() -> None:
    """Run the command line; known errors end in one sentence, bugs in a report."""
    from app.cli_crash import report_bug

    sys.excepthook = report_bug
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    from app.errors import PerennialError, known_error
    from ollama_bridge.errors import BridgeError

    try:
        code = typer.main.get_command(app).main(
            arguments, prog_name="perennial", standalone_mode=False
        )
        return code if isinstance(code, int) else 0
    except (PerennialError, BridgeError) as error:
        _tell_error(error, "--json" in arguments)
        return error.exit_code if isinstance(error, PerennialError) else 1
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("Stopped.", err=True)
        return EXIT_INTERRUPTED
    except typer.TyperException as error:
        sys.stderr.write(f"{error.format_message()}\nSee: perennial --help\n")
        return error.exit_code
    except BrokenPipeError:
        # The reader of stdout went away, as `| head` does; nothing more can be said there.
        sys.stdout = None
        return 0
    except (OSError, ImportError) as error:
        known = known_error(error)
        if known is None:
            raise
        _tell_error(known, "--json" in arguments)
        return known.exit_code


def _tell_error(error: Any, as_json: bool) -> None:
    sys.stderr.write(f"{error}\n")
    if as_json:
        row = {
            "kind": error.kind, "text": error.text, "kept": error.kept,
            "next_step": error.next_step,
        }  # fmt: skip
        sys.stdout.write(json.dumps({"error": row}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
