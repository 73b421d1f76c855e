"""Chains over 11 and 41, and the rules that link a chain to its algo order and parent."""

from typing import Any

import pytest

from app.feeds.fixlog import FixFlow
from tests.feeds.fix.conftest import Read
from tests.feeds.fix.wire import MILLISECOND, T0, Body, Line, Pairs, filled, frame, order, report


def linked(flow: FixFlow) -> list[tuple[str, str | None, str | None, str | None]]:
    """Kind, child, original, parent of every row."""
    return [(row.kind, row.child_id, row.orig_child_id, row.parent_id) for row in flow.rows]


def parents(flow: FixFlow) -> dict[str | None, str | None]:
    """The parent of every child; all rows of a child must agree."""
    found: dict[str | None, str | None] = {}
    for row in flow.rows:
        assert found.setdefault(row.child_id, row.parent_id) == row.parent_id
    return found


def replace(new: str, old: str, qty: int = 200) -> Body:
    """The body of a replace request."""
    return [(41, old), *order(new, qty)]


def cancel(new: str, old: str) -> Body:
    """The body of a cancel request."""
    return [(11, new), (41, old), (55, "TECH"), (54, "1")]


def a_life(line: Line, more: Pairs = ()) -> None:
    """New, acked, replaced twice, partly filled, cancelled."""
    line.send("D", [*order("A1"), *more], T0)
    line.send("8", report("A1", "E1", "0", "0"), T0 + 1)
    line.send("G", replace("A2", "A1"), T0 + 2)
    line.send("8", report("A2", "E2", "5", "5", [(37, "O-A1"), (41, "A1"), (38, "200")]), T0 + 3)
    line.send("G", replace("A3", "A2", 300), T0 + 4)
    line.send("9", [(37, "O-A1"), (11, "A3"), (41, "A2"), (39, "0"), (434, "2"), (102, "3")], T0 + 5)
    line.send("8", [*filled("A2", "E3", (50, "10.5"), 50)[1:], (37, "O-A1")], T0 + 6)
    line.send("F", cancel("A4", "A2"), T0 + 7)
    line.send("8", report("A4", "E4", "4", "4", [(37, "O-A1"), (41, "A2"), (14, "50")]), T0 + 8)


def test_that_a_chain_is_named_by_its_first_order_and_carries_the_original(read: Read) -> None:
    line = Line()
    a_life(line)
    assert linked(read(line.text())) == [
        ("child_new", "A1", None, None), ("child_acked", "A1", None, None),
        ("child_replace_requested", "A1", "A1", None), ("child_replaced", "A1", "A1", None),
        ("child_replace_requested", "A1", "A2", None), ("cancel_rejected", "A1", "A2", None),
        ("fill", "A1", None, None), ("child_cancel_requested", "A1", "A2", None),
        ("child_cancelled", "A1", "A2", None),
    ]  # fmt: skip


def test_that_a_replaced_chain_inherits_its_parent(read: Read) -> None:
    line = Line()
    a_life(line, [(526, "P1")])
    assert parents(read(line.text())) == {"A1": "P1"}


def test_that_a_parent_named_only_by_the_broker_reaches_the_rows_before_it(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "0", "0", [(526, "P9")]), T0 + 1)
    assert linked(read(line.text())) == [("child_new", "A1", None, "P9"), ("child_acked", "A1", None, "P9")]


RULES: list[dict[str, Any]] = [
    {"tag": 20013}, {"tag": 526}, {"tag": 583}, {"tag": 66}, {"tag": 198, "by": "order_id"},
    {"tag": 11, "pattern": "^(?P<parent>[A-Z]+)-"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "parent"),
    [
        ([(20013, "C"), (526, "S"), (583, "L"), (66, "B")], "C"), ([(526, "S"), (583, "L"), (66, "B")], "S"),
        ([(583, "L"), (66, "B")], "L"), ([(66, "B")], "B"), ([(198, "nowhere")], "ZED"), ([], "ZED"),
    ],
)  # fmt: skip
def test_that_rules_hold_in_their_order(read: Read, tags: list[tuple[int, str]], parent: str) -> None:
    line = Line()
    line.send("D", [*order("ZED-1"), *tags])
    flow = read(line.text(), {"session": {"S": {"parent": RULES}}})
    assert parents(flow) == {"ZED-1": parent}


def test_that_a_child_no_rule_links_has_no_parent(read: Read) -> None:
    line = Line()
    line.send("D", order("lower-1"))
    assert parents(read(line.text(), {"session": {"S": {"parent": RULES}}})) == {"lower-1": None}


def test_that_an_earlier_rule_wins_even_when_it_speaks_later(read: Read) -> None:
    line = Line()
    line.send("D", [*order("A1"), (66, "LIST")], T0)
    line.send("8", report("A1", "E1", "0", "0", [(526, "P1")]), T0 + 1)
    assert parents(read(line.text())) == {"A1": "P1"}


def test_that_a_link_that_changes_keeps_its_first_value_and_is_counted(read: Read) -> None:
    line = Line()
    line.send("D", [*order("A1"), (526, "P1")], T0)
    line.send("G", [*replace("A2", "A1"), (526, "P2")], T0 + 1)
    flow = read(line.text())
    assert parents(flow) == {"A1": "P1"}
    assert flow.counts["links_that_change"] == 1


def test_that_a_list_over_several_instruments_is_no_parent(read: Read) -> None:
    line = Line()
    line.send("D", [*order("A1"), (66, "LIST")], T0)
    line.send("D", [*order("A2", symbol="OTHER"), (66, "LIST")], T0 + 1)
    line.send("D", [*order("A3"), (66, "ONE")], T0 + 2)
    line.send("D", [*order("A4"), (66, "ONE")], T0 + 3)
    flow = read(line.text())
    assert parents(flow) == {"A1": None, "A2": None, "A3": "ONE", "A4": "ONE"}
    assert flow.counts["links_over_several_instruments"] == 2
    assert {row.child_id: row.basket_id for row in flow.rows}["A1"] == "LIST"


def test_that_buys_and_sells_are_not_one_parent_but_short_and_long_sales_are(read: Read) -> None:
    line = Line()
    for cl, side, link in (("A1", "1", "X"), ("A2", "2", "X"), ("A3", "2", "Y"), ("A4", "5", "Y")):
        line.send("D", [*order(cl, side=side), (526, link)])
    assert parents(read(line.text())) == {"A1": None, "A2": None, "A3": "Y", "A4": "Y"}


LEVELS: dict[str, Any] = {
    "session": {
        "DESK": {"sender": "OMS", "target": "EMS", "level": "parent"},
        "ALGO": {"sender": "EMS", "target": "BRK", "level": "algo"},
        "SLICES": {"sender": "BRK", "target": "XLON"},
    }
}


def three_levels(link: tuple[int, str]) -> bytes:
    """A parent at the OMS, an algo order that names it, a child that names the algo order by `link`."""
    desk, algo, slices = Line("OMS", "EMS"), Line("EMS", "BRK"), Line("BRK", "XLON")
    desk.send("D", order("P1", 1000), T0)
    algo.send("D", [*order("G1", 1000), (526, "P1")], T0 + 1)
    algo.send("G", [*replace("G2", "G1", 1000)], T0 + 2)
    algo.send("8", report("G1", "E1", "0", "0"), T0 + 3)
    slices.send("D", [*order("C1"), link], T0 + 4)
    return desk.text() + algo.text() + slices.text()


@pytest.mark.parametrize("link", [(526, "G1"), (583, "G1"), (526, "G2"), (198, "O-G1")])
def test_that_a_child_of_an_algo_order_has_its_parent(read: Read, link: tuple[int, str]) -> None:
    flow = read(three_levels(link), LEVELS)
    found = [(row.kind, row.child_id, row.algo_order_id, row.parent_id) for row in flow.rows if row.source != "DESK"]
    assert found == [("algo_new", None, "G1", "P1"), ("child_new", "C1", "G1", "P1")]


def test_that_an_order_id_is_looked_up_in_other_sessions_only(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "0", "0", [(198, "O-A1")]), T0 + 1)
    assert parents(read(line.text(), {"session": {"S": {"level": "child"}}})) == {"A1": None}


def test_that_algo_order_rules_name_the_algo_order(read: Read) -> None:
    line = Line()
    line.send("D", [*order("C1"), (20020, "ALG7"), (526, "P7")])
    flow = read(line.text(), {"session": {"S": {"algo_order": [{"tag": 20020}]}}})
    assert [(row.algo_order_id, row.parent_id) for row in flow.rows] == [("ALG7", "P7")]


def test_that_a_level_rule_goes_before_the_level_of_the_session(read: Read) -> None:
    line = Line()
    line.send("D", [*order("A1"), (6401, "VWAP")], T0)
    line.send("D", [*order("A2"), (6401, "DMA")], T0 + 1)
    line.send("D", order("PAR-3"), T0 + 2)
    rules = [{"tag": 6401, "pattern": "^VWAP$", "level": "algo"}, {"tag": 11, "pattern": "^PAR", "level": "parent"}]
    flow = read(line.text(), {"session": {"S": {"levels": rules}}})
    assert [row.kind for row in flow.rows] == ["algo_new", "child_new", "parent_new", "child_new"]


def test_that_the_sides_of_a_session_are_found_in_both_directions(read: Read) -> None:
    line = Line("EMS", "BRK")
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "0", "0"), T0 + 1)
    flow = read(line.text(), {"session": {"ours": {"sender": "EMS", "target": "BRK"}}})
    assert [row.source for row in flow.rows] == ["ours", "ours"]
    assert [row.source for row in read(line.text()).rows] == ["EMS-BRK", "EMS-BRK"]


def test_that_a_clordid_used_again_starts_a_chain_of_its_own(read: Read) -> None:
    line = Line()
    for day in range(3):
        line.send("D", order("1"), T0 + day * 10)
        line.send("8", report("1", f"E{day}", "0", "0", [(37, f"O{day}")]), T0 + day * 10 + 1)
    line.send("F", cancel("c", "1"), T0 + 40)
    line.send("8", report("c", "E9", "4", "4", [(37, "O2"), (41, "1")]), T0 + 41)
    flow = read(line.text())
    assert linked(flow)[::2] == [
        ("child_new", "1", None, None), ("child_new", "1~2", None, None), ("child_new", "1~3", None, None),
        ("child_cancel_requested", "1~3", "1~3", None),
    ]  # fmt: skip
    assert linked(flow)[-1] == ("child_cancelled", "1~3", "1~3", None)
    assert flow.counts["clordid_used_again"] == 2


def test_that_a_late_report_finds_the_earlier_use_of_a_clordid_by_its_order_id(read: Read) -> None:
    line = Line()
    line.send("D", order("1"), T0)
    line.send("8", report("1", "E1", "0", "0", [(37, "O1")]), T0 + 1)
    line.send("D", order("1"), T0 + 2)
    line.send("8", [*filled("1", "E2", (100, "10"), 100, "2")[1:], (37, "O1")], T0 + 3)
    assert [row.child_id for row in read(line.text()).rows] == ["1", "1", "1~2", "1"]


def test_that_a_clordid_used_again_by_a_replace_continues_the_other_chain(read: Read) -> None:
    line = Line()
    for cl in ("A1", "B1"):
        line.send("D", [*order(cl), (526, f"P{cl}")], T0)
        line.send("G", [(41, cl), *order("X", 200)], T0 + 1)
    flow = read(line.text())
    assert [(row.kind, row.child_id, row.parent_id) for row in flow.rows] == [
        ("child_new", "A1", "PA1"), ("child_new", "B1", "PB1"),
        ("child_replace_requested", "A1", "PA1"), ("child_replace_requested", "B1", "PB1"),
    ]  # fmt: skip
    assert flow.counts["clordid_used_again"] == 1


def test_that_links_learnt_before_a_chain_is_joined_stay_with_it(read: Read) -> None:
    line = Line()
    line.send("8", report("A2", "E1", "0", "0", [(37, "O1"), (526, "P1")]), T0)
    line.send("G", [(41, "A1"), *order("A2", 200)], T0 + 1)
    assert parents(read(line.text())) == {"A1": "P1"}


def test_that_two_sessions_may_use_the_same_clordid(read: Read) -> None:
    first, second = Line("EMS", "BRK1"), Line("EMS", "BRK2")
    first.send("D", order("1"), T0)
    second.send("D", order("1"), T0 + 1)
    second.send("F", cancel("2", "1"), T0 + 2)
    flow = read(first.text() + second.text())
    assert linked(flow) == [
        ("child_new", "1", None, None), ("child_new", "1@EMS-BRK2", None, None),
        ("child_cancel_requested", "1@EMS-BRK2", "1@EMS-BRK2", None),
    ]  # fmt: skip
    assert flow.counts["clordids_shared_by_sessions"] == 1


def test_that_a_log_that_begins_in_the_middle_of_a_chain_names_it_by_the_first_id_seen(read: Read) -> None:
    line = Line()
    line.send("G", replace("A2", "A1"), T0)
    line.send("8", report("A2", "E2", "5", "5", [(37, "O1"), (41, "A1"), (38, "200")]), T0 + 1)
    line.send("8", [*filled("A1", "E3", (50, "10"), 50)[1:], (37, "O1")], T0 + 2)
    flow = read(line.text())
    assert [row.child_id for row in flow.rows] == ["A1", "A1", "A1"]
    assert flow.counts["chain_starts_before_the_log"] == 1


def test_that_reports_alone_make_chains_by_clordid_original_and_order_id(read: Read) -> None:
    line = Line()
    line.send("8", report("A1", "E1", "0", "0", [(37, "O1")]), T0)
    line.send("8", report("A2", "E2", "5", "5", [(37, "O1"), (41, "A1")]), T0 + 1)
    line.send("8", [(37, "O1"), (17, "E3"), (150, "F"), (39, "1"), (32, "5"), (31, "10")], T0 + 2)
    line.send("8", [(37, "O7"), (17, "E4"), (150, "0"), (39, "0")], T0 + 3)
    line.send("8", report("B2", "E5", "4", "4", [(37, "O8"), (41, "B1")]), T0 + 4)
    flow = read(line.text())
    assert [row.child_id for row in flow.rows] == ["A1", "A1", "A1", "O7", "B1"]
    assert flow.counts["chain_starts_with_a_report"] == 3


def test_that_an_order_id_of_none_links_nothing(read: Read) -> None:
    line = Line()
    for cl in ("A1", "A2"):
        line.send("D", order(cl), T0)
        line.send("9", [(37, "NONE"), (11, f"{cl}c"), (41, cl), (39, "8"), (434, "1"), (102, "1")], T0 + 1)
    flow = read(line.text())
    assert [(row.kind, row.child_id, row.order_id) for row in flow.rows] == [
        ("child_new", "A1", None), ("child_new", "A2", None), ("cancel_rejected", "A1", None),
        ("cancel_rejected", "A2", None),
    ]  # fmt: skip


def test_that_an_original_that_names_itself_makes_no_ring(read: Read) -> None:
    line = Line(begin="FIX.4.2")
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "0", "0", [(41, "A1"), (20, "0")]), T0 + 1)
    line.send("F", cancel("A1", "A1"), T0 + 2)
    line.send("G", replace("A2", "A1"), T0 + 3)
    line.send("G", replace("A1", "A2"), T0 + 4)
    assert {row.child_id for row in read(line.text()).rows} == {"A1"}


def test_that_a_report_before_its_request_joins_the_chain_when_the_request_comes(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A2", "E2", "5", "5", [(37, "O1"), (38, "200")]), T0 + 3)
    line.send("G", [*replace("A2", "A1"), (526, "P1")], T0 + 2)
    flow = read(line.text())
    assert linked(flow) == [
        ("child_new", "A1", None, "P1"), ("child_replace_requested", "A1", "A1", "P1"),
        ("child_replaced", "A1", None, "P1"),
    ]  # fmt: skip


def test_that_a_request_that_contradicts_the_chain_is_counted_and_changes_nothing(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("D", order("B1"), T0 + 1)
    line.send("8", report("A2", "E1", "5", "5", [(37, "O-A1"), (41, "A1")]), T0 + 2)
    line.send("F", cancel("A2", "B1"), T0 + 3)
    flow = read(line.text())
    assert flow.counts["chains_that_disagree"] == 1
    assert [row.child_id for row in flow.rows] == ["A1", "B1", "A1", "A1"]


@pytest.mark.slow
def test_that_thousands_of_replaces_stay_one_chain(read: Read) -> None:
    line = Line()
    line.send("D", order("R0"), T0)
    for number in range(1, 3000):
        line.send("G", replace(f"R{number}", f"R{number - 1}"), T0 + number * MILLISECOND)
    flow = read(line.text())
    assert len(flow.rows) == 3000
    assert {row.child_id for row in flow.rows} == {"R0"}


def test_that_an_order_without_any_id_is_set_aside(read: Read) -> None:
    data = frame([(35, "8"), (49, "B"), (56, "A"), (52, "20261120-15:00:00.000"), (17, "E1"), (150, "0"), (39, "0")])
    data += frame([(35, "D"), (49, "A"), (56, "B"), (52, "20261120-15:00:00.000"), (55, "TECH"), (54, "1"), (38, "1")])
    flow = read(data)
    assert flow.rows == []
    assert [entry.reason for entry in flow.quarantine] == ["ClOrdID (11) is missing; allowed: an order id"] * 2
