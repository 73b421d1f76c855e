"""`scorecard rules`: check a file, try it on past sessions, see and arm the rules of the running session."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.opening import Runtime
from app.cli.words import app
from app.control.client import ControlClient
from app.engine.units import SECOND
from app.session.runtime_folder import default_folder

if TYPE_CHECKING:
    from app.control.rules import RuleTable
    from app.session.trying import Tried

RULES: Final = typer.Typer(help="Rules that may switch an algo: dry until two people armed them.", no_args_is_help=True)
app.add_typer(RULES, name="rules")
RuleFile = Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file of [rules.NAME] tables.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A settings file of yours (TOML).")]
_SHOWN: Final = 20


@RULES.command()
def check(path: RuleFile, settings: SettingsFile = None) -> None:
    """Read a file of rules, every condition and parameter of it; a mistake is named with its place."""
    for name, table in _read(path, settings).items():
        typer.echo(f"{name}: when {table.when}, then {table.then} {table.strategy}".rstrip())


@RULES.command()
def backtest(
    path: RuleFile,
    sessions: Annotated[
        list[Path], typer.Argument(metavar="SESSION...", help="Past sessions, or folders of simulated episodes.")
    ],
    settings: SettingsFile = None,
) -> None:
    """What the rules would have done on past sessions: what fires, when, how often a day, how rightly where known."""
    from app.session.labels import sessions_of  # noqa: PLC0415 - the engine, and with it Numba
    from app.session.trying import tried  # noqa: PLC0415

    rules = _read(path, settings)
    origin = str(settings) if settings else None
    done = [tried(session, rules, origin) for session in sessions_of(sessions, "rules backtest")]
    for one in done:
        typer.echo(f"{one.name} {one.day}: {one.seconds} s, {len(one.parents)} parents, {len(one.fired)} firings")
        for firing in one.fired[:_SHOWN]:
            at = datetime.fromtimestamp(firing.ts // SECOND, UTC).strftime("%H:%M:%S")
            typer.echo(f"  {at} UTC {firing.rule} {firing.parent_id} {firing.verdict}: {firing.words}")
        if len(one.fired) > _SHOWN:
            typer.echo(f"  ... and {len(one.fired) - _SHOWN} more")
    for line in _a_day(rules, done):
        typer.echo(line)


@RULES.command(name="list")
def list_rules(runtime: Runtime = None) -> None:
    """The rules of the running session and how each stands."""
    client = ControlClient(runtime or default_folder())
    found = client.rules()
    client.close()
    if found.words:
        typer.echo(found.words)
    for rule in found.rules:
        typer.echo(f"{rule.name}: {rule.words}; fired {rule.fired} times today, holds on {rule.held} orders")
        typer.echo(f"  when {rule.when}, then {rule.then}")


@RULES.command()
def arm(rule: Annotated[str, typer.Argument(help="The rule.")], runtime: Runtime = None) -> None:
    """Propose a rule, or, as a second person, arm it until the end of the day."""
    _told(runtime, rule, on=True)


@RULES.command()
def disarm(rule: Annotated[str, typer.Argument(help="The rule.")], runtime: Runtime = None) -> None:
    """Turn a rule off: it goes on saying what it would do."""
    _told(runtime, rule, on=False)


def _told(runtime: Path | None, rule: str, *, on: bool) -> None:
    client = ControlClient(runtime or default_folder())
    typer.echo(client.arm(rule, on=on))
    client.close()


def _read(path: Path, settings: Path | None) -> "dict[str, RuleTable]":
    from app.control.brokers import read_broker  # noqa: PLC0415 - numpy, for these commands alone
    from app.control.process import profile_file  # noqa: PLC0415
    from app.control.rules import read_rules  # noqa: PLC0415
    from app.settings import load_settings  # noqa: PLC0415

    ems = load_settings(settings).ems
    return read_rules(path, read_broker(profile_file(ems)).profile)


def _a_day(rules: "dict[str, RuleTable]", done: "list[Tried]") -> list[str]:
    """Per rule how often it would have acted a day, over the days of the sessions, and how rightly where known."""
    from app.session.labels import rightly  # noqa: PLC0415 - Numba
    from app.session.trying import acts, labelled  # noqa: PLC0415

    days = max(len({(one.name, one.day) for one in done}), 1)
    lines = []
    for name in rules:
        often = sum(len(acts(one, name)) for one in done) / days
        lines.append(f"{name} would have fired {often:.1f} times a day over {days} days{rightly(labelled(done, name))}")
    return lines
