"""What an order knows of itself: each fill counted once, CumQty from reports, ids and tags as the broker has them."""

from typing import Any

import msgspec

from app.engine.switch.facts import Report
from app.engine.switch.order import Order, Request, adopt, count, first_seen, order_tags, repeated, total_of
from app.engine.switch.states import State
from tests.engine.switch.made import T0, TAGS


def order(**changes: Any) -> Order:
    """An order of 1,000."""
    values: dict[str, Any] = {"order_id": "O1", "parent_id": "P", "state": State.R0, "tags": TAGS, "qty": 1000}
    return Order(**(values | changes))


def fill(qty: int, cum: int | None, exec_id: str = "E1", **values: Any) -> Report:
    """A 150=F."""
    return Report(exec_type="F", status="1", last_qty=qty, cum=cum, exec_id=exec_id, **values)


def test_that_fills_are_held_and_cum_is_the_reports() -> None:
    found = order()
    count(found, fill(100, 100))
    count(found, fill(50, 150, "E2"))
    assert (found.held, found.cum, found.leaves, found.status) == (150, 150, 850, "1")
    assert repeated(found, fill(50, 150, "E2"))
    assert not repeated(found, Report(exec_type="I", exec_id="E2"))
    assert not repeated(found, Report(exec_type="F", exec_id="0"))


def test_that_a_report_out_of_order_does_not_take_cum_back() -> None:
    found = order()
    count(found, fill(50, 150, "E2"))
    count(found, fill(100, 100, "E1"))
    assert (found.held, found.cum) == (150, 150)


def test_that_an_unknown_exec_type_with_a_quantity_is_a_fill() -> None:
    found = order()
    count(found, Report(exec_type="Z", last_qty=70, cum=70, status="1"))
    count(found, Report(exec_type="Z", last_qty=30, cum=100, status="1"))
    assert (found.held, found.cum) == (100, 100)


def test_that_a_fill_without_cum_leaves_cum_alone() -> None:
    found = order()
    count(found, fill(70, None))
    assert (found.held, found.cum, found.done) == (70, 0, 70)


def test_that_busts_and_corrections_undo_what_they_name() -> None:
    found = order()
    count(found, fill(100, 100))
    count(found, fill(50, 150, "E2"))
    count(found, Report(exec_type="G", ref_exec_id="E2", last_qty=20, cum=120, exec_id="G1", status="1"))
    assert (found.held, found.cum, found.fills) == (120, 120, {"E1": 100, "E2": 20})
    count(found, Report(exec_type="H", ref_exec_id="E1", last_qty=100, cum=20, exec_id="H1", status="1"))
    assert (found.held, found.cum, found.fills) == (20, 20, {"E2": 20})
    count(found, Report(exec_type="G", ref_exec_id="E2", cum=0, exec_id="G2", status="0"))
    assert (found.held, found.cum, found.status) == (0, 0, "0")


def test_that_a_bust_of_a_fill_from_before_is_taken_from_cum() -> None:
    found = first_seen(Report(exec_type="I", order_id="O1", cum=300, qty=1000, status="1"), State.R0, 526)
    assert (found.held, found.cum) == (300, 300)
    count(found, Report(exec_type="H", ref_exec_id="OLD", last_qty=100, cum=200, status="1"))
    assert (found.held, found.cum) == (200, 200)
    count(found, Report(exec_type="H", ref_exec_id="OLD", last_qty=100, status="1"))
    assert (found.held, found.cum) == (200, 200)


def test_that_a_restated_quantity_counts_while_the_order_is_not_cancelled() -> None:
    found = order()
    count(found, Report(exec_type="D", qty=800, status="1"))
    assert found.qty == 800
    found.state = State.C3
    count(found, Report(exec_type="D", qty=900, status="1"))
    assert found.qty == 800


def test_that_a_rejected_request_does_not_reject_the_order() -> None:
    found = order()
    count(found, Report(exec_type="8", status="8"))
    assert found.status == "0"
    count(found, Report(exec_type="4", status="4"))
    assert found.status == "4"
    count(found, Report(exec_type="4", status=""))
    assert found.status == "4"


def test_that_an_unknown_order_is_taken_up_from_its_first_report() -> None:
    tags = ((8, "FIX.4.4"), (37, "O9"), (11, "A9"), (14, "40"), *TAGS, (10, "000"))
    report = msgspec.structs.replace(fill(40, 340), tags=tags, order_id="O9", cl_ord_id="A9", qty=1000, leaves=660)
    found = first_seen(report, State.C0, 526)
    assert (found.order_id, found.parent_id, found.accepted, found.chain) == ("O9", "TECH", "A9", ["A9"])
    assert (found.qty, found.cum, found.held) == (1000, 340, 340)
    assert found.tags == TAGS
    assert order_tags(tags) == TAGS
    assert first_seen(Report(exec_type="0", order_id="O8"), State.R0, 526).parent_id == "O8"


def test_that_the_total_is_done_and_open_where_the_report_says_so() -> None:
    assert total_of(Report(exec_type="5", qty=600, cum=400, leaves=600)) == 1000
    assert total_of(Report(exec_type="5", qty=600, cum=400, leaves=0)) == 600
    assert total_of(Report(exec_type="5")) is None


def test_that_requests_are_found_until_they_are_answered() -> None:
    found = order()
    one = Request(kind="G", cl_ord_id="N1", purpose="switch", sent_ns=T0)
    two = Request(kind="F", cl_ord_id="N2", purpose="kill", sent_ns=T0)
    found.lost = [one]
    assert found.asked("N1") is one
    found.request = two
    assert found.asked("N2") is two
    assert found.asked("N3") is None
    found.forget("N2")
    found.forget("N1")
    assert [found.asked(name) for name in ("N1", "N2")] == [None, None]
    assert found.tag(55) == "TECH"
    assert found.tag(7) is None


def test_that_the_brokers_tags_are_laid_over_ours() -> None:
    found = order()
    adopt(found, ((847, "2"), (6406, "9"), (1, "B")), {6404, 6406}, 847)
    tags = dict(found.tags)
    assert (tags[847], tags[6406], tags[1], tags[9999]) == ("2", "9", "B", "own")
    assert 6404 not in tags
    adopt(found, ((847, "2"), (1, "C")), {6404, 6406}, 847)
    assert dict(found.tags)[6406] == "9"
