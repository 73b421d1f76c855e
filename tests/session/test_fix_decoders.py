"""Own flow from raw FIX through whole sessions: the fast decoder and the reference decoder give one output hash."""

from pathlib import Path

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.universe import Universe
from app.feeds.fixtail import FixTail
from app.runtime.live_route import LiveRoute
from app.runtime.outputs import RunReport
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.settings_sources import FileSource
from tests.feeds.fix.story import tell
from tests.feeds.fix.wire import lines

LARGE = "FIX.4.2-KOD-BON.messages.current.log"  # of the shared recordings: busts, corrections, copies


def settings(folder: Path, decoder: str) -> Path:
    path = folder / f"{decoder}.toml"
    path.write_text(f'[fix]\ndecoder = "{decoder}"\n')
    return path


def replayed(log: Path, folder: Path, decoder: str, journal: Path | None = None) -> RunReport:
    given = str(settings(folder, decoder))
    found = replay(
        ReplayRequest(path=str(log), format="fixlog", settings=given, journal=None if journal is None else str(journal))
    )
    assert found is not None
    return found.report


def followed(log: Path, decoder: str, cut: int) -> tuple[int, str]:
    """Rows and output hash of a session that follows the log while it is written, `cut` bytes at a time."""
    data, growing, universe = log.read_bytes(), log.with_suffix(f".{decoder}"), Universe()
    growing.write_bytes(b"")
    feed = FixTail(
        "ems", FileSource(path=str(growing), role="orders", start="earliest"), universe, {"decoder": decoder}
    )
    route, engine, rows, last = LiveRoute([feed], 10_000, wait_s=0.0), Engine(universe, EngineConfig()), 0, 0
    route.open({})
    try:
        for at in range(0, len(data), cut):
            with growing.open("ab") as file:
                file.write(data[at : at + cut])
            while (block := route.take()) is not None:
                engine.apply(block)
                rows += len(block.orders)
                last = max([last, *(row.ts_event for row in block.orders)])
    finally:
        route.close()
    engine.finish(last)
    return rows, engine.output_hash()


@pytest.fixture
def seeded(tmp_path: Path) -> Path:
    """A log of orders, replacements, fills and busts."""
    path = tmp_path / "day.log"
    path.write_bytes(lines([entry for seed in (3, 11) for entry in tell(seed, "FIX.4.4")[0]]))
    return path


def test_that_a_replay_has_one_output_hash_by_both_decoders_and_from_its_journal(seeded: Path, tmp_path: Path) -> None:
    journal = tmp_path / "day.journal"
    fast, slow = replayed(seeded, tmp_path, "fast", journal), replayed(seeded, tmp_path, "reference")
    assert (fast.output_hash, fast.run_hash, fast.rows_in) == (slow.output_hash, slow.run_hash, slow.rows_in)
    again = replay(ReplayRequest(path=str(journal)))
    assert again is not None
    assert (again.report.output_hash, again.report.run_hash) == (fast.output_hash, fast.run_hash)


def test_that_a_log_that_is_followed_has_one_output_hash_by_both_decoders(seeded: Path) -> None:
    rows, fast = followed(seeded, "fast", 2_000)
    assert rows > 20
    assert followed(seeded, "reference", 977) == (rows, fast)


@pytest.mark.slow
def test_that_a_real_log_has_one_output_hash_by_both_decoders(shared_data: Path, tmp_path: Path) -> None:
    log = tmp_path / LARGE
    log.write_bytes((shared_data / "fix" / LARGE).read_bytes())
    fast, slow = replayed(log, tmp_path, "fast"), replayed(log, tmp_path, "reference")
    assert (fast.output_hash, fast.run_hash, fast.rows_in) == (slow.output_hash, slow.run_hash, slow.rows_in)
    assert fast.rows_in > 2_000
    assert followed(log, "fast", 1 << 16) == followed(log, "reference", 1 << 16)
