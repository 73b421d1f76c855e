"""The command line: `scorecard COMMAND`; errors are one sentence, results go to the standard output.

Modules with the engine (Numba) or the desk (Qt) are loaded by the commands that need them: the process that draws
must not hold Numba, one that computes needs no Qt, and `--help` neither.
"""

import inspect
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any, Final, NoReturn, TypeAlias, TypeVar

import typer
import typer.main

from app import __version__, doctor
from app.engine.errors import FeedError, ScorecardError, SettingsError
from app.kernel_cache import cache_root, use_kernel_cache
from app.session.playback import Playback
from app.session.request import ReplayRequest
from app.settings import RESOURCES, load_settings

SHIPPED: Final = RESOURCES / "sessions" / "day"
PICTURE: Final = Path("out") / "desk.png"
HIDDEN: Final = frozenset({"offscreen", "minimal"})  # Qt platforms on which nobody sees a window
INTERRUPTED: Final = 130
_LOOK_S: Final = 0.05

Words = TypeVar("Words")
Source: TypeAlias = Annotated[Path, typer.Argument(metavar="PATH", help="A recording: a file or a folder.")]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option("--format", help="session, lobster, dbn, binance, fixlog, journal; guessed where not given."),
]
Orders: TypeAlias = Annotated[Path | None, typer.Option(help="Own order rows from a file beside: Parquet, or raw FIX.")]
SettingsFile: TypeAlias = Annotated[Path | None, typer.Option(help="A TOML file over the shipped defaults.")]
Speed: TypeAlias = Annotated[
    float | None, typer.Option(min=0.001, help="Event seconds per second; flat out where not given.")
]

app = typer.Typer(
    help="Execution monitoring that tells the cost of volatility from the cost of our own signals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def worded(words: type[Words]) -> Callable[[Callable[[Words], None]], Callable[..., None]]:
    """Give a command the fields of a dataclass as its arguments and options; it gets them as one object."""

    def bind(command: Callable[[Words], None]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            command(words(**given))

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = {field.name: field.type for field in fields(words)}  # type: ignore[arg-type]
        run.__signature__ = inspect.signature(words).replace(return_annotation=None)  # type: ignore[attr-defined]
        return run

    return bind


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
    progress: Annotated[bool, typer.Option("--progress", help="Show the bar off a terminal too.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWords:
    """What `export` is told."""

    path: Source
    out: Annotated[Path, typer.Option(help="The session folder to write.")]
    format: Format = None
    orders: Orders = None
    settings: SettingsFile = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWords:
    """What `desk` is told."""

    replay: Annotated[Path, typer.Option(help="The recording to play.")]
    format: Format = None
    orders: Orders = None
    speed: Speed = None
    settings: SettingsFile = None
    picture: Annotated[Path | None, typer.Option(help="Draw the desk at the end into this PNG.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateWords:
    """What `generate` is told."""

    out: Annotated[Path, typer.Option(help="The session folder to write.")]
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same session.")] = 1
    rows: Annotated[int, typer.Option(min=1_000, help="Market rows, about.")] = 100_000
    orders: Annotated[float, typer.Option(min=0, max=0.2, help="Order rows per market row.")] = 0.005
    instruments: Annotated[int, typer.Option(min=1, max=500, help="Instruments, on three venues each.")] = 3
    seconds: Annotated[int, typer.Option(min=60, max=86_400, help="Length of the session.")] = 3_600


@app.command()
@worded(ReplayWords)
def replay(words: ReplayWords) -> None:
    """Run a recording through the engine and write its tables."""
    use_kernel_cache()
    from app.session import replay as session  # noqa: PLC0415 - the engine, and with it Numba

    result = session.replay(_request(words))
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

    for note in session.export(_request(words)):
        typer.echo(f"note          {note}")
    typer.echo(f"written to    {words.out}")


@app.command()
@worded(DeskWords)
def desk(words: DeskWords) -> None:
    """Play a recording on the desk; without a display, draw it into out/desk.png."""
    request = _request(words, path=str(words.replay), speed=words.speed or _speed(words.settings))
    _show(request, words.picture)


@app.command()
@worded(GenerateWords)
def generate(words: GenerateWords) -> None:
    """Write a seeded session with exactly known truth, of any size."""
    from app.feeds.generator import Plan  # noqa: PLC0415 - numpy and pyarrow, for this command alone
    from app.session.generate import generate_session  # noqa: PLC0415

    plan = Plan(
        seed=words.seed, market_rows=words.rows, order_share=words.orders, instruments=words.instruments,
        duration_s=words.seconds,
    )  # fmt: skip
    market, orders = generate_session(plan, words.out)
    typer.echo(f"written to    {words.out}: {market:,} market rows, {orders:,} order rows")


@app.command()
def run() -> None:
    """Open the desk on the shipped session; without a display, draw it into out/desk.png."""
    _show(ReplayRequest(path=str(SHIPPED), format="session", speed=_speed(None)), None)


@app.command("doctor")
def examine() -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    findings = doctor.examine()
    typer.echo(doctor.report(findings))
    if not doctor.is_sound(findings):
        raise typer.Exit(1)


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


def _request(words: ReplayWords | ExportWords | DeskWords, **more: Any) -> ReplayRequest:
    """A command's words as a request: paths as text."""
    known = set(ReplayRequest.__struct_fields__)
    given = {field.name: getattr(words, field.name) for field in fields(words) if field.name in known}
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    return ReplayRequest(**{**plain, **more})


def _speed(settings: Path | None) -> float:
    return load_settings(settings).playback.speed


def _where_set_aside(out: Path | None, rows: int) -> str:
    return f", with reasons in {out / 'quarantine.parquet'}" if out and rows else ""


def has_screen() -> bool:
    """True where somebody can see a window."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in HIDDEN:
        return False
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show(request: ReplayRequest, picture: Path | None) -> None:
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
