"""A world's day through the firm's plumbing: sent by one process, recorded live by another, and what came of it."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.feeds.simulator import open_world
from app.feeds.simulator.world import WORLDS
from app.runtime.outputs import RunReport
from app.session.live_headless import run_live
from app.session.publish import PublishRequest, publish
from app.session.replay import export, replay
from app.session.request import ReplayRequest
from app.session.simulation import SimulationRequest, run_simulation
from app.settings import BPS_PRESET
from scripts.kafka import Broker
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.feeds.kafka.wire import topic_name
from tests.parts.kafka import write_settings
from tests.parts.kdb_day import TABLES, settings_of
from tests.parts.recording import PATIENCE_S, ROOT, Recorded
from tests.patience import eventually

DAY_S: Final = 1_200.0  # for 800,000 rows, however busy the machine is
CUT: Final = f"""
extends = "{WORLDS / "tech"}"
close = "09:34:00"
news = []
[parent]
qty = 4_000
end = "09:34:00"
[agent]
since = "09:31:00"
[noise]
pins = []
[listing]
adv = 102_564.0
[volume]
opening = 2_000
closing = 3_000
"""


def cut_of_tech(folder: Path) -> Path:
    """The first minutes of the TECH day, with its agent: a world in a file."""
    path = folder / "cut.toml"
    path.write_text(CUT)
    return path


def in_process(world: str) -> RunReport:
    """The day in this process: no plumbing at all."""
    result = run_simulation(SimulationRequest(settings=str(BPS_PRESET)), open_world(world))
    assert result is not None
    return result.report


def through_kafka(world: str, broker: Broker, work: Path) -> tuple[RunReport, Recorded]:
    """One topic of packed blocks on a real broker, recorded while it is sent."""
    source = {topic_name(): {"role": "both", "start": "earliest"}}
    settings = write_settings(work / "kafka.toml", {"brokers": broker.address, "group": topic_name("group")}, source)
    publish(PublishRequest(world=world, settings=str(settings)))
    recorded = Recorded(work, settings)
    try:
        return recorded.report(DAY_S), recorded
    finally:
        recorded.close()


def through_kdb(world: str, work: Path, *, query: bool = False) -> tuple[RunReport, Recorded]:
    """Tables of a stand-in tickerplant, recorded while they are written at full speed."""
    with Tickerplant(schema_of(SCHEMA), None if query else work / "day.log") as plant:
        settings = settings_of(work, plant, query)
        recorded = Recorded(work, settings)
        try:
            recorded.until(lambda: plant.subscribers == len(TABLES))
            with _publishing(world, settings):
                return recorded.report(DAY_S), recorded
        finally:
            recorded.close()


def lived_through_kdb(world: str, work: Path) -> RunReport:
    """The same without an archive, in this process."""
    with Tickerplant(schema_of(SCHEMA), work / "day.log") as plant:
        settings = settings_of(work, plant, query=False)
        with ThreadPoolExecutor(1) as pool:
            live = pool.submit(run_live, SimulationRequest(settings=str(settings)))
            eventually(lambda: live.done() or plant.subscribers == len(TABLES), PATIENCE_S)
            with _publishing(world, settings):
                result = live.result(DAY_S)
    assert result is not None
    return result.report


@contextmanager
def _publishing(world: str, settings: Path) -> Iterator[None]:
    """By a process of its own, as firms do: KX's library keeps its memory by thread."""
    words = [sys.executable, "-m", "app", "publish", world, "--to", "kdb", "--settings", str(settings)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as sender:
        try:
            yield
            said, _ = sender.communicate(timeout=DAY_S)
            assert sender.returncode == 0, said
        finally:
            sender.kill()


def judge_day(plain: RunReport, report: RunReport, recorded: Recorded, work: Path) -> None:
    """What was recorded is what was sent, and so are the archive's replay and that of the folder exported from it."""
    address, folder = f"archive://{recorded.archive}", work / "exported"
    export(ReplayRequest(path=address, out=str(folder), date="all"))
    found = {"recorded": report, "archive": _replayed(address, "all"), "export": _replayed(str(folder), None)}
    wanted = (plain.output_hash, plain.input_hash, plain.rows_in, 0)
    for name, of in found.items():
        assert (of.output_hash, of.input_hash, of.rows_in, of.rows_quarantined) == wanted, name


def _replayed(path: str, date: str | None) -> RunReport:
    result = replay(ReplayRequest(path=path, date=date, settings=str(BPS_PRESET)))
    assert result is not None
    return result.report
