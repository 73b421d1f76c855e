"""Commands of the control process: switch, cancel and kill ask and, confirmed, send; audit reads what was done."""

from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.opening import Runtime
from app.cli.words import app
from app.control.spoken import audit_verified, cancelled, killed, orders_told, released, switched
from app.engine.errors import SettingsError, complaint
from app.session.runtime_folder import default_folder

AUDIT: Final = typer.Typer(help="What was asked, sent and answered, line by line.", no_args_is_help=True)
app.add_typer(AUDIT, name="audit")
_SEND: Final = "Send it; without this nothing is sent."


@AUDIT.command()
def verify(path: Annotated[Path, typer.Argument(metavar="FILE", help="The audit log of a session.")]) -> None:
    """Find a changed, missing or reordered line; ends with 1 when there is one."""
    _end(*audit_verified(path))


@app.command()
def switch(
    parent: Annotated[str, typer.Argument(help="The parent order's id.")],
    strategy: Annotated[str, typer.Argument(help="The algo to switch to.")],
    params: Annotated[list[str] | None, typer.Option("--set", help="A parameter of it: NAME=VALUE.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help=_SEND)] = False,
    runtime: Runtime = None,
) -> None:
    """Show what a switch of the running session would change and every guard; with --confirm, send it."""
    _end(*switched(runtime or default_folder(), parent, strategy, _pairs(params or []), confirm=confirm))


@app.command()
def orders(runtime: Runtime = None) -> None:
    """List the orders of the running session and where each stands; works without engine, desk and API."""
    _end(*orders_told(runtime or default_folder()))


@app.command()
def cancel(
    order: Annotated[str, typer.Argument(help="The broker's order id, as `scorecard orders` lists it.")],
    confirm: Annotated[bool, typer.Option("--confirm", help=_SEND)] = False,
    runtime: Runtime = None,
) -> None:
    """Cancel an order of the running session; with --confirm, send it. Works without engine, desk and API."""
    _end(*cancelled(runtime or default_folder(), order, confirm=confirm))


@app.command()
def kill(
    scope: Annotated[str, typer.Argument(help="all, mine, parent:ID, order:ID, instrument:NAME.")],
    confirm: Annotated[bool, typer.Option("--confirm", help=_SEND)] = False,
    runtime: Runtime = None,
) -> None:
    """Cancel every order of a scope and block new ones; with --confirm, send it. Works without engine, desk and API."""
    _end(*killed(runtime or default_folder(), scope, confirm=confirm))


@app.command()
def release(
    scope: Annotated[str, typer.Argument(help="A scope that was killed.")],
    runtime: Runtime = None,
) -> None:
    """Let new requests of a killed scope out again."""
    _end(*released(runtime or default_folder(), scope))


def _pairs(words: list[str]) -> dict[str, str]:
    """NAME=VALUE words as a dict. Raises SettingsError naming the one that is none, or comes twice."""
    pairs: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not name or not sign or name in pairs:
            raise SettingsError(complaint("--set", "parameter", word, "NAME=VALUE, each name once"))
        pairs[name] = value
    return pairs


def _end(code: int, sentences: list[str]) -> None:
    for sentence in sentences:
        typer.echo(sentence)
    raise typer.Exit(code)
