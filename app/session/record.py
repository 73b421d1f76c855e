"""`record`: a run without a screen whose rows and figures go into an archive."""

from pathlib import Path

import msgspec

from app.feeds.archive.place import is_archive
from app.feeds.simulator import open_world
from app.runtime.loop import RunResult
from app.runtime.pace import Pace
from app.session.live_headless import run_live
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.session.simulation import SimulationRequest, run_simulation


class RecordRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to record, and where: `path` is a recording or a world's name, None = the live sources of the settings."""

    archive: str
    path: str | None = None
    out: str | None = None
    format: str | None = None
    orders: str | None = None
    date: str | None = None
    seed: int | None = None
    agent: bool | None = None
    settings: str | None = None


def record_run(request: RecordRequest, pace: Pace | None = None) -> RunResult | None:
    """Run it to its end; None when `pace` was stopped on the way. Raises ScorecardError in words."""
    run = SimulationRequest(settings=request.settings, out=request.out, archive=request.archive)
    if request.path is None:
        return run_live(run, pace)
    if is_archive(request.path) or Path(request.path).exists():
        return replay(
            ReplayRequest(
                path=request.path, format=request.format, orders=request.orders, settings=request.settings,
                out=request.out, archive=request.archive, date=request.date,
            ),
            pace,
        )  # fmt: skip
    return run_simulation(run, open_world(request.path, request.seed, request.agent), None, pace)
