"""Commands that need no screen: demo runs a world flat out, report writes the scorecard of an order as a page."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.backbone import PRESETS
from app.cli.opening import WORLD_SPEED, Runtime, open_window
from app.cli.recordings import PICTURE
from app.cli.words import Seed, SettingsFile, World, app, has_screen, worded
from app.engine.errors import FeedError, SettingsError, complaint
from app.kernel_cache import use_kernel_cache
from app.session.runtime_folder import RuntimeFolder, Session, default_folder
from app.settings import BPS_PRESET

if TYPE_CHECKING:
    from app.session.demo import Demo

PAGE: Final = Path("out") / "report.html"
SWITCH_AT: Final = "11:20"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWords:
    """What `demo` is told."""

    world: World = "tech"
    headless: Annotated[bool, typer.Option("--headless", help="Flat out, without a window.")] = False
    switch_at: Annotated[str, typer.Option(help="A clock time HH:MM of the exchange, auto, or never.")] = SWITCH_AT
    strategy: Annotated[str, typer.Option(help="What the order is switched to.")] = "PASSIVE"
    seed: Seed = None
    agent: Annotated[bool, typer.Option(help="With the one who sells ahead of our children.")] = True
    out: Annotated[Path, typer.Option(help="Folder for the tables and run.json.")] = Path("out") / "demo"
    journal: Annotated[Path | None, typer.Option(help="Keep what was applied, in a new file.")] = None
    board: Annotated[Path | None, typer.Option(help="Folder of a board to publish on.")] = None
    settings: SettingsFile = None
    runtime: Runtime = None
    come_from: Annotated[str | None, typer.Option("--from", help="kafka or kdb: the settings' sources.")] = None


@app.command()
@worded(DemoWords)
def demo(words: DemoWords) -> None:
    """Show a world on the desk; headless, run it flat out and print the scorecard of its order."""
    if words.come_from is not None:
        _live(words)
        return
    if not words.headless and has_screen():
        session = Session(
            world=words.world, seed=words.seed, agent=words.agent,
            settings=str((words.settings or BPS_PRESET).absolute()), speed=WORLD_SPEED,
        )  # fmt: skip
        open_window(RuntimeFolder(words.runtime or default_folder()), session)
    use_kernel_cache()
    from app.session import demo as flat_out  # noqa: PLC0415 - the engine, and with it Numba
    from app.session.simulation import SimulationRequest  # noqa: PLC0415

    run = SimulationRequest(
        settings=str(words.settings or BPS_PRESET),
        out=str(words.out),
        journal=_text(words.journal),
        board=_text(words.board),
    )
    request = flat_out.DemoRequest(
        world=words.world, seed=words.seed, agent=words.agent, switch_at=words.switch_at, strategy=words.strategy,
        run=run,
    )  # fmt: skip
    _say(flat_out.demo(request))
    typer.echo(f"written to    {words.out}")


def _live(words: DemoWords) -> None:
    """The sources of the settings: on a desk, or without one until the last of them has ended."""
    if words.come_from not in PRESETS:
        raise SettingsError(complaint("--from", "place", words.come_from, " or ".join(PRESETS)))
    settings = words.settings or PRESETS[words.come_from]
    if not words.headless and has_screen():
        session = Session(settings=str(settings.absolute()), live=True)
        open_window(RuntimeFolder(words.runtime or default_folder()), session)
    use_kernel_cache()
    from app.session.live_headless import run_live  # noqa: PLC0415 - the engine, and with it Numba
    from app.session.simulation import SimulationRequest  # noqa: PLC0415

    run = SimulationRequest(
        settings=str(settings), out=str(words.out), journal=_text(words.journal), board=_text(words.board)
    )
    result = run_live(run)
    if result is None:
        raise FeedError("the run was stopped on its way")
    typer.echo(f"rows in       {result.report.rows_in:,} ({result.report.rows_late:,} late)")
    typer.echo(f"set aside     {result.report.rows_quarantined:,}")
    for name in ("input_hash", "run_hash", "output_hash"):
        typer.echo(f"{name:<13} {getattr(result.report, name)}")
    typer.echo(f"written to    {words.out}")


@app.command()
def report(
    parent: Annotated[str, typer.Argument(help="The parent order's id.")],
    source: Annotated[Path, typer.Option("--from", help="Folder of a run: its tables and run.json.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = PAGE,
) -> None:
    """Write the scorecard of an order as one HTML page with charts."""
    from app.session import report as session  # noqa: PLC0415 - tables, for this command alone

    session.write_report(source, parent, out)
    typer.echo(f"written to    {out}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedWords:
    """What `paired` is told."""

    world: World = "tech"
    seeds: Annotated[int, typer.Option(min=2, help="Noise seeds, from 1 on: days whose price path is free.")] = 400
    processes: Annotated[int, typer.Option(min=1, max=8, help="How many of them run at once.")] = 2
    switch_at: Annotated[str, typer.Option(help="A clock time HH:MM of the exchange.")] = SWITCH_AT
    strategy: Annotated[str, typer.Option(help="What the order is switched to.")] = "PASSIVE"
    out: Annotated[Path | None, typer.Option(help="A file for the figures, read by the report.")] = None


@app.command()
@worded(PairedWords)
def paired(words: PairedWords) -> None:
    """Run a world over many noise seeds with and without its switch: what the switch truly saves, by cause."""
    use_kernel_cache()
    from app.session import paired as runs  # noqa: PLC0415 - the simulator, and with it Numba
    from app.session.paired_figures import write_figures  # noqa: PLC0415

    request = runs.PairedRequest(
        world=words.world, seeds=words.seeds, processes=words.processes, at=words.switch_at, strategy=words.strategy
    )
    figures = runs.figures_of(request, runs.days_of(request))
    typer.echo(f"{figures.words}")
    for name, part in figures.parts.items():
        interval = f"[{part.low:+.2f}, {part.high:+.2f}]"
        typer.echo(f"{name.replace('_', ' '):<21} {part.mean:+7.2f} bps  90 % {interval}  error {part.error:.2f}")
    if words.out is not None:
        write_figures(words.out, figures)
        typer.echo(f"written to    {words.out}")


def show_without_screen(world: str, seed: int | None, settings: Path | None) -> None:
    """Run a world's day with its switch; leave a picture of the desk after it and the report of its order."""
    typer.echo(f"no display here: the day is run to its end, its desk drawn into {PICTURE}, its report into {PAGE}")
    with tempfile.TemporaryDirectory(prefix="scorecard-") as folder:
        board, out = Path(folder) / "board", Path("out") / "demo"
        words = [sys.executable, "-m", "app", "demo", world, "--headless", "--board", str(board), "--out", str(out)]
        words += ["--seed", str(seed)] if seed is not None else []
        words += ["--settings", str(settings)] if settings is not None else []
        sys.stdout.flush()
        if subprocess.run(words, check=False).returncode != 0:  # it has said why
            raise FeedError("the day could not be run")
        from app.session import report as session  # noqa: PLC0415

        parent = session.parents(out)[0]
        session.write_report(out, parent, PAGE)
        typer.echo(f"written to    {PAGE}")
        from app import desk as window  # noqa: PLC0415 - Qt, where a picture is drawn

        window.snapshot(board, PICTURE, select=parent)
    typer.echo(f"drawn into    {PICTURE}")


_FIGURES: Final = (
    ("filled", "filled_qty", "{:,}"), ("of", "order_qty", "{:,}"), ("arrival mid", "arrival_mid", "{:,.4f}"),
    ("average price", "avg_px", "{:,.6f}"), ("shortfall", "is_bps", "{:+.4f} bps"),
    ("shortfall ex fees", "", "{:+.4f} bps"),
    ("slippage to arrival", "slip_arrival_bps", "{:+.4f} bps"), ("shortfall", "is_ccy", "{:+,.2f}"),
    ("spread", "spread_ccy", "{:+,.2f}"), ("drift", "drift_ccy", "{:+,.2f}"), ("fees", "fees_ccy", "{:+,.2f}"),
    ("participation", "participation", "{:.4f}"), ("level", "level", "{}"),
)  # fmt: skip
_EVIDENCE: Final = (
    ("evidence", "status", "{}"), ("because", "status_reason", "{}"), ("E", "e_value", "{:.3g}"),
    ("leak to date", "leak_bps", "{:+.2f} bps"), ("90 % from", "leak_lo_bps", "{:+.2f} bps"),
    ("90 % to", "leak_hi_bps", "{:+.2f} bps"), ("leak to date", "leak_ccy", "{:+,.2f}"),
    ("could have seen", "min_detectable_bps", "{:.2f} bps"),
)  # fmt: skip


def _without_fees(parent: dict[str, object]) -> float | None:
    """Shortfall less fees in bps of S x arrival; None where it is undefined."""
    bps, money, fees = (parent[name] for name in ("is_arrival_bps", "is_ccy", "fees_ccy"))
    if not isinstance(bps, float) or not isinstance(money, float) or not isinstance(fees, float) or money == 0:
        return None
    return bps * (money - fees) / money


def _say(run: "Demo") -> None:
    if run.note:
        typer.echo(f"note          {run.note}")
    typer.echo(f"order         {run.parent['parent_id']} {run.parent['side']} {run.parent['instrument']}")
    for title, name, form in _FIGURES:
        value = run.parent[name] if name else _without_fees(run.parent)
        typer.echo(f"{title:<21} {'undefined' if value is None else form.format(value)}")
    if run.parent["status"] is None:
        typer.echo(f"{'evidence':<21} not measured: [evidence] model of the settings names none")
    for title, name, form in _EVIDENCE if run.parent["status"] is not None else ():
        value = run.parent[name]
        typer.echo(f"{title:<21} {'undefined' if value is None else form.format(value)}")
    for sentence in run.switch:
        typer.echo(f"switch        {sentence}")
    for name in ("input_hash", "run_hash", "output_hash"):
        typer.echo(f"{name:<13} {getattr(run.result.report, name)}")


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
