"""`record`: a run without a screen whose rows and figures go into an archive."""

from pathlib import Path

import msgspec

from app.feeds.archive.place import is_archive
from app.feeds.simulator import open_world
from app.runtime.loop import RunResult
from app.runtime.outputs import RunReport
from app.runtime.pace import Pace
from app.session.recorder import record_live
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
    runtime: str | None = None  # of live sources: where the recording is kept until it is archived


def record_run(request: RecordRequest, pace: Pace | None = None) -> RunReport | None:
    """Run it to its end; None when it was stopped on the way. Raises ScorecardError in words."""
    if request.path is None:
        return record_live(request.settings, request.archive, request.runtime, request.out)
    result = _recorded(request, request.path, pace)
    return None if result is None else result.report


def _recorded(request: RecordRequest, path: str, pace: Pace | None) -> RunResult | None:
    """A recording, an archive's day or a world, through an engine of this process."""
    if is_archive(path) or (Path(path).exists() and Path(path).suffix != ".toml"):  # which is a world's own file
        return replay(
            ReplayRequest(
                path=path, format=request.format, orders=request.orders, settings=request.settings,
                out=request.out, archive=request.archive, date=request.date,
            ),
            pace,
        )  # fmt: skip
    run = SimulationRequest(settings=request.settings, out=request.out, archive=request.archive)
    return run_simulation(run, open_world(path, request.seed, request.agent), None, pace)
