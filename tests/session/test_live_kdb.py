"""A day through a tickerplant: what the live run says is what the replay of the same day says."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.runtime.loop import RunResult
from app.session.live_headless import run_live
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.session.simulation import SimulationRequest
from app.settings import BPS_PRESET, RESOURCES
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.patience import eventually as until

pytestmark = pytest.mark.slow
DAY = RESOURCES / "sessions" / "day"


def settings(folder: Path, plant: Tickerplant, query: bool) -> Path:
    """Sources of a stand-in; reference data comes through a table too."""
    tables = "".join(
        f'[sources.{name}]\nkind = "kdb"\nrole = "{name}"\nport = {plant.port}\nstart = "earliest"\n'
        + (f'query = "{name}"\n' if query else "")
        + ('reference = "reference"\n' if name == "market" else "")
        for name in ("market", "orders")
    )
    path = folder / "kdb.toml"
    path.write_text(f'[level]\nmode = "bps"\n{tables}')
    return path


SENDER = """
import sys
from pathlib import Path
from app.engine.universe import Universe
from app.feeds import session
from app.feeds.base import Options
from app.feeds.kdb.sender import Sender
from app.runtime.route import Route
from app.settings import load_settings
from app.settings_sources import KdbSource
known, universe = load_settings(Path(sys.argv[1])), Universe()
tables = {name: source for name, source in known.sources.items() if isinstance(source, KdbSource)}
with session.open_recording(Path(sys.argv[2]), universe, Options()) as recording:
    sender = Sender(tables, universe)
    sender.reference()
    route = Route(recording.market, recording.orders, 4_096)
    while (block := route.take()) is not None:
        sender.publish(block)
sender.flush()
print("sent", flush=True)
sys.stdin.readline()
sender.end(0)
"""


def send(given: Path, before_the_end: Callable[[], object]) -> None:
    """The day into the tables of the settings; something happens before the tickerplant's day ends.

    By a process of its own, as firms do: KX's library keeps its memory by thread, and a live run has it in another.
    """
    words = [sys.executable, "-c", SENDER, str(given), str(DAY)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "sent\n"
        before_the_end()
        sender.communicate("end\n", timeout=120)
    assert sender.returncode == 0


@pytest.mark.parametrize(("query", "ahead"), [(True, True), (False, False)], ids=["by query live", "by log caught up"])
def test_that_a_day_through_a_tickerplant_ends_as_its_replay(tmp_path: Path, query: bool, ahead: bool) -> None:
    ends_as_its_replay(tmp_path, query, ahead)


def ends_as_its_replay(tmp_path: Path, query: bool, ahead: bool) -> None:
    """Send the shipped day, follow it; `ahead`: who follows is there first. `make prove-b` does the other pairs."""
    found: list[RunResult | None] = []
    with Tickerplant(schema_of(SCHEMA), None if query else tmp_path / "day.log") as plant:
        given = settings(tmp_path, plant, query)
        request = SimulationRequest(settings=str(given), out=str(tmp_path / "live"))
        live = threading.Thread(target=lambda: found.append(run_live(request)))
        if ahead:
            live.start()
            until(lambda: plant.subscribers == 2)

        def catch_up() -> None:
            if not ahead:
                live.start()
                until(lambda: plant.pieces == 2 if query else plant.subscribers == 2)

        send(given, catch_up)
        live.join()
    replayed = replay(ReplayRequest(path=str(DAY), settings=str(BPS_PRESET), out=str(tmp_path / "replay")))
    assert found[0] is not None
    assert replayed is not None
    assert found[0].report.rows_quarantined == 0
    assert found[0].report.output_hash == replayed.report.output_hash
    assert found[0].report.input_hash == replayed.report.input_hash
