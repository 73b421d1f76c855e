"""The command line: `scorecard COMMAND`; errors are one sentence, results go to the standard output.

Modules with the engine (Numba) or the desk (Qt) are loaded by the commands that need them: the process that draws
must not hold Numba, one that computes needs no Qt, and `--help` neither.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Final, NoReturn

import typer
import typer.main

from app import __version__, doctor
from app.cli import (
    algos,
    api,
    archive,
    auditing,
    backbone,
    capturing,
    demonstration,
    evidence,
    evidence_eval,
    evidence_fit,
    evidence_switches,
    recordings,
    rules,
    sessions,
    switching,
)
from app.cli.words import app
from app.engine.errors import ScorecardError, SettingsError
from app.kernel_cache import cache_root
from app.settings import load_settings

# Their commands are there once they are loaded.
COMMANDS: Final = (
    recordings, sessions, demonstration, switching, algos, rules, backbone, archive, capturing, api, evidence,
    evidence_eval, evidence_fit, evidence_switches, auditing,
)  # fmt: skip
INTERRUPTED: Final = 130


@app.command("doctor")
def examine() -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    findings = doctor.examine()
    typer.echo(doctor.report(findings))
    typer.echo("limits        " + ", ".join(f"{name} {_plain(value)}" for name, value in _limits()))
    if not doctor.is_sound(findings):
        raise typer.Exit(1)


def _limits() -> list[tuple[str, object]]:
    """The guard's limits, as the shipped settings and the environment have them."""
    limits = load_settings().limits
    return [(name, getattr(limits, name)) for name in limits.__struct_fields__]


def _plain(value: object) -> str:
    """A limit as the report prints it."""
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "everyone"
    return f"{value:,.12g}" if isinstance(value, int | float) else str(value)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; exit code 0 done, 1 failed, 2 wrong words or settings, 130 interrupted."""
    sys.excepthook = _leave_log
    signal.signal(signal.SIGTERM, _terminated)
    try:
        # not app(words): that would put typer's own hook for unexpected errors in place of ours
        command = typer.main.get_command(app)
        command(args=words, prog_name="scorecard")
    except ScorecardError as error:
        typer.echo(f"scorecard: {error}", err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except SystemExit as left:
        if left.code == INTERRUPTED:
            typer.echo("scorecard: interrupted; files that were not complete are gone", err=True)
        raise
    sys.exit(0)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _leave_log(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody expected: one sentence, and the rest in a file."""
    folder = cache_root() / "logs"
    log = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(kind, error, trace)), "utf-8")
    except OSError:
        traceback.print_exception(kind, error, trace)
    typer.echo(f"scorecard: unexpected {kind.__name__}: {error}; this is our fault, the log is {log}", err=True)
