"""Commands that check the evidence: worlds with a known truth, fake orders on clean markets, thresholds on past flow.

Modules with the engine (Numba) are loaded by the commands that need them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from app.cli.evidence import evidence, progress
from app.cli.words import worded
from app.engine.errors import SettingsError, complaint
from app.engine.units import SECOND
from app.kernel_cache import cache_root, use_kernel_cache
from app.settings import EvidenceModel, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.evidence.model import Model
    from app.session.evidence_aa.record import AaRecord
    from app.session.evidence_backtest import Tried

ModelFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--model", help="A model file; else the settings' or the shipped one.", metavar="FILE"),
]
SettingsFile: TypeAlias = Annotated[Path | None, typer.Option("--settings", help="A settings file of yours (TOML).")]
SHIPPED: Final = "default"
MOST_CHILDREN: Final = 5_000
_SHOWN: Final = 20
Workers: TypeAlias = Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work.")]


def model_of(file: Path | None, settings: Path | None = None) -> "Model":
    """The model of a file, else of the settings, else the shipped one. Raises SettingsError."""
    use_kernel_cache()
    from app.engine.evidence.model import Model, load_model  # noqa: PLC0415 - numpy

    if file is not None:
        try:
            return load_model(file.read_bytes(), file.name)
        except OSError as error:
            raise SettingsError(complaint("evidence", "--model", str(file), "a file that can be read")) from error
    found = load_settings(settings).evidence.read() or EvidenceModel(model=SHIPPED).read()
    assert isinstance(found, Model)  # noqa: S101 - what is named can be read, or there is a SettingsError
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalWords:
    """What `evidence eval` is told."""

    worlds: Annotated[
        list[str] | None, typer.Argument(metavar="[WORLD...]", help="Only these cells; else all of the plan.")
    ] = None
    split: Annotated[str, typer.Option(help="test, or final for what is published.")] = "test"
    scale: Annotated[float, typer.Option(min=0.001, max=10.0, help="So many times the planned parents.")] = 1.0
    model: ModelFile = None
    settings: SettingsFile = None
    workers: Workers = 1
    keep: Annotated[Path | None, typer.Option(help="Folder of what is worked out; a second run goes on there.")] = None
    out: Annotated[Path | None, typer.Option(help="The page (Markdown); else it is printed.")] = None


@evidence.command("eval")
@worded(EvalWords)
def evaluate(words: EvalWords) -> None:
    """Judge the evidence by worlds whose truth is known, into a page of tables; goes on where it was stopped."""
    model = model_of(words.model, words.settings)
    from app.session.evidence_eval.page import Wanted, page_of  # noqa: PLC0415 - Numba

    wanted = Wanted(
        worlds=words.worlds or [], split=words.split, scale=words.scale, workers=words.workers,
        keep=words.keep or keep_folder(),
    )  # fmt: skip
    page = page_of(wanted, model, progress())
    if words.out is None:
        typer.echo(page)
        return
    try:
        words.out.write_text(page, "utf-8")
    except OSError as error:
        raise SettingsError(complaint("evidence eval", "--out", str(words.out), "a file to be written")) from error
    typer.echo(f"written to    {words.out}")


def keep_folder() -> Path:
    """Where evaluations are kept."""
    return cache_root() / "evaluation"


@dataclass(frozen=True, slots=True, kw_only=True)
class AaWords:
    """What `evidence aa` is told."""

    recording: Annotated[
        Path | None, typer.Argument(metavar="[SESSION]", help="A recording of any format; else simulated days.")
    ] = None
    days: Annotated[int, typer.Option(min=1, help="Simulated days.")] = 20
    world: Annotated[str, typer.Option(help="Whose market the simulated days are.")] = "base_0"
    split: Annotated[str, typer.Option(help="Seeds of the simulated days.")] = "test"
    children: Annotated[str, typer.Option(help="Children of the fake orders.")] = "50,100,400,1500"
    price: Annotated[bool, typer.Option("--price", help="Bet on quotes alone: the tape's flow is not the model's.")] = (
        False
    )
    own_placebos: Annotated[
        bool, typer.Option("--own-placebos", help="A recording's first half gives the placebos for its second.")
    ] = False
    again: Annotated[int, typer.Option(min=1, help="Times a market is gone over, with other moments.")] = 1
    model: ModelFile = None
    settings: SettingsFile = None
    out: Annotated[Path | None, typer.Option(help="File for the record (JSON), which the desk can show.")] = None


@evidence.command("aa")
@worded(AaWords)
def fake_orders(words: AaWords) -> None:
    """Accuse orders that do not exist: false alarms by number of children, mean e by class and volatility."""
    children = numbers_of(words.children)
    model = model_of(words.model, words.settings)
    from app.session.evidence_aa.passes import Wanted, aa_of  # noqa: PLC0415 - Numba
    from app.session.evidence_aa.record import write_aa  # noqa: PLC0415 - Numba

    wanted = Wanted(
        days=words.days, world=words.world, split=words.split, recording=words.recording, settings=words.settings,
        children=children, price=words.price, own_placebos=words.own_placebos, again=words.again,
    )  # fmt: skip
    record = aa_of(wanted, model, progress("passes"))
    for line in _aa_lines(record):
        typer.echo(line)
    if words.out is not None:
        write_aa(words.out, record)
        typer.echo(f"written to    {words.out}")


def _aa_lines(record: "AaRecord") -> "Iterator[str]":
    """A record in words."""
    yield f"{record.source} of {record.date}, model {record.model_name} {record.model_hash[:12]}"
    for rate in record.rates:
        share = "-" if rate.rate is None else f"{rate.rate:.4f} +- {rate.se or 0.0:.4f}, below {rate.upper:.4f} (95 %)"
        yield f"  {rate.kind:<7} {rate.children:>5} children: {rate.alarms} of {rate.parents:,} at E >= 20, {share}"
    for mean in record.mean_e:
        error = "" if mean.se is None else f" +- {mean.se:.4f}"
        words = f"mean e {mean.mean:.4f}{error}, {mean.children:,} children"
        yield f"  {mean.kind:<7} {mean.class_:<10} volatility {mean.volatility}: {words}"


def numbers_of(text: str) -> tuple[int, ...]:
    """Whole numbers above 0 with commas between. Raises SettingsError."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and 0 < int(part) <= MOST_CHILDREN for part in parts):
        raise SettingsError(complaint("evidence aa", "--children", text, f"numbers up to {MOST_CHILDREN:,}, as 50,100"))
    return tuple(int(part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestWords:
    """What `evidence backtest` is told."""

    sessions: Annotated[
        list[Path], typer.Argument(metavar="SESSION...", help="Past sessions, or folders of simulated episodes.")
    ]
    e: Annotated[float, typer.Option("--e", min=1.0, help="AMBER from this E.")] = 20.0
    bps: Annotated[float, typer.Option(min=0.0, help="AMBER from so many bps projected.")] = 2.0
    red_e: Annotated[float, typer.Option(min=1.0, help="RED from this E.")] = 100.0
    red_bps: Annotated[float, typer.Option(min=0.0, help="RED from so many bps projected.")] = 4.0
    model: ModelFile = None
    settings: SettingsFile = None


@evidence.command("backtest")
@worded(BacktestWords)
def try_thresholds(words: BacktestWords) -> None:
    """Try thresholds of the evidence light on past flow: what would have fired, how often a day, how rightly."""
    model = model_of(words.model, words.settings)
    from app.session.evidence_backtest import Thresholds, tried  # noqa: PLC0415 - Numba
    from app.session.labels import sessions_of  # noqa: PLC0415

    limits = Thresholds(words.e, words.bps, words.red_e, words.red_bps)
    origin = str(words.settings) if words.settings else None
    done = [tried(session, model, limits, origin) for session in sessions_of(words.sessions, "evidence backtest")]
    for one in done:
        typer.echo(f"{one.name} {one.day}: {len(one.parents)} scored orders, {len(one.fired)} alarms")
        for fired in one.fired[:_SHOWN]:
            at = datetime.fromtimestamp(fired.ts // SECOND, UTC).strftime("%H:%M:%S")
            typer.echo(
                f"  {at} UTC {fired.colour:<5} {fired.parent_id}: E {fired.e:.3g}, {fired.projected:.1f} bps projected,"
                f" after {fired.children} children"
            )
        if len(one.fired) > _SHOWN:
            typer.echo(f"  ... and {len(one.fired) - _SHOWN} more")
    for colour, (from_e, from_bps) in {"AMBER": limits[:2], "RED": limits[2:]}.items():
        typer.echo(_often(done, colour, f"{colour} (E {from_e:g}, {from_bps:g} bps)"))


def _often(done: "list[Tried]", colour: str, named: str) -> str:
    """How often a colour would have fired, and how rightly where that is known."""
    from app.session.evidence_backtest import a_day, labelled  # noqa: PLC0415 - Numba
    from app.session.labels import rightly  # noqa: PLC0415

    days = len({(one.name, one.day) for one in done})
    often = f"{named} would have fired {a_day(done, colour):.1f} times a day over {days} days"
    return often + rightly(labelled(done, colour))
