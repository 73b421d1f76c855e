"""Commands of a session: run, desk, serve, stop; the processes are the supervisor's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from app.cli.demonstration import show_without_screen
from app.cli.opening import WORLD_SPEED, Runtime, open_window, run_session
from app.cli.recordings import play_on_desk, request_of, speed_of
from app.cli.window import attach
from app.cli.words import Format, Orders, Seed, SettingsFile, Speed, World, app, has_screen, worded
from app.engine.errors import SettingsError, complaint
from app.session.hand import stop_session
from app.session.runtime_folder import RuntimeFolder, Session, default_folder
from app.settings import BPS_PRESET, load_settings

TECH: Final = "tech"

Archive: TypeAlias = Annotated[
    str | None, typer.Option(help="Archive the session: a folder, or s3://BUCKET/PREFIX; else as the settings say.")
]
Recorded: TypeAlias = Annotated[Path | None, typer.Option("--replay", help="A recording to play.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWords:
    """What `run` and `serve` are told."""

    world: World = TECH
    replay: Recorded = None
    seed: Seed = None
    agent: Annotated[bool, typer.Option(help="With the one who sells ahead of our children.")] = True
    format: Format = None
    orders: Orders = None
    follow: Annotated[
        bool, typer.Option("--follow", help="--orders is a FIX log still being written, beside the settings' sources.")
    ] = False
    speed: Speed = None
    archive: Archive = None
    settings: SettingsFile = None
    runtime: Runtime = None

    def session(self, *, desk: bool) -> Session:
        """The session it names: a recording, the settings' live sources where they have some, or a world.

        Raises SettingsError where `--follow` has no log to follow, or nothing beside it.
        """
        live = self.settings is not None and bool(load_settings(self.settings).sources)
        if self.follow and (self.orders is None or self.replay is not None or not live):
            allowed = "with --orders LOG and --settings FILE, whose [sources.NAME] bring market data; without --replay"
            raise SettingsError(complaint("command line", "--follow", True, allowed))
        if live and self.replay is None and self.orders is not None and not self.follow:
            allowed = "with --follow beside live sources: a FIX log that is read on as it grows"
            raise SettingsError(complaint("command line", "--orders", str(self.orders), allowed))
        if self.replay is not None:
            return Session(
                replay=str(self.replay.absolute()), format=self.format, orders=_absolute(self.orders),
                settings=_absolute(self.settings), speed=self.speed or speed_of(self.settings), desk=desk,
                archive=self.archive,
            )  # fmt: skip
        if live:
            return Session(
                settings=_absolute(self.settings), orders=_absolute(self.orders), live=True, desk=desk,
                archive=self.archive,
            )  # fmt: skip
        return Session(
            world=self.world, seed=self.seed, agent=self.agent, settings=_absolute(self.settings or BPS_PRESET),
            speed=self.speed or WORLD_SPEED, desk=desk, archive=self.archive,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWords:
    """What `desk` is told."""

    replay: Recorded = None
    format: Format = None
    orders: Orders = None
    speed: Speed = None
    settings: SettingsFile = None
    picture: Annotated[Path | None, typer.Option(help="Draw the desk at the end into this PNG.")] = None
    from_results: Annotated[
        str | None, typer.Option(metavar="BROKER/TOPIC", help="Follow an engine that runs elsewhere by its results.")
    ] = None
    runtime: Runtime = None


@app.command()
@worded(RunWords)
def run(words: RunWords) -> None:
    """Open the desk on a world of the simulator; without a display, run its day and leave a picture and a report."""
    if has_screen():
        open_window(RuntimeFolder(words.runtime or default_folder()), words.session(desk=True))
    elif words.session(desk=False).live:
        run_session(RuntimeFolder(words.runtime or default_folder()), words.session(desk=False))
    elif words.replay is not None:
        play_on_desk(request_of(words, path=str(words.replay), speed=words.speed), None)
    else:
        show_without_screen(words.world, words.seed, words.settings)


@app.command()
@worded(DeskWords)
def desk(words: DeskWords) -> None:
    """Look at the running session, or begin one; with --replay, play a recording on a desk of its own."""
    if words.replay is not None:
        request = request_of(words, path=str(words.replay), speed=words.speed or speed_of(words.settings))
        play_on_desk(request, words.picture)
        return
    folder = RuntimeFolder(words.runtime or default_folder())
    if words.from_results is not None:
        session = Session(results=words.from_results, settings=_absolute(words.settings), desk=has_screen())
        open_window(folder, session) if session.desk else run_session(folder, session)
    if folder.running():
        raise typer.Exit(attach(folder))
    run_words = RunWords(runtime=words.runtime, speed=words.speed, settings=words.settings)
    open_window(folder, run_words.session(desk=True))


@app.command()
@worded(RunWords)
def serve(words: RunWords) -> None:
    """Run a session without a desk; `desk` looks at it, `stop` ends it."""
    run_session(RuntimeFolder(words.runtime or default_folder()), words.session(desk=False))


@app.command()
def stop(runtime: Runtime = None) -> None:
    """End the running session in good order; put in order what a killed one has left."""
    folder = RuntimeFolder(runtime or default_folder())
    typer.echo(stop_session(folder.path) or f"no session runs in {folder.path}")


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())
