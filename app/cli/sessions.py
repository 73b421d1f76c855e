"""Commands of a supervised session: run, serve, desk, stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from app.cli.recordings import play_on_desk, request_of, speed_of
from app.cli.window import attach
from app.cli.words import Format, Orders, SettingsFile, Speed, app, has_screen, worded
from app.kernel_cache import use_kernel_cache
from app.session.hand import stop_session
from app.session.request import ReplayRequest
from app.session.runtime_folder import Role, RuntimeFolder, Session, default_folder
from app.session.supervisor import supervise, words_of
from app.settings import RESOURCES

SHIPPED: Final = RESOURCES / "sessions" / "day"
_PROCESSES: Final[tuple[Role, ...]] = ("engine", "lookback")

Runtime: TypeAlias = Annotated[
    Path | None, typer.Option(help="The runtime folder of the session; the user's state folder where not given.")
]
Recorded: TypeAlias = Annotated[Path | None, typer.Option("--replay", help="A recording to play.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWords:
    """What `desk` is told."""

    replay: Recorded = None
    format: Format = None
    orders: Orders = None
    speed: Speed = None
    settings: SettingsFile = None
    picture: Annotated[Path | None, typer.Option(help="Draw the desk at the end into this PNG.")] = None
    runtime: Runtime = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeWords:
    """What `serve` is told."""

    replay: Recorded = None
    format: Format = None
    orders: Orders = None
    speed: Speed = None
    settings: SettingsFile = None
    runtime: Runtime = None


@app.command()
def run(runtime: Runtime = None) -> None:
    """Open the desk on the shipped session; without a display, draw it into out/desk.png."""
    if not has_screen():
        play_on_desk(ReplayRequest(path=str(SHIPPED), format="session"), None)
        return
    folder = RuntimeFolder(runtime or default_folder())
    _open(folder, Session(replay=str(SHIPPED), format="session", speed=speed_of(None)))


@app.command()
@worded(DeskWords)
def desk(words: DeskWords) -> None:
    """Look at the running session; with --replay, play a recording on a desk of its own."""
    if words.replay is not None:
        request = request_of(words, path=str(words.replay), speed=words.speed or speed_of(words.settings))
        play_on_desk(request, words.picture)
        return
    folder = RuntimeFolder(words.runtime or default_folder())
    if not folder.running():
        run(words.runtime)
        return
    raise typer.Exit(attach(folder))


@app.command()
@worded(ServeWords)
def serve(words: ServeWords) -> None:
    """Run a session without a desk; `desk` looks at it, `stop` ends it."""
    folder = RuntimeFolder(words.runtime or default_folder())
    session = Session(
        replay=str((words.replay or SHIPPED).absolute()),
        format=words.format if words.replay else "session",
        orders=str(words.orders.absolute()) if words.orders else None,
        settings=str(words.settings.absolute()) if words.settings else None,
        speed=words.speed or speed_of(words.settings),
        desk=False,
    )
    _supervise(folder, session, _PROCESSES)


@app.command()
def stop(runtime: Runtime = None) -> None:
    """End the running session in good order."""
    folder = RuntimeFolder(runtime or default_folder())
    ended = stop_session(folder.path)
    typer.echo("ended" if ended else f"no session runs in {folder.path}")


def _open(folder: RuntimeFolder, session: Session) -> None:
    """A window on the folder's session: the one that runs, or this one."""
    status = folder.status()
    if status is not None and status.supervisor.alive():
        raise typer.Exit(attach(folder))
    _supervise(folder, session, (*_PROCESSES, "desk"))


def _supervise(folder: RuntimeFolder, session: Session, roles: Sequence[Role]) -> None:
    use_kernel_cache()  # the engine finds it in its environment
    folder.create()
    if folder.running():
        typer.echo(f"a session is running in {folder.path}: it is watched on")
    elif folder.begin(session):
        typer.echo(f"the session in {folder.path} was interrupted: it goes on where it stood")
    raise typer.Exit(supervise(folder, words_of(folder, roles)))
