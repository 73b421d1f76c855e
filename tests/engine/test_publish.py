"""What goes on the board: rows of every section, and only of what changed."""

from typing import Any

import pytest

from app.engine import layout, publish
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, Control, OrderRow
from app.engine.units import HORIZON_NS
from app.engine.universe import Universe
from app.feeds.generator.hand import Sheet, order_row
from tests.engine.days import MS, T0, Memory, S, day, in_time, last_ts
from tests.engine.evidence.made import model, own_day
from tests.session.play import keyed

DAY = day()


def ran(sheet: Sheet, size: int = 8, every: bool = True) -> tuple[Engine, Memory]:
    """The sheet in blocks, published after each of them, or only at the end of data."""
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    for block in in_time(sheet, engine.universe, size):
        engine.apply(block)
        if every:
            engine.publish(board)
    engine.finish(last_ts(sheet))
    engine.publish(board)
    return engine, board


def by(board: Memory, section: str, *key: str) -> dict[Any, dict[str, Any]]:
    """Rows of a section that are not blank, by key."""
    rows = [row for row in board.table(section) if row[key[-1]] is not None]
    return {row[key[0]] if len(key) == 1 else tuple(row[k] for k in key): row for row in rows}


def agrees(row: dict[str, Any], line: dict[str, Any]) -> list[str]:
    """Columns in which a board row differs from the line of the table."""
    wrong = []
    for name, value in line.items():
        got = row[name]
        if isinstance(value, bool):
            got = bool(got)
        elif value is None and got == -1 and name in ("own_print", "in_fdr_set", "recon_break"):
            got = None
        if got != value:
            wrong.append(f"{name}: {value!r} is on the board as {got!r}")
    return wrong


@pytest.mark.parametrize("every", [True, False])
def test_that_in_the_end_the_board_shows_the_tables(every: bool) -> None:
    engine, board = ran(DAY, 4, every)
    tables = engine.tables()
    for section, key in (
        ("parents", ("parent_id",)),
        ("fills", ("parent_id", "fill_id")),
        ("children", ("parent_id", "child_id")),
    ):
        lines, rows = keyed(tables[section], *key), by(board, section, *key)
        assert set(rows) == set(lines)
        for name, line in lines.items():
            assert agrees(rows[name], line) == [], name
    assert board.beats[-1] == last_ts(DAY)


def test_that_rows_point_at_their_parent_and_name_their_instrument() -> None:
    _, board = ran(DAY)
    number = {row["parent_id"]: n for n, row in enumerate(board.table("parents"))}
    for section in ("fills", "children"):
        for row in board.table(section):
            assert (row["parent_row"], row["instrument"]) == (number[row["parent_id"]], "INST")
    assert by(board, "children", "child_id")["C1"]["side"] == "BUY"


def test_that_only_parents_with_news_or_alive_are_written_again() -> None:
    engine, board = Engine(DAY.universe(), EngineConfig()), Memory()
    for block in in_time(DAY, engine.universe, 8):
        engine.apply(block)
    engine.publish(board)
    number = {row["parent_id"]: n for n, row in enumerate(board.table("parents"))}
    # P2 was filled at 13 s, P1 done at 14 s: each is looked at until its last horizon has been seen to pass
    last = HORIZON_NS[-1]
    for passed, first, again in (
        (13 * S + last, "12u", "12u"),
        (13 * S + last + 1, "12u", "1u"),
        (14 * S + last, "1u", "1u"),
        (14 * S + last + 1, "1u", "u"),
        (500 * S, "u", "u"),
    ):
        engine.apply(Block(T0 + passed))
        for expected in (first, again):
            board.fresh()
            engine.publish(board)
            names = {"1": "P1", "2": "P2", "u": "unassigned"}
            assert set(board.fresh()["parents"]) == {number[names[letter]] for letter in expected}, passed
    engine.apply(
        Block(T0 + 500 * S, orders=(order_row(DAY.order(14 * S, "parent_amended", parent_id="P2", trader="x")),))
    )
    DAY.orders.pop()
    engine.publish(board)
    assert sorted(board.fresh()["parents"]) == sorted([number["unassigned"], number["P2"]])
    assert board.said("parents", number["P2"])["trader"] == "x"


def test_that_a_horizon_that_opens_after_the_end_of_its_order_reaches_the_board() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    sheet.quote(2 * S, "100.10", "100.12")
    sheet.parent(S, "BUY", 100)
    sheet.fill(S, 100, "100.02")
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    for block in in_time(sheet, engine.universe, 1):
        engine.apply(block)
        engine.publish(board)
    assert board.said("parents", 0)["state"] == "filled"
    assert board.said("fills", 0)["markout_5m_bps"] is None
    engine.apply(Block(T0 + S + HORIZON_NS[-1] + 1))
    engine.publish(board)
    markout = board.said("fills", 0)["markout_5m_bps"]
    assert markout == board.said("parents", 0)["markout_5m_bps"]
    assert markout == pytest.approx(0.09 / 100.02 * 1e4)


def test_that_many_live_parents_take_turns_and_all_are_shown_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "ROUND", 2)
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    for n in range(5):
        sheet.parent(S, "BUY", 100, f"P{n}")
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    (block,) = in_time(sheet, engine.universe, 9)
    engine.apply(block)
    turns = []
    for _ in range(5):
        engine.publish(board)
        turns.append(board.fresh().get("parents", []))
    assert turns == [[0, 1, 2, 3, 4], [0, 1], [2, 3], [4], [0, 1]]
    engine.finish(last_ts(sheet))
    for expected in ([0, 1, 2, 3, 4], []):
        engine.publish(board)
        assert board.fresh().get("parents", []) == expected


def test_that_events_are_written_once_in_order_of_arrival() -> None:
    engine, board = Engine(DAY.universe(), EngineConfig()), Memory()
    for block in in_time(DAY, engine.universe, 8):
        engine.apply(block)
        engine.publish(board)
        engine.publish(board)
    kinds = [row["kind"] for row in board.table("events")]
    assert kinds == [fact.row.kind for fact in engine.state.flow.facts]
    assert sorted(board.fresh()["events"]) == list(range(len(kinds)))
    events = board.table("events")
    number = {row["parent_id"]: n for n, row in enumerate(board.table("parents"))}
    first = events[kinds.index("parent_new")]
    assert first == {
        "ts": T0, "px": 100.1, "qty": 300, "parent_row": number["P1"], "kind": "parent_new", "liquidity": None,
        "id": None, "source": "oms", "seq": engine.state.flow.facts[kinds.index("parent_new")].row.seq,
        "child": None, "algo_order": None, "algo": None, "instrument": "INST", "text": None,
    }  # fmt: skip
    fill = next(row for row in events if row["id"] == "G1")
    assert (fill["px"], fill["qty"], fill["parent_row"]) == (100.01, 100, number["P2"])
    acked = events[kinds.index("child_acked")]
    assert (acked["px"], acked["qty"], acked["id"], acked["child"]) == (None, 0, "C1", "C1")


def test_that_an_event_names_its_message_its_chain_and_its_algo_order() -> None:
    engine, board = ran(DAY)
    facts = engine.state.flow.facts
    for row, fact in zip(board.table("events"), facts, strict=True):
        assert (row["source"], row["seq"]) == (fact.row.source, fact.row.seq)
        chain = fact.chain
        assert row["child"] == (chain.child_id if chain else fact.row.child_id)
        expected = fact.row.algo_order_id or (chain.algo_order_id if chain else None)
        assert row["algo_order"] == expected
        assert row["instrument"] == (fact.row.instrument or (chain.instrument if chain else None))
    assert any(row["child"] for row in board.table("events"))


def test_that_what_a_parent_is_about_stands_beside_its_figures() -> None:
    sheet = Sheet()
    sheet.reference(currency="USD", adv=1e6)
    sheet.quote(0, "100.00", "100.02")
    sheet.trade(2 * S, "100.01", 400)
    sheet.quote(5 * S, "100.10", "100.12")
    told = {"desk": "D", "broker": "B", "basket_id": "K", "order_type": "limit", "text": "note", "limit": "100.05"}
    plan: dict[str, Any] = {"start_ns": T0 + S, "end_ns": T0 + 9 * S}
    sheet.parent(S, "BUY", 400, **told, **plan)
    sheet.fill(3 * S, 100, "100.02")
    sheet.parent(S, "SELL", 400, "P2", target_pov=0.25)
    sheet.parent(S, "BUY", None, "P3")  # type: ignore[arg-type]
    sheet.order(S, "parent_new", parent_id="P4", instrument="INST", qty=5)
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    for block in in_time(sheet, engine.universe, 9):
        engine.apply(block)
    engine.publish(board)
    rows = by(board, "parents", "parent_id")
    one = rows["P1"]
    assert {name: one[name] for name in ("desk", "broker", "basket_id", "order_type", "text", "state")} == {
        "desk": "D", "broker": "B", "basket_id": "K", "order_type": "limit", "text": "note", "state": "live",
    }  # fmt: skip
    assert (one["start_ns"], one["end_ns"], one["limit_px"]) == (T0 + S, T0 + 9 * S, 100.05)
    assert (one["mid"], one["done_pct"], one["remaining_ccy"]) == (100.11, 25.0, pytest.approx(300 * 100.11))
    # now is 5 s: half of the straight line
    assert (one["planned_pct"], one["last_ts"], one["level_since"]) == (50.0, T0 + 3 * S, T0 + 5 * S)
    assert one["limit_state"] is not None
    assert one["expected_unfilled"] is not None
    assert one["expected_finish_ns"] is not None
    two = rows["P2"]
    assert (two["target_pov"], two["start_ns"], two["limit_px"], two["done_pct"]) == (0.25, None, None, 0.0)
    assert two["planned_pct"] == 25.0  # a quarter of 400 printed
    assert (rows["P3"]["mid"], rows["P3"]["done_pct"], rows["P3"]["planned_pct"]) == (100.11, None, None)
    assert (rows["P4"]["mid"], rows["P4"]["limit_state"], rows["P4"]["state"]) == (None, None, "live")


def test_that_a_level_is_dated_by_the_publication_that_first_showed_it() -> None:
    sheet = Sheet()
    sheet.reference(currency="USD", adv=1e6, daily_sigma=0.02)
    sheet.quote(0, "100.00", "100.02")
    sheet.parent(S, "BUY", 400)
    sheet.fill(4 * S, 100, "101.00")
    for second in (2, 3, 6, 7):
        sheet.quote(second * S, "100.00", f"100.0{second}")
    engine, board = Engine(sheet.universe(), EngineConfig(level_mode="bps")), Memory()
    seen = []
    for block in in_time(sheet, engine.universe, 1):
        engine.apply(block)
        engine.publish(board)
        now = (engine.state.last_ts - T0) // S
        seen += [(now, row["level"], ((row["level_since"] or 0) - T0) // S) for row in board.table("parents")]
    assert seen == [(1, "N/A", 1), (2, "N/A", 1), (4, "RED", 4), (6, "RED", 4), (7, "RED", 4)]
    sheet.done(9 * S)
    engine.finish(T0 + 9 * S)
    engine.publish(board)
    assert board.said("parents", 0)["level_since"] == T0 + 4 * S


def test_that_a_parent_is_looked_at_closer_once_a_second_of_its_time_and_when_data_has_ended() -> None:
    sheet = Sheet()
    sheet.quote(-S, "100.00", "100.02")
    sheet.parent(0, "BUY", 400)
    names = {"parent_id": "P1", "child_id": "C1"}
    sheet.order(MS, "child_new", **names, instrument="INST", side="BUY", qty=200, price="100.00")
    for n in range(1, 30):
        sheet.quote(n * 100 * MS, "100.00", f"100.0{2 + n % 5}")
    sheet.fill(2_250 * MS, 50, "100.00", child_id="C1", liquidity="A")
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    looked = []
    for block in in_time(sheet, engine.universe, 1):
        engine.apply(block)
        engine.publish(board)
        fresh = board.fresh()
        assert fresh.get("worked") == fresh.get("reactions")
        if "worked" in fresh:
            looked.append((engine.state.last_ts - T0) // (100 * MS))
    assert looked == [0, 11, 21]  # the parent is there at 1 ms
    assert board.said("parents", 0)["n_fills"] == 1
    engine.finish(T0 + 9 * S)
    engine.publish(board)
    (row,) = board.table("worked")
    assert row["parent_row"] == 0
    assert row["value"][layout.WORKED.index("filled_5s")][0] == board.said("parents", 0)["fill_probability"] == 0.25
    (row,) = board.table("reactions")
    assert dict(zip(layout.EVENT_CLASSES, row["events"], strict=True))["passive"] == 1


def test_that_an_order_that_ended_expects_no_finish_and_its_plan_stops_with_it() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    sheet.quote(20 * S, "100.00", "100.02")
    sheet.parent(S, "BUY", 400, start_ns=T0 + S, end_ns=T0 + 9 * S)
    sheet.fill(2 * S, 100, "100.02")
    sheet.fill(3 * S, 100, "100.02", "F2")
    sheet.order(4 * S, "bust", parent_id="P1", ref_exec_id="F2", exec_id="B")
    sheet.done(5 * S)
    _, board = ran(sheet)
    row = board.said("parents", 0)
    assert (row["state"], row["expected_finish_ns"], row["planned_pct"], row["done_pct"]) == ("done", None, 50.0, 25.0)


def test_that_a_parent_without_a_market_shows_no_money() -> None:
    sheet = Sheet()
    sheet.trade(0, "100.00", 5)
    sheet.parent(S, "BUY", 400)
    _, board = ran(sheet)
    row = board.said("parents", 0)
    assert (row["mid"], row["remaining_ccy"], row["done_pct"]) == (None, None, 0.0)
    (instrument,) = board.table("instruments")
    assert (instrument["bid"], instrument["mid"], instrument["wmid"], instrument["wmid_ex_own"]) == (None,) * 4
    assert (instrument["volume"], instrument["vwap"]) == (5, 100.0)


def test_that_instruments_show_the_market_of_now_with_and_without_our_own_orders() -> None:
    sheet = Sheet()
    sheet.reference(currency="USD", daily_sigma=0.02)
    sheet.quote(0, "100.00", "100.02", sizes=(300, 100))
    sheet.quote(0, "100.00", "100.02", sizes=(100, 100), venue="XTWO")
    names = {"parent_id": "P1", "child_id": "C1"}
    sheet.parent(S, "BUY", 400)
    sheet.order(S, "child_new", **names, instrument="INST", side="BUY", qty=200, price="100.00")
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    for block in in_time(sheet, engine.universe, 9):
        engine.apply(block)
    engine.publish(board)
    (row,) = board.table("instruments")
    assert (row["instrument"], row["currency"], row["quality"], row["n_venues"], row["ts"]) == (
        "INST", "USD", "good", 2, T0,
    )  # fmt: skip
    assert (row["bid"], row["ask"], row["bid_size"], row["ask_size"], row["mid"]) == (100.0, 100.02, 400, 200, 100.01)
    assert row["wmid"] == row["wmid_ex_own"]  # sent, not yet acked
    assert row["wmid"] == pytest.approx(100 + 0.02 * 400 / 600)
    assert (row["volume"], row["vwap"]) == (0, None)
    assert row["sigma_day"] == pytest.approx(0.02)
    engine.apply(Block(T0 + 3 * S, orders=(order_row(sheet.order(2 * S, "child_acked", **names)),)))
    engine.publish(board)
    assert board.table("instruments")[0]["wmid_ex_own"] == pytest.approx(100.01)  # 200 against 200
    fill = order_row(sheet.fill(3 * S, 50, "100.00", child_id="C1", liquidity="A"))
    engine.apply(Block(T0 + 4 * S, orders=(fill,)))
    engine.publish(board)
    assert board.table("instruments")[0]["wmid_ex_own"] == pytest.approx(100 + 0.02 * 250 / 450)
    engine.apply(Block(T0 + 5 * S, orders=(order_row(sheet.order(4 * S, "child_cancelled", **names)),)))
    engine.publish(board)
    (row,) = board.table("instruments")
    assert row["wmid_ex_own"] == row["wmid"]


def test_that_the_trace_is_appended_once_and_thinned_to_a_point_per_step() -> None:
    sheet = Sheet()
    for n, (t, bid) in enumerate([(0, 0), (1 * MS, 2), (9 * MS, 4), (10 * MS, 6), (35 * MS, 8), (36 * MS, None)]):
        sheet.quote(t, None if bid is None else f"100.0{bid}", f"100.1{n}")
        sheet.trade(t, "100.05", 10)
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    engine.publish(board)
    for block in in_time(sheet, engine.universe, 99):
        engine.apply(block)
    engine.publish(board)
    engine.publish(board)
    expected = [(9, 100.08, 30), (10, 100.095, 40), (36, None, 60)]  # a one-sided touch has no mid
    points = [((row["ts"] - T0) // MS, row["mid"], row["volume"]) for row in board.table("trace")]
    assert points == expected
    assert {row["instrument"] for row in board.table("trace")} == {0}
    more = Sheet(_seq=sheet._seq)
    more.quote(50 * MS, "100.02", "100.04")
    engine.apply(Block(T0 + S, more.market_rows(engine.universe)))
    engine.publish(board)
    points = [((row["ts"] - T0) // MS, row["mid"], row["volume"]) for row in board.table("trace")]
    assert points == [*expected, (50, 100.03, 60)]


def test_that_a_path_taken_in_time_has_no_hole_when_the_ring_turns_over() -> None:
    sheet = Sheet()
    for n in range(400):
        sheet.quote(n * S, f"100.{n % 50:02d}", "101.00")
    config = EngineConfig(ring_ns=10 * S, ring_rows=16)
    late, punctual = Memory(), Memory()
    for board in (late, punctual):
        engine = Engine(sheet.universe(), config)
        for block in in_time(sheet, engine.universe, 4):
            engine.apply(block)
            if board is punctual:
                engine.path(board)
        engine.publish(board)
    seconds = [(row["ts"] - T0) // S for row in punctual.table("trace")]
    assert seconds == list(range(400))
    assert len(late.table("trace")) < 400, "the ring of this test does turn over"


def test_that_sources_show_their_state_their_last_time_and_their_rows() -> None:
    engine, board = Engine(DAY.universe(), EngineConfig()), Memory()
    for block in in_time(DAY, engine.universe, 8):
        engine.apply(block)
    engine.universe.sources.index("silent")
    engine.apply(Block(T0 + 60 * S, controls=(Control(ts_event=T0, kind="down", source="silent"),)))
    engine.publish(board)
    assert board.table("sources") == [
        {"source": "feed-XONE", "state": "up", "last_ts": last_ts(DAY), "rows": 30, "late": 0, "gaps": 0, "lag_ns": 0},
        {"source": "silent", "state": "down", "last_ts": None, "rows": 0, "late": 0, "gaps": 0, "lag_ns": 0},
    ]


def test_that_an_engine_told_nothing_publishes_nothing_but_its_pulse() -> None:
    board = Memory()
    Engine(Universe(), EngineConfig()).publish(board)
    assert all(board.length(section) == 0 for section in board.rows)
    assert len(board.beats) == 1


def row(t: int, kind: str, **columns: Any) -> OrderRow:
    told: dict[str, Any] = {"ts_event": T0 + t, "kind": kind, "source": "oms", "seq": t} | columns
    return OrderRow(**told)


def published(*steps: tuple[OrderRow, ...]) -> Memory:
    """Rows without a market, published after each step."""
    engine, board = Engine(Universe(), EngineConfig()), Memory()
    for rows in steps:
        engine.apply(Block(T0, orders=rows))
        engine.publish(board)
    return board


FILL: dict[str, Any] = {"qty": 10, "price": 100 * S, "side": "BUY", "ts_match": T0}


def test_that_a_bucket_that_was_emptied_is_shown_empty() -> None:
    fill = row(2, "fill", child_id="C1", exec_id="F1", **FILL)
    board = published((fill,), (row(1, "child_new", child_id="C1", parent_id="P1", instrument="I"),))
    rows = by(board, "parents", "parent_id")
    assert (rows["unassigned"]["n_fills"], rows["unassigned"]["filled_qty"]) == (0, 0)
    assert (rows["P1"]["n_fills"], rows["P1"]["filled_qty"]) == (1, 10)
    (shown,) = board.table("fills")
    assert (shown["parent_id"], board.said("parents", shown["parent_row"])["parent_id"]) == ("P1", "P1")
    assert board.said("events", 0)["parent_row"] == 0


def test_that_a_fill_that_turns_out_a_copy_leaves_the_board() -> None:
    copy, first = (row(t, "fill", parent_id="P1", exec_id="F1", **FILL) for t in (2, 1))
    board = published((copy,), (first,))
    blank, shown = board.table("fills")
    assert (blank["fill_id"], blank["parent_row"], blank["qty"], blank["px"]) == (None, -1, None, None)
    assert (shown["fill_id"], shown["ts_event"]) == ("F1", T0 + 1)


def test_that_a_child_that_turns_out_part_of_another_leaves_the_board_with_its_open_quantity() -> None:
    told: dict[str, Any] = {"parent_id": "P1", "instrument": "I", "side": "BUY", "qty": 10, "price": 100 * S}
    rows = [
        row(n, kind, child_id=child, **told)
        for n, child in enumerate(("C1", "C2"))
        for kind in ("child_new", "child_acked")
    ]
    engine, board = Engine(Universe(), EngineConfig()), Memory()
    engine.apply(Block(T0, orders=tuple(rows)))
    engine.publish(board)
    assert len(engine._publisher.own[0]) == 2
    engine.apply(Block(T0, orders=(row(9, "child_replaced", child_id="C1", orig_child_id="C2", qty=10),)))
    engine.publish(board)
    one, two = board.table("children")
    assert [one["child_id"], two["child_id"]] == ["C1", None]
    assert (two["parent_row"], two["qty"]) == (-1, None)
    assert len(engine._publisher.own[0]) == 1


def test_that_a_child_of_unknown_instrument_is_shown_without_one() -> None:
    board = published((row(1, "child_new", child_id="C1", qty=5, price=1, side="SELL"),))
    (child,) = board.table("children")
    assert (child["instrument"], child["side"], child["parent_id"]) == (None, "SELL", "unassigned")


def test_that_the_light_of_an_order_and_the_causes_of_a_whole_day_reach_the_board() -> None:
    sheet = own_day()
    engine, board = Engine(sheet.universe(), EngineConfig(evidence=model())), Memory()
    for block in in_time(sheet, engine.universe, 64):
        engine.apply(block)
    engine.publish(board)
    assert board.length("attribution") == 0
    engine.finish(last_ts(sheet))
    engine.publish(board)
    line = keyed(engine.tables()["parents"], "parent_id")["P1"]
    shown = board.said("evidence", 0)
    assert shown["e"][shown["epochs"] - 1] == line["e_value"]
    causes = engine.tables()["attribution"]
    rows = [(row["dimension"], row["cell"], row["e_value"]) for row in board.table("attribution")]
    assert rows == list(zip(causes["dimension"], causes["cell"], causes["e_value"], strict=True)) != []
    board.fresh()
    engine.publish(board)
    assert "attribution" not in board.fresh()
