"""Commands of the archive: record a run into it, look after it."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, TypeAlias

import typer

from app.cli.words import Date, Format, Orders, Seed, SettingsFile, app, worded
from app.engine.errors import SettingsError, complaint
from app.feeds.archive.place import require_library
from app.kernel_cache import use_kernel_cache
from app.settings import load_settings

Address: TypeAlias = Annotated[str, typer.Argument(metavar="ARCHIVE", help="A folder, or s3://BUCKET/PREFIX.")]
archive = typer.Typer(help="Look after an archive.", no_args_is_help=True)
app.add_typer(archive, name="archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWords:
    """What `record` is told."""

    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help="A recording, or a world by name; else the settings' live sources."),
    ] = None
    archive: Annotated[str | None, typer.Option(help="A folder, or s3://BUCKET/PREFIX; else that of the settings.")] = (
        None
    )
    out: Annotated[Path | None, typer.Option(help="Folder for the tables and run.json.")] = None
    format: Format = None
    orders: Orders = None
    date: Date = None
    seed: Seed = None
    agent: Annotated[bool, typer.Option(help="Of a world: with the one who sells ahead of our children.")] = True
    settings: SettingsFile = None
    runtime: Annotated[
        Path | None, typer.Option(help="Of live sources: the folder that keeps the recording until it is archived.")
    ] = None


@app.command()
@worded(RecordWords)
def record(words: RecordWords) -> None:
    """Run a recording, a world or the settings' live sources into an archive, without a screen."""
    address = words.archive or load_settings(words.settings).archive.path
    if not address:
        raise SettingsError(complaint("record", "archive", None, "--archive ADDRESS, or archive.path in the settings"))
    use_kernel_cache()
    from app.session.record import RecordRequest, record_run  # noqa: PLC0415 - the engine, and with it Numba

    request = RecordRequest(
        path=_text(words.path), archive=address, out=_text(words.out), format=words.format, orders=_text(words.orders),
        date=words.date, seed=words.seed, agent=words.agent, settings=_text(words.settings),
        runtime=_text(words.runtime),
    )  # fmt: skip
    report = record_run(request)
    if report is None:
        return
    for note in report.notes:
        typer.echo(f"note          {note}")
    typer.echo(f"rows in       {report.rows_in:,}")
    typer.echo(f"output_hash   {report.output_hash}")
    typer.echo(f"archived in   {address}")


@archive.command()
def compact(
    address: Address,
    level: Annotated[int, typer.Option(min=1, max=19, help="zstd level of the new files.")] = 9,
) -> None:
    """Put the many small files of live sessions together; the rows stay what they are."""
    upkeep = _upkeep()
    for line in upkeep.compact(address, level):
        typer.echo(line)


@archive.command()
def retain(
    address: Address,
    days: Annotated[int | None, typer.Option(min=1, help="Keep so many days that have rows; the others go.")] = None,
    hours: Annotated[int, typer.Option(min=0, help="Files nobody refers to any more stay so long for readers.")] = 168,
) -> None:
    """Let days go that are no longer wanted, and remove files that no table refers to any more."""
    upkeep = _upkeep()
    for line in upkeep.retain(address, days, hours):
        typer.echo(line)


@archive.command()
def verify(address: Address, date: Date = None) -> None:
    """Read everything back, check every chunk against its checksum, and say what is there."""
    upkeep = _upkeep()
    found = upkeep.verify(address, date)
    for line in found.lines:
        typer.echo(line)
    if found.faults:
        for fault in found.faults:
            typer.echo(f"fault         {fault}")
        raise typer.Exit(1)


@archive.command()
def finish(
    folder: Annotated[Path, typer.Argument(help="A runtime folder, or a tape's folder in its `earlier`.")],
    address: Annotated[str | None, typer.Option("--archive", help="Where the session does not say it.")] = None,
) -> None:
    """Archive what is left on the tape of a session that was ended while its archive was away."""
    require_library()
    from app.session.archive_worker import finish_tape  # noqa: PLC0415 - its library is an extra

    typer.echo(finish_tape(folder, address))


def _upkeep() -> ModuleType:
    require_library()
    from app.feeds.archive import upkeep  # noqa: PLC0415 - its library is an extra

    return upkeep


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
