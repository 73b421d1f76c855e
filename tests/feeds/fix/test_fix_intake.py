"""Intake: sessions, times, and copies that count once."""

import pytest

from app.feeds.fixlog import FixFlow
from tests.feeds.fix.conftest import Read
from tests.feeds.fix.wire import MILLISECOND, SECOND, T0, Body, Line, filled, frame, lines, order, report, utc


def kinds(flow: FixFlow) -> list[str]:
    """The kinds of all rows."""
    return [row.kind for row in flow.rows]


def resent(body: Body, seq: int, sent: int, original: int, client: bool = True) -> bytes:
    """A PossDup resend: the same sequence number, a new SendingTime, the original one in 122."""
    kind, rest = str(body[0][1]), body[1:]
    ends: Body = [(49, "EMS"), (56, "BRK")] if client else [(49, "BRK"), (56, "EMS")]
    head: Body = [(35, kind), (34, seq), *ends, (43, "Y"), (52, utc(sent)), (122, utc(original))]
    return frame([*head, *rest])


def test_that_a_possdup_copy_of_a_message_seen_is_dropped_once_and_counted(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", filled("A1", "E1", (40, "10"), 40), T0 + 1)
    line.log.append((T0 + 2, resent([(35, "8"), *filled("A1", "E1", (40, "10"), 40)], 1, T0 + 2, T0 + 1, client=False)))
    line.log.append((T0 + 3, resent([(35, "D"), *order("A1")], 1, T0 + 3, T0)))
    flow = read(line.text())
    assert kinds(flow) == ["child_new", "fill"]
    assert flow.counts["possdup_copies"] == 2
    assert flow.counts["possdup_new"] == 0
    assert any("PossDup copies were dropped" in note for note in flow.notes)


def test_that_a_possdup_not_seen_before_is_new(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.log.append((T0 + 2, resent([(35, "8"), *filled("A1", "E1", (40, "10"), 40)], 1, T0 + 2, T0 + 1, client=False)))
    line.log.append((T0 + 3, resent([(35, "8"), *filled("A1", "E1", (40, "10"), 40)], 1, T0 + 3, T0 + 1, client=False)))
    flow = read(line.text())
    assert kinds(flow) == ["child_new", "fill"]
    assert (flow.counts["possdup_new"], flow.counts["possdup_copies"]) == (1, 1)


def test_that_an_original_logged_after_its_possdup_is_the_copy(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    fill = filled("A1", "E1", (40, "10"), 40)
    line.log.append((T0 + 1, resent([(35, "8"), *fill], 1, T0 + 1, T0, client=False)))
    line.send("8", fill, T0 + 2)
    assert kinds(read(line.text())) == ["child_new", "fill"]


def test_that_a_possdup_of_another_message_with_the_same_number_is_new(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.log.append((T0 + 1, resent([(35, "D"), *order("A2")], 1, T0 + 1, T0)))
    assert [row.child_id for row in read(line.text()).rows] == ["A1", "A2"]


def test_that_a_line_logged_twice_counts_once(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "0", "0"), T0 + 1)
    flow = read(line.text() + line.text())
    assert kinds(flow) == ["child_new", "child_acked"]
    assert flow.counts["log_copies"] == 2
    assert flow.counts["35=D"] == 2


def test_that_the_same_number_and_text_on_another_day_is_another_message(read: Read) -> None:
    first, second = Line(), Line()
    first.send("D", order("A1"), T0)
    second.send("D", order("A1"), T0 + 86_400 * SECOND)
    assert [row.child_id for row in read(first.text() + second.text()).rows] == ["A1", "A1~2"]


def test_that_a_possresend_of_a_message_seen_is_dropped(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("D", order("A1"), T0 + 1, extra=[(97, "Y")])
    line.send("D", order("A2"), T0 + 2, extra=[(97, "Y")])
    flow = read(line.text())
    assert [row.child_id for row in flow.rows] == ["A1", "A2"]
    assert flow.counts["possresend_copies"] == 1


def test_that_a_possresend_with_other_words_is_not_a_second_order(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("D", [*order("A1"), (58, "again")], T0 + 1, extra=[(97, "Y")])
    assert {row.child_id for row in read(line.text()).rows} == {"A1"}


def test_that_an_execution_reported_twice_counts_once(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", filled("A1", "E1", (40, "10"), 40), T0 + 1)
    line.send("8", [*filled("A1", "E1", (40, "10"), 40), (58, "sent again")], T0 + 2)
    flow = read(line.text())
    assert kinds(flow) == ["child_new", "fill"]
    assert flow.counts["execution_copies"] == 1


def test_that_another_execution_under_the_same_id_is_set_aside_and_named(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", filled("A1", "E1", (40, "10"), 40), T0 + 1)
    line.send("8", filled("A1", "E1", (60, "10"), 100), T0 + 2)
    flow = read(line.text())
    assert kinds(flow) == ["child_new", "fill"]
    assert [entry.reason for entry in flow.quarantine] == [
        "ExecID (17) = 'E1' is not allowed; allowed: an id of its own: it was used for 40 @ 10, CumQty 40"
    ]


def test_that_the_same_exec_id_is_another_execution_on_another_order_or_session(read: Read) -> None:
    first, second = Line("EMS", "B1"), Line("EMS", "B2")
    for line in (first, second):
        for cl in ("A1", "A2"):
            line.send("D", order(f"{line.broker}{cl}"), T0)
            line.send("8", filled(f"{line.broker}{cl}", "E1", (40, "10"), 40), T0 + 1)
    assert kinds(read(first.text() + second.text())).count("fill") == 4


def test_that_an_ack_and_a_fill_may_share_an_exec_id(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "X", "0", "0"), T0 + 1)
    line.send("8", filled("A1", "X", (40, "10"), 40), T0 + 2)
    line.send("8", report("A1", "X", "6", "6"), T0 + 3)
    assert kinds(read(line.text())) == ["child_new", "child_acked", "fill", "restated"]


def test_that_a_repeated_ack_counts_once_and_status_reports_count_each_time(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    for step in (1, 2):
        line.send("8", report("A1", "X", "0", "0"), T0 + step)
        line.send("8", report("A1", "0", "I", "0"), T0 + 10 + step)
    assert kinds(read(line.text())) == ["child_new", "child_acked", "restated", "restated"]


def test_that_the_capture_stamp_goes_before_sending_time(read: Read) -> None:
    message = frame([(35, "D"), (34, 1), (49, "A"), (56, "B"), (52, utc(T0)), *order("A1")])
    flow = read(b"2026-11-20 15:00:00.000123 " + message)
    assert flow.rows[0].ts_event == T0 + 123_000
    assert flow.counts["stamped_by_prefix"] == 1
    assert read(b"x " + message).rows[0].ts_event == T0
    assert read(b"2026-11-20 15:00:00.000123 " + message, {"stamp": "sending"}).rows[0].ts_event == T0


def test_that_the_settings_name_the_zone_of_the_stamps(read: Read) -> None:
    message = frame([(35, "D"), (34, 1), (49, "A"), (56, "B"), (52, utc(T0)), *order("A1")])
    flow = read(b"2026-11-20 10:00:00.5 " + message, {"timezone": "America/New_York"})
    assert flow.rows[0].ts_event == T0 + SECOND // 2


def test_that_messages_of_one_line_share_its_stamp(read: Read) -> None:
    ends: Body = [(35, "D"), (49, "A"), (56, "B")]
    first, second, third = (frame([*ends, (34, n), (52, utc(T0 + n * SECOND)), *order(f"A{n}")]) for n in (1, 2, 3))
    flow = read(lines([(T0, first + second)]) + third)
    assert [row.ts_event for row in flow.rows] == [T0, T0, T0 + 3 * SECOND]


def test_that_sending_time_may_have_nanoseconds_and_transact_time_stands_in(read: Read) -> None:
    precise = frame([(35, "D"), (34, 1), (49, "A"), (56, "B"), (52, utc(T0 + 7, 9)), *order("A1")])
    late = frame([(35, "D"), (34, 2), (49, "A"), (56, "B"), (60, utc(T0 + 9, 9)), *order("A2")])
    flow = read(precise + b"\n" + late)
    assert [row.ts_event for row in flow.rows] == [T0 + 7, T0 + 9]
    assert (flow.counts["stamped_by_sending_time"], flow.counts["stamped_by_transact_time"]) == (1, 1)


@pytest.mark.parametrize("stamp", [[], [(52, "yesterday")], [(52, "20261320-10:00:00")]])
def test_that_a_message_without_any_time_is_set_aside(read: Read, stamp: Body) -> None:
    flow = read(frame([(35, "D"), (34, 1), (49, "A"), (56, "B"), *stamp, *order("A1")]))
    assert flow.rows == []
    assert flow.quarantine[0].reason.startswith("SendingTime (52)")
    assert flow.quarantine[0].where == "day.log line 1 offset 0"


def test_that_times_in_whole_seconds_and_times_that_run_back_are_counted(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0 + 5 * SECOND)
    line.send("D", order("A2"), T0)
    flow = read(line.text())
    assert [row.child_id for row in flow.rows] == ["A2", "A1"]
    assert flow.counts["out_of_order"] == 1
    coarse = b"20261120-15:00:00 " + line.log[0][1]
    assert read(coarse).counts["coarse_stamps"] == 1
    assert flow.counts["coarse_stamps"] == 0


def test_that_every_message_type_is_counted_and_lists_are_noted(read: Read) -> None:
    line = Line()
    for kind in ("A", "0", "H", "E", "R"):
        line.send(kind, [(11, "x"), (58, kind)])
    flow = read(line.text())
    assert {f"35={kind}" for kind in ("A", "0", "H", "E", "R")} <= set(flow.counts)
    assert flow.rows == []
    assert flow.quarantine == []
    assert any("carry orders and are not read" in note for note in flow.notes)


@pytest.mark.parametrize("reject", ["j", "3"])
@pytest.mark.parametrize(
    ("request_kind", "expected"), [("D", "rejected"), ("G", "cancel_rejected"), ("F", "cancel_rejected")]
)
def test_that_a_reject_of_a_request_is_a_fact_of_its_order(
    read: Read, reject: str, request_kind: str, expected: str
) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    if request_kind != "D":
        line.send(request_kind, [(41, "A1"), *order("A2")], T0 + 1)
    seq = line.next["EMS"] - 1
    head: Body = [(35, reject), (34, 1), (49, "BRK"), (56, "EMS"), (52, utc(T0 + MILLISECOND))]
    line.log.append((T0 + MILLISECOND, frame([*head, (45, seq), (372, request_kind), (58, "no such thing")])))
    row = read(line.text()).rows[-1]
    assert (row.kind, row.child_id, row.text) == (expected, "A1", "no such thing")


def test_that_a_reject_is_found_by_its_reference_id_and_otherwise_passed_over(read: Read) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("j", [(372, "D"), (379, "A1"), (380, "0")], T0 + 1)
    line.send("j", [(372, "D"), (379, "Z9"), (380, "0")], T0 + 2)
    line.send("j", [(45, 1), (372, "G"), (380, "0")], T0 + 3)
    assert kinds(read(line.text())) == ["child_new", "rejected"]
