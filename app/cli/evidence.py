"""Commands of evidence: its worlds, their episodes, their calibration.

Modules with the simulator (Numba) are loaded by the commands that need them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from app.cli.words import app, worded
from app.engine.errors import SettingsError, complaint
from app.kernel_cache import use_kernel_cache

evidence = typer.Typer(help="Tell the cost of our own signals from the cost of volatility.", no_args_is_help=True)
app.add_typer(evidence, name="evidence")

World: TypeAlias = Annotated[str, typer.Argument(metavar="WORLD", help="A world for evidence: a name, or a TOML file.")]
Processes: TypeAlias = Annotated[int, typer.Option(min=1, max=2, help="Processes that share the work.")]
_SAY_S: Final = 5.0


@evidence.command("worlds")
def list_worlds(
    names: Annotated[bool, typer.Option("--list", help="Names alone, one a line.")] = False,
) -> None:
    """Say which worlds there are, and what is known of each: volatility, children, true leak with its error."""
    use_kernel_cache()
    from app.feeds.simulator.evidence.setting import EvidenceWorld, load_world, worlds  # noqa: PLC0415 - Numba

    def line(world: EvidenceWorld) -> str:
        found, target = world.calibrated, world.agent.target_bps
        leak = (
            "no leak"
            if target == 0.0
            else "not calibrated"
            if world.notices == 0.0
            else f"leak {found.leak_bps:.2f} +- {found.leak_se:.2f} bps"
        )
        daily = f"{found.daily_bps:.0f} bps a day" if found.daily_bps else "not calibrated"
        return f"{world.name:<16} {world.orders.children:>5} children  {daily:<15} {leak:<24} {world.title}"

    for name in worlds():
        typer.echo(name if names else line(load_world(name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateWords:
    """What `evidence simulate` is told."""

    world: World
    split: Annotated[str, typer.Option(help="fit, test, or final: seeds of one are never those of another.")]
    parents: Annotated[int, typer.Option(min=1, help="At least so many; episodes are written whole.")]
    out: Annotated[Path, typer.Option(help="Folder for the episodes; what is there already is kept.")]
    processes: Processes = 1


@evidence.command("simulate")
@worded(SimulateWords)
def simulate_world(words: SimulateWords) -> None:
    """Write episodes of a world as session folders, and what is true of each parent; goes on where it was stopped."""
    use_kernel_cache()
    from app.feeds.simulator.evidence import load_world  # noqa: PLC0415 - Numba
    from app.session.evidence_worlds import SimulateRequest, leaks_of, read_truths, simulate  # noqa: PLC0415 - Numba

    world = load_world(words.world)
    request = SimulateRequest(
        world=world, split=words.split, parents=words.parents, out=words.out, processes=words.processes
    )
    folder = simulate(request, progress())
    truths = [truth for _, found in read_truths(folder) for truth in found]
    leaks = leaks_of(truths)
    typer.echo(f"written to    {folder}")
    typer.echo(f"parents       {len(truths):,}, of them leaking {len(leaks):,}")
    if len(leaks) > 1:
        error = float(leaks.std(ddof=1)) / len(leaks) ** 0.5
        typer.echo(f"true leak     {float(leaks.mean()):.2f} +- {error:.2f} bps")


def progress(what: str = "episodes") -> Callable[[int, int], None]:
    """Says how far it is, now and then, and at the end."""
    said = [-_SAY_S]

    def tell(done: int, wanted: int) -> None:
        now = time.monotonic()
        if now - said[0] >= _SAY_S or done == wanted:
            said[0] = now
            typer.echo(f"{what:<13} {done:,} of {wanted:,}", err=True)

    return tell


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateWords:
    """What `evidence calibrate` is told."""

    world: World
    parents: Annotated[int, typer.Option(min=16, help="Parents the leak is measured on.")] = 400
    processes: Processes = 1


@evidence.command("calibrate")
@worded(CalibrateWords)
def calibrate_world(words: CalibrateWords) -> None:
    """Set a world's noise to its volatility and its agent to the leak it names; what was found goes into its file."""
    use_kernel_cache()
    from app.feeds.simulator.evidence.setting import file_of, load_world  # noqa: PLC0415 - Numba
    from app.session.evidence_calibration import Calibration, calibrated, write_calibrated  # noqa: PLC0415 - Numba

    path = file_of(words.world)
    if not path.exists():
        raise SettingsError(complaint("evidence calibrate", "world", words.world, "a world's name, or its TOML file"))
    world = calibrated(load_world(path), Calibration(words.parents, words.processes, typer.echo))
    write_calibrated(path, world.calibrated)
    typer.echo(f"written to    {path}")
