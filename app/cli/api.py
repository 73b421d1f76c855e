"""Commands of the EMS API: its tokens, and where it listens. `run` and `serve` start it where the settings say so."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from app.api.tokens import Token, TokenFile
from app.cli.opening import Runtime
from app.cli.words import SettingsFile, app
from app.engine.errors import SettingsError, complaint
from app.engine.units import SECOND
from app.entitlements import Entitlements
from app.session.api_worker import tokens_file, url_file
from app.session.runtime_folder import default_folder
from app.settings import load_settings

API: Final = typer.Typer(help="The EMS API: tokens, and where it listens.", no_args_is_help=True)
TOKEN: Final = typer.Typer(help="Bearer tokens: made, listed, revoked.", no_args_is_help=True)
app.add_typer(API, name="api")
API.add_typer(TOKEN, name="token")

Scopes = Annotated[list[str] | None, typer.Option("--scope", help="read, act or admin; several times for several.")]


@TOKEN.command()
def add(
    user: Annotated[str, typer.Argument(help="Whose it is: a user of [people], or any name where there is no file.")],
    scope: Scopes = None,
    days: Annotated[float, typer.Option(help="Good for so many days.")] = 30.0,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Make a token and print it: it is shown this once, only its hash is kept."""
    known = load_settings(settings)
    people = Entitlements(Path(known.people.file) if known.people.file else None)
    if not people.knows(user):
        raise SettingsError(complaint(known.people.file, "user", user, "a user of this file"))
    token, text = TokenFile(tokens_file(known)).add(user, scope or ["read"], days, time.time_ns(), note)
    typer.echo(text)
    typer.echo(f"{token.id}: {user}, {' '.join(token.scopes)}, until {_day(token.expires_ns)}", err=True)


@TOKEN.command("list")
def listed(settings: SettingsFile = None) -> None:
    """Every token: id, user, scopes, until when, whether it stands."""
    now = time.time_ns()
    tokens = list(TokenFile(tokens_file(load_settings(settings))))
    for token in tokens:
        typer.echo(_line(token, now))
    if not tokens:
        typer.echo("no tokens")


@TOKEN.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `list` shows it.")],
    settings: SettingsFile = None,
) -> None:
    """End a token for good; running APIs notice within a second."""
    ended = TokenFile(tokens_file(load_settings(settings))).revoke(token, time.time_ns())
    typer.echo(f"{ended.id} of {ended.user}: revoked")


@API.command()
def where(runtime: Runtime = None) -> None:
    """Say where the API of the running session listens; ends with 1 when none does."""
    file = url_file(runtime or default_folder())
    if not file.exists():
        typer.echo(f"no API runs in {file.parent.parent}: [api] listen in the settings of `run` or `serve` starts one")
        raise typer.Exit(1)
    typer.echo(file.read_text("utf-8"))


def _line(token: Token, now: int) -> str:
    state = token.fault(now).removeprefix("token ") or "stands"
    words = [token.id, token.user, ",".join(token.scopes), f"until {_day(token.expires_ns)}", state, token.note]
    return "  ".join(word for word in words if word)


def _day(ns: int) -> str:
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")
