"""Mapping: every request and report to its fact, in FIX 4.2 and 4.4, at each level."""

from typing import Any

import pytest

from app.engine.events import Instrument, OrderRow
from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.decode.symbols import Span, SymbolFile
from app.feeds.fixlog import FixFlow
from tests.feeds.fix.conftest import Read
from tests.feeds.fix.wire import MILLISECOND, SECOND, T0, Body, Line, Pairs, filled, order, report, utc

PARENT: dict[str, Any] = {"session": {"S": {"level": "parent"}}}
ALGO: dict[str, Any] = {"session": {"S": {"level": "algo"}}}


def kinds(flow: FixFlow) -> list[str]:
    """The kinds of all rows."""
    return [row.kind for row in flow.rows]


def after_new(read: Read, body: Body, table: dict[str, Any] | None = None, begin: str = "FIX.4.4") -> list[OrderRow]:
    """The rows a report gives on an order for 100 at 10.5."""
    line = Line(begin=begin)
    line.send("D", order("A1"), T0)
    line.send("8", body, T0 + MILLISECOND)
    flow = read(line.text(), table)
    assert flow.quarantine == []
    news = {"child_new", "parent_new", "algo_new"}
    return [row for row in flow.rows if row.kind not in news]


def refused(read: Read, kind: str, body: Pairs, table: dict[str, Any] | None = None) -> str:
    """The reason the second message of a log is set aside; the order before it stays."""
    line = Line()
    line.send("D", order("A1"), T0)
    line.send(kind, body, T0 + 1)
    flow = read(line.text(), table)
    assert kinds(flow) == ["child_new"]
    assert len(flow.quarantine) == 1
    assert flow.quarantine[0].where.startswith("day.log line 2 offset ")
    assert flow.quarantine[0].raw == line.log[1][1]
    return flow.quarantine[0].reason


def test_that_a_new_order_has_all_its_columns(read: Read) -> None:
    line = Line()
    tags: Body = [
        (1, "ACC"), (15, "USD"), (18, "M"), (21, "1"), (50, "jdoe"), (59, "3"), (76, "GS"), (66, "L1"), (583, "K1"),
        (100, "XNAS"), (126, utc(T0 + 2 * SECOND)), (168, utc(T0 + SECOND)), (847, "VWAP"), (849, "0.15"), (58, "care"),
    ]  # fmt: skip
    line.send("D", [*order("A1", "250", "10.123456789", "5"), *tags], T0)
    row = read(line.text()).rows[0]
    assert row == OrderRow(
        ts_event=T0, kind="child_new", source="EMS-BRK", seq=1, rec=0, parent_id="K1", child_id="A1", instrument="TECH",
        venue="XNAS", side="SHORT", currency="USD", account="ACC", trader="jdoe", broker="GS", basket_id="L1",
        link_id="K1", text="care", qty=250, price=10_123_456_789, limit_price=10_123_456_789, order_type="limit",
        tif="ioc", algo="VWAP", params='{"ExecInst":"M","HandlInst":"1"}', start_ns=T0 + SECOND,
        end_ns=T0 + 2 * SECOND, target_pov=0.15, raw=line.log[0][1],
    )  # fmt: skip


def test_that_columns_may_come_from_tags_of_the_session(read: Read) -> None:
    line = Line()
    line.send("D", [*order("A1"), (9001, "macro"), (9002, "jane"), (50, "robot")], T0)
    table = {"session": {"S": {"columns": {"desk": 9001, "trader": 9002}}}, "keep_raw": False}
    row = read(line.text(), table).rows[0]
    assert (row.desk, row.trader, row.raw) == ("macro", "jane", None)


def test_that_the_sender_of_a_report_is_no_trader(read: Read) -> None:
    rows = after_new(read, [*report("A1", "E1", "0", "0"), (50, "BROKERBOT")])
    assert rows[0].trader is None


def test_that_codes_without_a_word_stay_codes(read: Read) -> None:
    line = Line()
    line.send("D", [pair if pair[0] != 40 else (40, "z") for pair in order("A1")], T0)
    assert read(line.text()).rows[0].order_type == "z"


def test_that_sizes_are_in_the_instruments_units_and_symbols_are_translated(read: Read) -> None:
    universe = Universe()
    universe.describe(Instrument(instrument="BTCUSD", size_exponent=-3))
    symbols = SymbolFile({"XBT": [Span(0, 10**6, "BTCUSD")]})
    line = Line()
    line.send("D", order("A1", "1.25", "30000.5", symbol="XBT"), T0)
    line.send("8", filled("A1", "E1", ("0.001", "30000.1"), "0.001"), T0 + 1)
    flow = read(line.text(), universe=universe, options=Options(symbols=symbols, source="fix1"))
    assert [(row.instrument, row.qty, row.cum_qty) for row in flow.rows] == [("BTCUSD", 1250, None), ("BTCUSD", 1, 1)]
    assert {row.source for row in flow.rows} == {"fix1"}


@pytest.mark.parametrize(
    ("exec_type", "status", "kind"),
    [
        ("0", "0", "child_acked"), ("4", "4", "child_cancelled"), ("5", "0", "child_replaced"), ("8", "8", "rejected"),
        ("3", "3", "done_for_day"), ("C", "C", "child_expired"), ("D", "1", "restated"), ("A", "A", "restated"),
        ("6", "6", "restated"), ("E", "E", "restated"), ("I", "1", "restated"), ("7", "7", "restated"),
        ("9", "9", "restated"), ("B", "B", "restated"), ("L", "0", "restated"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("begin", ["FIX.4.2", "FIX.4.4"])
def test_that_each_report_is_its_fact_of_a_child(
    read: Read, exec_type: str, status: str, kind: str, begin: str
) -> None:
    more: Pairs = [(20, "0")] if begin == "FIX.4.2" else []
    rows = after_new(read, report("A1", "E1", exec_type, status, [(14, "0"), *more]), begin=begin)
    assert [(row.kind, row.child_id, row.last_status, row.cum_qty, row.exec_id, row.order_id) for row in rows] == [
        (kind, "A1", status, 0, "E1", "O-A1")
    ]


@pytest.mark.parametrize("exec_type", ["A", "6", "E", "I", "7", "9", "B"])
def test_that_a_report_that_restates_nothing_carries_no_terms(read: Read, exec_type: str) -> None:
    row = after_new(read, report("A1", "E1", exec_type, "0", [(38, "999"), (44, "9"), (14, "0")]))[0]
    assert (row.qty, row.price, row.limit_price) == (None, None, None)


def test_that_a_restatement_carries_the_brokers_values(read: Read) -> None:
    row = after_new(read, report("A1", "E1", "D", "0", [(38, "80"), (44, "10.25"), (378, "5")]))[0]
    assert (row.kind, row.qty, row.price) == ("restated", 80, 10_250_000_000)


@pytest.mark.parametrize(
    ("begin", "exec_type"), [("FIX.4.2", "1"), ("FIX.4.2", "2"), ("FIX.4.4", "F"), ("FIX.4.2", "F")]
)
def test_that_a_fill_has_last_quantity_price_venue_liquidity_and_fee(read: Read, begin: str, exec_type: str) -> None:
    tags: Body = [
        (32, "40"), (31, "10.25"), (14, "40"), (151, "60"), (6, "10.25"), (30, "XNAS"), (851, "2"), (12, "0.4"),
        (13, "3"), (60, utc(T0)), (20, "0"),
    ]  # fmt: skip
    row = after_new(read, report("A1", "E1", exec_type, "1", tags), begin=begin)[0]
    assert (row.kind, row.qty, row.price, row.cum_qty, row.exec_id) == ("fill", 40, 10_250_000_000, 40, "E1")
    assert (row.venue, row.liquidity, row.fee, row.ts_match, row.side) == ("XNAS", "R", 400_000_000, T0, "BUY")


def test_that_a_fill_of_40_without_exec_type_is_a_fill(read: Read) -> None:
    body: Body = [(37, "O"), (11, "A1"), (17, "E1"), (20, "0"), (39, "1"), (32, "40"), (31, "10")]
    assert [(row.kind, row.qty) for row in after_new(read, body, begin="FIX.4.0")] == [("fill", 40)]


def test_that_transact_time_outside_the_clock_budget_is_not_the_match_time(read: Read) -> None:
    body: Body = [*filled("A1", "E1", (40, "10"), 40), (60, utc(T0 - 3 * SECOND))]
    assert after_new(read, body)[0].ts_match is None
    assert after_new(read, body, {"clock_budget_ms": 4000})[0].ts_match == T0 - 3 * SECOND


def test_that_a_fill_without_an_exec_id_gets_one_and_is_counted(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", [pair for pair in filled("A1", "", (40, "10"), 40) if pair[0] != 17], T0 + 1)
    flow = read(line.text())
    assert [(row.kind, row.exec_id) for row in flow.rows[1:]] == [("fill", "O-A1/1")]
    assert flow.counts["executions_without_id"] == 1


def two_fills(line: Line) -> None:
    """An order and two fills of it."""
    line.send("D", order("A1"), T0)
    line.send("8", filled("A1", "E1", (40, "10"), 40), T0 + 1)
    line.send("8", filled("A1", "E2", (60, "10.1"), 100, "2"), T0 + 2)


BUSTS: list[tuple[str, Pairs]] = [
    ("FIX.4.2", [(20, "1"), (150, "1"), (19, "E1"), (32, "40"), (31, "10")]), ("FIX.4.4", [(150, "H"), (19, "E1")]),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "tags"), BUSTS)
def test_that_a_bust_names_its_fill_and_has_its_quantity(read: Read, begin: str, tags: Pairs) -> None:
    line = Line(begin=begin)
    two_fills(line)
    line.send("8", [*report("A1", "E3", "x", "1", [*tags, (14, "60")])], T0 + 3)
    row = read(line.text()).rows[-1]
    assert (row.kind, row.exec_id, row.ref_exec_id) == ("bust", "E3", "E1")
    assert (row.qty, row.price, row.cum_qty) == (40, 10 * 10**9, 60)


CORRECTIONS: list[tuple[str, Pairs]] = [("FIX.4.2", [(20, "2"), (150, "1")]), ("FIX.4.4", [(150, "G")])]


@pytest.mark.parametrize(("begin", "tags"), CORRECTIONS)
def test_that_a_correction_has_the_new_quantity_and_price(read: Read, begin: str, tags: Pairs) -> None:
    line = Line(begin=begin)
    two_fills(line)
    line.send("8", report("A1", "E3", "x", "1", [*tags, (19, "E1"), (32, "30"), (31, "9.9"), (14, "90")]), T0 + 3)
    row = read(line.text()).rows[-1]
    assert (row.kind, row.exec_id, row.ref_exec_id, row.qty, row.price) == ("correct", "E3", "E1", 30, 9_900_000_000)


def test_that_a_bust_of_a_corrected_fill_is_followed_by_either_id(read: Read) -> None:
    for ref in ("E1", "E3", "E4"):
        line = Line()
        two_fills(line)
        line.send("8", report("A1", "E3", "G", "1", [(19, "E1"), (32, "30"), (31, "9.9")]), T0 + 3)
        line.send("8", report("A1", "E4", "G", "1", [(19, "E3"), (32, "20"), (31, "9.8")]), T0 + 4)
        line.send("8", report("A1", "E5", "H", "1", [(19, ref), (14, "60")]), T0 + 5)
        line.send("8", report("A1", "0", "I", "1", [(14, "60")]), T0 + 6)
        flow = read(line.text())
        assert [(row.kind, row.qty) for row in flow.rows[-4:]] == [
            ("correct", 30), ("correct", 20), ("bust", 20), ("restated", None),
        ]  # fmt: skip
        assert flow.counts["busts_of_unseen_fills"] == 0
        assert flow.counts["status_cum_differs"] == 0


def test_that_a_bust_or_correction_of_a_fill_not_in_the_log_is_kept_and_counted(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E3", "H", "0", [(19, "E1"), (32, "40"), (31, "10")]), T0 + 1)
    line.send("8", report("A1", "E4", "G", "0", [(19, "E2"), (32, "40"), (31, "10")]), T0 + 2)
    line.send("8", report("A1", "E5", "H", "0", [(19, "E9")]), T0 + 3)
    flow = read(line.text())
    assert [(row.kind, row.qty) for row in flow.rows[1:]] == [("bust", 40), ("correct", 40), ("bust", None)]
    assert (flow.counts["busts_of_unseen_fills"], flow.counts["corrects_of_unseen_fills"]) == (2, 1)


def test_that_a_status_report_reconciles_the_cumulative_quantity(read: Read) -> None:
    line = Line()
    two_fills(line)
    line.send("H", [(11, "A1"), (55, "TECH"), (54, "1")], T0 + 3)
    line.send("8", report("A1", "0", "I", "2", [(14, "100")]), T0 + 4)
    assert read(line.text()).counts["status_cum_differs"] == 0
    line.send("8", report("A1", "0", "I", "2", [(14, "70")]), T0 + 5)
    flow = read(line.text())
    assert flow.counts["status_cum_differs"] == 1
    assert flow.rows[-1].cum_qty == 70
    assert flow.counts["35=H"] == 1


def test_that_refusals_of_a_cancel_and_of_an_order_say_why(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "8", "8", [(103, "3")]), T0 + 1)
    line.send("9", [(37, "O"), (11, "A2"), (41, "A1"), (39, "8"), (434, "1"), (102, "0")], T0 + 2)
    line.send("9", [(37, "O"), (11, "A3"), (41, "A1"), (39, "8"), (434, "1"), (102, "0"), (58, "too late")], T0 + 3)
    rows = read(line.text()).rows[1:]
    assert [(row.kind, row.text, row.last_status) for row in rows] == [
        ("rejected", "OrdRejReason (103) = 3", "8"), ("cancel_rejected", "CxlRejReason (102) = 0", "8"),
        ("cancel_rejected", "too late", "8"),
    ]  # fmt: skip


def test_that_a_replacement_takes_what_the_report_leaves_out_from_the_request(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("G", [(41, "A1"), *order("A2", 300, "11"), (847, "POV")], T0 + 1)
    line.send("8", report("A2", "E1", "5", "0", [(37, "O"), (41, "A1"), (44, "10.75")]), T0 + 2)
    row = read(line.text()).rows[-1]
    assert (row.kind, row.algo, row.orig_child_id) == ("child_replaced", "POV", "A1")
    assert (row.qty, row.price) == (300, 10_750_000_000)


def test_that_an_order_of_a_parent_session_is_its_own_parent(read: Read) -> None:
    line = Line()
    line.send("D", order("P1", 1000), T0)
    line.send("8", report("P1", "E1", "0", "0"), T0 + 1)
    line.send("G", [(41, "P1"), *order("P2", 1500)], T0 + 2)
    line.send("8", report("P2", "E2", "5", "0", [(37, "O-P1"), (41, "P1"), (38, "1500")]), T0 + 3)
    line.send("8", [*filled("P2", "E3", (500, "10"), 500)[1:], (37, "O-P1")], T0 + 4)
    line.send("F", [(11, "P3"), (41, "P2")], T0 + 5)
    line.send("8", report("P3", "E4", "4", "4", [(37, "O-P1"), (41, "P2"), (14, "500")]), T0 + 6)
    line.send("8", [*filled("P2", "E5", (10, "10"), 510, "4")[1:], (37, "O-P1")], T0 + 7)
    flow = read(line.text(), PARENT)
    assert [(row.kind, row.parent_id, row.child_id, row.qty) for row in flow.rows] == [
        ("parent_new", "P1", None, 1000), ("child_new", "P1", "P1", 1000), ("child_acked", "P1", "P1", None),
        ("child_replace_requested", "P1", "P1", 1500), ("child_replaced", "P1", "P1", 1500),
        ("parent_amended", "P1", None, 1500), ("fill", "P1", "P1", 500), ("child_cancel_requested", "P1", "P1", None),
        ("child_cancelled", "P1", "P1", None), ("parent_done", "P1", None, None), ("fill", "P1", "P1", 10),
    ]  # fmt: skip
    assert [row.seq for row in flow.rows] == list(range(1, 12))
    assert flow.rows[0].limit_price == 10_500_000_000


@pytest.mark.parametrize(
    ("body", "done"),
    [
        (filled("A1", "E1", (100, "10"), 100, "2"), ["fill", "parent_done"]),
        (report("A1", "E1", "8", "8"), ["rejected", "parent_done"]),
        (report("A1", "E1", "C", "C"), ["child_expired", "parent_done"]),
        (report("A1", "E1", "3", "3"), ["done_for_day"]),
        (report("A1", "0", "I", "4"), ["restated"]),
        (filled("A1", "E1", (40, "10"), 40), ["fill"]),
    ],
)
def test_that_a_parent_is_done_at_a_terminal_status_only(read: Read, body: Body, done: list[str]) -> None:
    assert [row.kind for row in after_new(read, body, PARENT)] == done


def test_that_an_algo_order_is_new_replaced_switched_and_done(read: Read) -> None:
    line = Line()
    line.send("D", [*order("G1", 1000), (847, "VWAP"), (526, "P1")], T0)
    line.send("8", report("G1", "E1", "0", "0"), T0 + 1)
    line.send("G", [(41, "G1"), *order("G2", 1500), (847, "VWAP")], T0 + 2)
    line.send("8", report("G2", "E2", "5", "0", [(37, "O"), (41, "G1"), (38, "1500"), (847, "VWAP")]), T0 + 3)
    line.send("G", [(41, "G2"), *order("G3", 1500), (847, "POV")], T0 + 4)
    line.send("8", report("G3", "E3", "5", "0", [(37, "O"), (41, "G2"), (38, "1500")]), T0 + 5)
    line.send("8", [*filled("G3", "E4", (500, "10"), 500)[1:], (37, "O")], T0 + 6)
    line.send("F", [(11, "G4"), (41, "G3")], T0 + 7)
    line.send("9", [(37, "O"), (11, "G4"), (41, "G3"), (39, "1"), (434, "1"), (102, "1")], T0 + 8)
    line.send("8", report("G3", "E5", "C", "C", [(37, "O"), (14, "500")]), T0 + 9)
    flow = read(line.text(), ALGO)
    assert [(row.kind, row.parent_id, row.algo_order_id, row.child_id, row.algo) for row in flow.rows] == [
        ("algo_new", "P1", "G1", None, "VWAP"), ("algo_replaced", "P1", "G1", None, "VWAP"),
        ("algo_switched", "P1", "G1", None, "POV"), ("fill", "P1", "G1", None, None),
        ("cancel_rejected", "P1", "G1", None, None), ("algo_done", "P1", "G1", None, None),
    ]  # fmt: skip
    assert (flow.counts["algo_replace_requests"], flow.counts["algo_cancel_requests"]) == (2, 1)
    assert flow.counts["algo_reports_acked"] == 1


@pytest.mark.parametrize(
    ("body", "done"),
    [
        (report("A1", "E1", "8", "8"), ["rejected", "algo_done"]), (report("A1", "E1", "4", "4"), ["algo_done"]),
        (report("A1", "E1", "D", "0", [(38, "90")]), ["restated"]), (report("A1", "E1", "3", "3"), ["done_for_day"]),
        (report("A1", "E1", "A", "A"), []), (filled("A1", "E1", (100, "10"), 100, "2"), ["fill", "algo_done"]),
    ],
)  # fmt: skip
def test_that_reports_of_an_algo_order_are_its_facts(read: Read, body: Body, done: list[str]) -> None:
    assert [row.kind for row in after_new(read, body, ALGO)] == done


def test_that_fills_left_to_another_session_are_counted_and_not_made(read: Read) -> None:
    line = Line()
    two_fills(line)
    flow = read(line.text(), {"session": {"S": {"level": "parent", "fills": "reconcile"}}})
    assert kinds(flow) == ["parent_new", "child_new", "parent_done"]
    assert flow.counts["fills_reconciled"] == 2


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("D", [pair for pair in order("A2") if pair[0] != 38], "OrderQty (38) is missing"),
        ("D", [pair for pair in order("A2") if pair[0] != 54], "Side (54) is missing"),
        ("D", [pair for pair in order("A2") if pair[0] != 55], "Symbol (55) is missing"),
        ("D", order("A2", "-100"), "OrderQty (38) = '-100'"),
        ("D", order("A2", "NaN"), "OrderQty (38) = 'NaN'"),
        ("D", order("A2", "1.5"), "OrderQty (38) = '1.5'"),
        ("D", order("A2", 100, "1e3"), "Price (44) = '1e3'"),
        ("D", order("A2", 100, "1.0000000001"), "Price (44) = '1.0000000001'"),
        ("D", order("A2", side="8"), "Side (54) = '8'"),
        ("D", [*order("A2"), (168, "now")], "EffectiveTime (168) = 'now'"),
        ("D", [*order("A2"), (38, "200")], "OrderQty (38) = '200' is not allowed; allowed: one value"),
        ("G", [(41, "A1"), *order("A2", "x")], "OrderQty (38) = 'x'"),
        ("8", filled("A1", "E1", (0, "10"), 0), "LastQty (32) = '0'"),
        ("8", filled("A1", "E1", (-5, "10"), 0), "LastQty (32) = '-5'"),
        ("8", report("A1", "E1", "F", "1", [(31, "10")]), "LastQty (32) is missing"),
        ("8", report("A1", "E1", "F", "1", [(32, "10")]), "LastPx (31) is missing"),
        ("8", filled("A1", "E1", (40, "NaN"), 40), "LastPx (31) = 'NaN'"),
        ("8", filled("A1", "E1", (40, "10"), "4e1"), "CumQty (14) = '4e1'"),
        ("8", report("A1", "E1", "H", "1"), "ExecRefID (19) is missing"),
        ("8", report("A1", "E1", "G", "1", [(32, "1"), (31, "1")]), "ExecRefID (19) is missing"),
        ("8", report("A1", "E1", "Z", "1"), "ExecType (150) = 'Z'"),
        ("8", [(37, "O"), (11, "A1"), (17, "E1"), (39, "Z")], "OrdStatus (39) = 'Z'"),
        ("8", [(37, "O"), (11, "A1"), (17, "E1")], "OrdStatus (39) is missing"),
    ],
)  # fmt: skip
def test_that_what_cannot_be_a_fact_is_set_aside_with_field_and_value(
    read: Read, kind: str, body: Body, reason: str
) -> None:
    assert refused(read, kind, body).startswith(reason)


def test_that_a_fill_before_its_ack_and_after_its_cancel_stays_a_fill(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", filled("A1", "E1", (40, "10"), 40), T0 + 1)
    line.send("8", report("A1", "E0", "0", "1"), T0 + 2)
    line.send("8", report("A1", "E2", "4", "4", [(14, "40")]), T0 + 3)
    line.send("8", filled("A1", "E3", (10, "10"), 50, "4"), T0 + 4)
    assert kinds(read(line.text())) == ["child_new", "fill", "child_acked", "child_cancelled", "fill"]


def test_that_facts_stand_in_time_order_whatever_the_order_of_the_log(read: Read) -> None:
    line = Line()
    two_fills(line)
    line.log.reverse()
    flow = read(line.text())
    assert kinds(flow) == ["child_new", "fill", "fill"]
    assert [row.ts_event for row in flow.rows] == [T0, T0 + 1, T0 + 2]
    assert [row.rec for row in flow.rows] == [2, 1, 0]


def test_that_a_stop_order_without_its_price_is_counted(read: Read) -> None:
    line = Line()
    line.send("D", [pair if pair[0] != 40 else (40, "3") for pair in order("A1")], T0)
    flow = read(line.text())
    assert flow.rows[0].order_type == "stop"
    assert flow.counts["stop_orders_without_stop_price"] == 1
