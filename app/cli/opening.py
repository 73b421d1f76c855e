"""Opening a session: its processes under a supervisor, its window here or there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from app.cli.window import attach
from app.kernel_cache import use_kernel_cache
from app.session.runtime_folder import Role, RuntimeFolder, Session
from app.session.supervisor import supervise, words_of
from app.settings import load_settings

WORLD_SPEED: Final = 60.0  # a day in six and a half minutes
_RECORDED: Final[tuple[Role, ...]] = ("engine", "lookback")
_FOLLOWED: Final[tuple[Role, ...]] = ("engine",)
_SIMULATED: Final[tuple[Role, ...]] = ("engine", "control", "lookback")  # and a live one with an EMS

Runtime: TypeAlias = Annotated[
    Path | None, typer.Option(help="The runtime folder of the session; the user's state folder where not given.")
]


def open_window(folder: RuntimeFolder, session: Session) -> None:
    """A window on the session that runs in the folder, or on this one, which is begun."""
    status = folder.status()
    if status is not None and status.supervisor.alive():
        raise typer.Exit(attach(folder))
    run_session(folder, session)


def run_session(folder: RuntimeFolder, session: Session) -> None:
    """Begin a session, go on with an interrupted one, or watch on over one whose supervisor has died."""
    use_kernel_cache()  # the engine finds it in its environment
    folder.create()
    if folder.running():
        typer.echo(f"a session is running in {folder.path}: it is watched on")
        session = folder.session() or session
    elif folder.begin(session):
        typer.echo(f"the session in {folder.path} was interrupted: it goes on where it stood")
    roles = roles_of(session)
    if "api" in roles:
        typer.echo("the EMS API starts with it: `scorecard api where` says where it listens")
    raise typer.Exit(supervise(folder, words_of(folder, roles)))


def roles_of(session: Session) -> Sequence[Role]:
    """The processes a session needs."""
    roles = _SIMULATED if session.world is not None else _RECORDED if session.results is None else _FOLLOWED
    settings = load_settings(Path(session.settings) if session.settings else None)
    if session.live and settings.ems.host:
        roles = _SIMULATED
    if session.archive or settings.archive.path:
        roles = (*roles, "archive")
    if settings.api.listen:
        roles = (*roles, "api")
    return (*roles, "desk") if session.desk else roles
