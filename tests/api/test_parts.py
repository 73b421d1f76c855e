"""The small parts: buckets, counters, reasons, the trail on disk, rows of the board as they change."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api import figures
from app.api.metrics import Metrics
from app.api.rates import MOST, Rates
from app.api.trail import AuditTrail, ViewLog
from app.api.view import BoardView, Place
from app.board import blank
from app.entitlements import Grants
from tests.api.made import MadeBoard, MadeControl

CHIEF = Grants("chief", everything=True)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_that_no_caller_ever_gets_more_than_burst_and_rate(pauses: list[float]) -> None:
    rates, now, taken = Rates(2.0, 5.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += rates.take("a", now) == 0.0
    assert taken <= 5 + 2.0 * now + 1e-6


def test_that_the_wait_told_is_the_wait_needed() -> None:
    rates = Rates(2.0, 1.0)
    assert rates.take("a", 0.0) == 0.0
    wait = rates.take("a", 0.0)
    assert wait == pytest.approx(0.5)
    assert rates.take("a", wait + 1e-9) == 0.0
    assert rates.take("b", 0.0) == 0.0


def test_that_callers_who_were_quiet_are_forgotten_not_kept_for_ever() -> None:
    rates = Rates(1.0, 1.0)
    for k in range(MOST + 10):
        rates.take(str(k), 0.0)
    assert len(rates._levels) == MOST


def test_that_a_histogram_adds_up() -> None:
    metrics = Metrics()
    for seconds in (0.0001, 0.002, 7.0):
        metrics.took(("GET", '/v1/"x"'), 200, seconds)
    text = metrics.text({"age": (1.5, "Age")})
    assert 'request_seconds_bucket{method="GET",route="/v1/\\"x\\"",le="0.0005"} 1' in text
    assert 'le="+Inf"} 3' in text
    assert "request_seconds_sum" in text
    assert "scorecard_api_age 1.5" in text


def test_that_every_column_has_a_unit_and_a_reason() -> None:
    row = dict.fromkeys(figures.COLUMNS)
    for name in figures.FIGURES:
        told = figures.figure(name, row, "good")
        assert told["value"] is None
        assert told["reason"]
        assert told["unit"]
        assert told["quality"]


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("slip_arrival_bps", {"arrival_basis": "auction"}, "no arrival mid (auction)"),
        ("slip_arrival_bps", {"arrival_mid": 1.0}, "no fill yet"), ("markout_1s_bps", {}, "no fill yet"),
        ("markout_1s_bps", {"filled_qty": 5}, "no fill whose horizon has passed with a defined mid"),
        ("p_complete", {"p_complete_why": "too few"}, "too few"), ("level", {"level_reason": "no z"}, "no z"),
        ("e_value", {"status_reason": "no model"}, "no model"), ("end_ts", {}, "the order is not over"),
    ],
)  # fmt: skip
def test_that_a_reason_is_the_engines_or_read_off_the_facts(name: str, row: dict[str, object], said: str) -> None:
    assert figures.reason(name, row) == said


# -- the view ---------------------------------------------------------------------------------------------------------


def _news(view: BoardView, place: Place) -> list[int]:
    found: list[int] = view.since(place).parents.tolist()
    return found


def test_that_a_view_follows_the_board_row_by_row(tmp_path: Path) -> None:
    board = MadeBoard(tmp_path)
    view = BoardView(tmp_path)
    assert view.look()
    first = view.place
    assert not view.look()
    board.parent(2, filled_qty=99)
    board.parent(700)
    board.beat()
    assert view.look()
    assert _news(view, first) == [2, 700]
    assert view.parent(2)["filled_qty"] == 99
    assert view.rows["P700"] == 700
    assert view.since(view.place).parents.tolist() == []
    board.close()


def test_that_a_row_that_gets_another_id_is_found_under_that_alone(tmp_path: Path) -> None:
    board = MadeBoard(tmp_path)
    view = BoardView(tmp_path)
    view.look()
    board.parent(1, parent_id="other")
    board.beat()
    view.look()
    assert (view.row("other", CHIEF), view.row("P1", CHIEF)) == (1, None)
    board.close()


def test_that_a_fill_that_moves_to_another_parent_moves_here_too(tmp_path: Path) -> None:
    board = MadeBoard(tmp_path)
    view = BoardView(tmp_path)
    view.look()
    board.member("fills", 0, 3)
    board.beat()
    view.look()
    assert (view.inside("fills", 0), view.inside("fills", 3)) == ([1], [6, 7, 0])
    board.close()


def test_that_a_view_that_missed_changes_reads_everything_again(tmp_path: Path) -> None:
    board = MadeBoard(tmp_path)
    view = BoardView(tmp_path)
    view.look()
    before = view.place
    apart = np.arange(0, 2 * 33_000, 2)  # every row a change of its own: more than the ring keeps
    for _ in range(2):
        board.writer.put("sources", apart, blank("sources", len(apart)))
        board.beat()
    board.parent(0, filled_qty=77)
    board.beat()
    assert view.look()
    assert view.since(before).missed
    assert view.parent(0)["filled_qty"] == 77
    board.close()


def test_that_no_board_a_closed_one_and_a_dead_writer_are_said(tmp_path: Path) -> None:
    view = BoardView(tmp_path / "none")
    assert not view.look()
    assert "no board here yet" in view.fault
    board = MadeBoard(tmp_path / "board")
    view = BoardView(tmp_path / "board")
    view.look()
    assert view.fault == ""
    view._beats = (view._beats[0], -(10**10))
    view.look()
    assert "silent" in view.fault
    board.close()
    view.look()
    assert (view.fault, view.facts()["closed"]) == ("", True)


def test_that_rows_are_chosen_by_grants_and_words_together(tmp_path: Path) -> None:
    board = MadeBoard(tmp_path)
    view = BoardView(tmp_path)
    view.look()
    assert view.visible(Grants("x", desks=frozenset({"cash"}))) == [0, 2]
    assert view.visible(Grants("x", books=frozenset({"ACC-1"}))) == [1]
    assert view.visible(Grants("tom", own=True)) == [0, 1, 2, 3]
    assert view.visible(Grants("ann", own=True)) == []
    assert view.visible(CHIEF, {"desk": "swaps", "side": "BUY"}) == []
    for grants in (Grants("x", desks=frozenset({"cash"})), Grants("tom", own=True), CHIEF):
        assert view.visible(grants) == [row for row in range(4) if view.sees(grants, row)]
    board.close()


# -- the trail --------------------------------------------------------------------------------------------------------


def test_that_entries_that_waited_on_disk_are_written_by_the_next_process(tmp_path: Path) -> None:
    away, here = MadeControl(), MadeControl()
    away.away = "control: not running"
    first = AuditTrail(away, tmp_path / "spool")
    for n in range(3):
        first.add({"request": str(n)})
    asyncio.run(first.flush())
    assert first.unwritten
    (tmp_path / "spool").write_bytes((tmp_path / "spool").read_bytes() + b'{"torn')
    second = AuditTrail(here, tmp_path / "spool")
    second.add({"request": "3"})
    asyncio.run(second.flush())
    assert [entry["request"] for entry in here.entries] == ["0", "1", "2", "3"]
    assert not (tmp_path / "spool").exists()


def test_that_the_view_log_counts_within_its_window(tmp_path: Path) -> None:
    now = [0.0]
    log = ViewLog(tmp_path / "views", lambda: now[0])
    for _ in range(5):
        log.note("alice", "t1", "GET /v1/parents/P0")
    now[0] = 61.0
    log.sweep()
    log.note("alice", "t1", "GET /v1/parents/P0")
    log.close()
    log.close()
    times = [json.loads(line)["times"] for line in (tmp_path / "views").read_text().splitlines()]
    assert times == [1, 5, 1]


def test_that_the_process_of_the_api_never_loads_numba_nor_qt() -> None:
    code = (
        "import sys; import app.session.api_worker, app.api.service;"
        "print([name for name in ('numba', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
