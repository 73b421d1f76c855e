"""Commands on recordings: replay, export, generate; and the desk of one recording alone.

Modules with the engine (Numba) or the desk (Qt) are loaded by the commands that need them.
"""

import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli.words import Date, Format, Orders, SettingsFile, Source, Speed, app, has_screen, worded
from app.engine.errors import FeedError, SettingsError, complaint
from app.kernel_cache import use_kernel_cache
from app.session.playback import Playback
from app.session.request import ReplayRequest
from app.settings import load_settings

PICTURE: Final = Path("out") / "desk.png"
_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWords:
    """What `replay` is told."""

    path: Source
    format: Format = None
    orders: Orders = None
    out: Annotated[Path | None, typer.Option(help="Folder for the tables and run.json.")] = None
    book: Annotated[bool, typer.Option("--book", help="Write the touch after every event (book.parquet).")] = False
    speed: Speed = None
    block: Annotated[int | None, typer.Option(min=1, help="Rows at once: changes the speed, never the output.")] = None
    journal: Annotated[Path | None, typer.Option(help="Keep what was applied, in a new file.")] = None
    settings: SettingsFile = None
    date: Date = None
    progress: Annotated[bool, typer.Option("--progress", help="Show the bar off a terminal too.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWords:
    """What `export` is told."""

    path: Source
    out: Annotated[Path, typer.Option(help="The session folder to write.")]
    format: Format = None
    orders: Orders = None
    settings: SettingsFile = None
    date: Date = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateWords:
    """What `generate` is told."""

    out: Annotated[Path, typer.Option(help="The session folder to write, or the ITCH file.")]
    format: Annotated[str, typer.Option("--format", help="session, or itch5 (a file, gzip where it ends in .gz).")] = (
        "session"
    )
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same session.")] = 1
    rows: Annotated[int, typer.Option(min=1_000, help="Market rows, about.")] = 100_000
    orders: Annotated[float, typer.Option(min=0, max=0.2, help="Order rows per market row.")] = 0.005
    instruments: Annotated[int, typer.Option(min=1, max=500, help="Instruments, on three venues each.")] = 3
    seconds: Annotated[int, typer.Option(min=60, max=86_400, help="Length of the session.")] = 3_600
    date: Annotated[str, typer.Option(help="itch5: the day, YYYY-MM-DD.")] = "2025-03-14"
    book: Annotated[Path | None, typer.Option(help="itch5: the true book, in a Parquet file.")] = None
    pcap: Annotated[bool, typer.Option("--pcap", help="itch5: as MoldUDP64 in a capture with ns stamps.")] = False
    lost: Annotated[float, typer.Option(min=0, max=0.5, help="itch5 --pcap: share of packets lost.")] = 0.0
    repeated: Annotated[float, typer.Option(min=0, max=0.5, help="itch5 --pcap: share that comes twice.")] = 0.0
    late: Annotated[float, typer.Option(min=0, max=0.5, help="itch5 --pcap: share behind its successor.")] = 0.0


@app.command()
@worded(ReplayWords)
def replay(words: ReplayWords) -> None:
    """Run a recording through the engine and write its tables."""
    use_kernel_cache()
    from app.session import replay as session  # noqa: PLC0415 - the engine, and with it Numba

    result = session.replay(request_of(words))
    if result is None:
        return
    report = result.report
    rate = f"{report.events_per_s:,.0f} rows/s" if report.events_per_s else "no rows"
    typer.echo(f"rows in       {report.rows_in:,} ({report.rows_late:,} late), {rate}, {report.wall_s:.1f} s")
    typer.echo(f"set aside     {report.rows_quarantined:,}{_where_set_aside(words.out, report.rows_quarantined)}")
    for name in ("input_hash", "run_hash", "output_hash"):
        typer.echo(f"{name:<13} {getattr(report, name)}")
    for note in report.notes:
        typer.echo(f"note          {note}")
    typer.echo(f"written to    {words.out}" if words.out else "nothing written: --out DIR names a folder")


@app.command()
@worded(ExportWords)
def export(words: ExportWords) -> None:
    """Write a recording of any format as a session folder."""
    use_kernel_cache()
    from app.session import replay as session  # noqa: PLC0415 - the engine, and with it Numba

    for note in session.export(request_of(words)):
        typer.echo(f"note          {note}")
    typer.echo(f"written to    {words.out}")


@app.command()
@worded(GenerateWords)
def generate(words: GenerateWords) -> None:
    """Write a seeded session with exactly known truth, of any size; or a day of ITCH 5.0 with its true book."""
    if words.format == "itch5":
        _generate_itch(words)
        return
    if words.format != "session":
        raise SettingsError(complaint("--format", "format", words.format, "session, itch5"))
    from app.feeds.generator import Plan  # noqa: PLC0415 - numpy and pyarrow, for this command alone
    from app.session.generate import generate_session  # noqa: PLC0415

    plan = Plan(
        seed=words.seed, market_rows=words.rows, order_share=words.orders, instruments=words.instruments,
        duration_s=words.seconds,
    )  # fmt: skip
    market, orders = generate_session(plan, words.out)
    typer.echo(f"written to    {words.out}: {market:,} market rows, {orders:,} order rows")


def _generate_itch(words: GenerateWords) -> None:
    from app.feeds.generator.itch import ItchPlan  # noqa: PLC0415 - numpy and pyarrow, for this command alone
    from app.feeds.generator.itch_wire import WirePlan  # noqa: PLC0415
    from app.session.generate import generate_itch  # noqa: PLC0415

    plan = ItchPlan(
        seed=words.seed, messages=words.rows, stocks=words.instruments, date=words.date,
        close_s=min(57_600, 34_200 + words.seconds),
    )  # fmt: skip
    wire = WirePlan(seed=words.seed, lost=words.lost, repeated=words.repeated, late=words.late) if words.pcap else None
    for line in generate_itch(plan, words.out, wire, words.book):
        typer.echo(line)


def request_of(words: Any, **more: Any) -> ReplayRequest:
    """A command's words as a request: paths as text."""
    known = set(ReplayRequest.__struct_fields__)
    given = {field.name: getattr(words, field.name) for field in fields(words) if field.name in known}
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    return ReplayRequest(**{**plain, **more})


def speed_of(settings: Path | None) -> float:
    """The speed of the settings."""
    return load_settings(settings).playback.speed


def _where_set_aside(out: Path | None, rows: int) -> str:
    return f", with reasons in {out / 'quarantine.parquet'}" if out and rows else ""


def play_on_desk(request: ReplayRequest, picture: Path | None) -> None:
    """The desk on a replay: a window where there is a screen, otherwise a picture of its end."""
    if picture is None and not has_screen():
        typer.echo(f"no display here: the session is run to its end and drawn into {PICTURE}")
        picture = PICTURE
    with tempfile.TemporaryDirectory(prefix="scorecard-") as folder:
        if picture is not None:
            _draw(ReplayRequest(**{**_fields(request), "board": folder, "speed": None}), picture)
        else:
            _open(ReplayRequest(**{**_fields(request), "board": folder}))


def _fields(request: ReplayRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in ReplayRequest.__struct_fields__}


def _open(request: ReplayRequest) -> None:
    playback = Playback(request)
    try:
        playback.launch()
        from app import desk as window  # noqa: PLC0415 - Qt, loaded while the engine starts

        playback.wait_ready()
        code = window.run(playback.board, playback, Path(request.path).name)
        problem = playback.problem
    finally:
        playback.close()
    if problem is not None:
        raise FeedError(problem)
    raise typer.Exit(code)


def _draw(request: ReplayRequest, picture: Path) -> None:
    with Playback(request) as playback:
        while playback.state == "playing":
            time.sleep(_LOOK_S)
        if playback.problem is not None:
            raise FeedError(playback.problem)
        from app import desk as window  # noqa: PLC0415 - Qt, where a picture is drawn

        window.snapshot(playback.board, picture)
    typer.echo(f"drawn into    {picture}")
