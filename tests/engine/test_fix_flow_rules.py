"""The kernel's decisions one by one: what is full, what is counted, what a row holds, where it stops and goes on."""

import numpy as np
import pytest

from app.engine import fix_flow as flow
from app.engine import fix_scan
from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.fix_scan import Ints
from app.engine.units import MILLISECOND, NULL, SECOND
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_rows import FlowRows
from app.feeds.decode.fix_settings import fix_settings
from tests.engine.test_fix_state_values import fresh, say, tables
from tests.feeds.fix.test_fix_flow import universe
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report, utc


def work(messages: int = 1, size: int = 100) -> k.Work:
    """A block of messages of one size, without stamps."""
    rows = np.zeros((messages, fix_scan.MESSAGE_COLUMNS), np.int64)
    rows[:, fix_scan.END] = size
    return k.Work(
        rows, np.zeros((0, 3), np.int32), np.full((messages, 2), NULL, np.int64),
        np.zeros((messages, k.ROW_COLUMNS), np.int64),
    )  # fmt: skip


def read(line: Line, table: dict[str, object] | None = None) -> tuple[FixFlow, list[FlowRows]]:
    """A log at speed, with its blocks."""
    made = FixFlow(fix_settings(table or {}, "test.toml"), universe())
    return made, made.feed(b"".join(message for _, message in line.log), "x.log") + made.close("x.log")


def rows_of(line: Line, table: dict[str, object] | None = None) -> Ints:
    """The kernel's own rows of a log."""
    blocks = read(line, table)[1]
    assert not any(block.told for block in blocks)
    return np.concatenate([block.array for block in blocks])


# -- room --------------------------------------------------------------------------------------------------------------

SPARE = 16  # what one message may add
NOTHING = np.frombuffer(b"." * 100, np.uint8)


@pytest.mark.parametrize(
    ("slot", "last"),
    [
        (k.S_KEYS, 4 * 64 * 5 // 8 - SPARE), (k.S_ORDERS, 64 - SPARE), (k.S_TEXTS, 64 - SPARE), (k.S_KEPT, 64 - SPARE),
        (k.S_ARENA, (1 << 12) - 408),
    ],
)  # fmt: skip
def test_that_a_table_is_full_just_before_the_next_message_might_not_fit(slot: int, last: int) -> None:
    memory, state = tables(64), fresh()
    state[slot] = last
    assert not flow.is_full(work(), memory, state)
    state[slot] = last + 1
    assert flow.is_full(work(), memory, state)
    assert flow.take(NOTHING, work(), memory, state) == k.FULL
    assert (state[k.S_NEXT], state[k.S_REC]) == (0, 0)  # the same message is tried again


def test_that_a_long_message_needs_more_of_the_arena() -> None:
    memory, state = tables(), fresh()
    sizes = [size for size in range(900, 1100) if not flow.is_full(work(size=size), memory, state)]
    assert sizes == list(range(900, (4096 - 8) // 4 + 1))


def test_that_a_block_without_messages_is_finished_at_once() -> None:
    memory, state = tables(), fresh()
    assert flow.take(NOTHING, work(0), memory, state) == k.FINISHED
    assert not state.any()


# -- kinds and times ---------------------------------------------------------------------------------------------------

COUNTERS = {"D": k.C_D, "8": k.C_8, "G": k.C_G, "F": k.C_F, "9": k.C_9, "H": k.C_H, "3": k.C_3, "j": k.C_J}


@pytest.mark.parametrize("what", range(256))
def test_that_a_message_type_is_read_or_passed_over(what: int) -> None:
    assert flow.read_kind(what) == COUNTERS.get(chr(what), -1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({t.F_KIND: b"D"}, k.NEW), ({t.F_KIND: b"G"}, k.REPLACE), ({t.F_KIND: b"F"}, k.CANCEL),
        ({t.F_KIND: b"9"}, k.REFUSED), ({t.F_KIND: b"H"}, -1), ({t.F_KIND: b"8"}, -1), ({}, -1),
        ({t.F_KIND: b"8", t.F_TYPE: b"0"}, -1), ({t.F_KIND: b"8", t.F_EXEC: b"E"}, -1),
        ({t.F_KIND: b"8", t.F_TYPE: b"0", t.F_EXEC: b"E"}, k.ACKED),
        ({t.F_KIND: b"8", t.F_TYPE: b"F", t.F_EXEC: b"E", t.F_TRANS: b"0"}, k.FILL),
        ({t.F_KIND: b"8", t.F_TYPE: b"F", t.F_EXEC: b"E", t.F_TRANS: b"1"}, -1),
        ({t.F_KIND: b"8", t.F_TYPE: b"1", t.F_EXEC: b"E", t.F_TRANS: b"2"}, -1),
        ({t.F_KIND: b"8", t.F_TYPE: b"1", t.F_EXEC: b"E", t.F_TRANS: b"3"}, -1),
        ({t.F_KIND: b"8", t.F_TYPE: b"1", t.F_EXEC: b"E", t.F_TRANS: b"4"}, k.FILL),
        ({t.F_KIND: b"8", t.F_TYPE: b"G", t.F_EXEC: b"E"}, -1), ({t.F_KIND: b"88", t.F_EXEC: b"E"}, -1),
    ],
)  # fmt: skip
def test_that_the_kind_of_a_row_is_plain_or_left_alone(values: dict[int, bytes], kind: int) -> None:
    memory = tables()
    assert flow.kind_of(say(memory, values), memory) == kind


@pytest.mark.parametrize(
    ("stamp", "sent", "ts"),
    [
        (NULL, utc(T0, 3), T0), (T0 + 9, utc(T0, 3), T0 + 9), (T0 + 9, "", T0 + 9), (0, utc(T0), 0),
        (NULL, "", None), (NULL, "20261120", None),
    ],
)  # fmt: skip
def test_that_a_message_is_dated_by_its_stamp_else_by_its_sending_time(stamp: int, sent: str, ts: int | None) -> None:
    memory, state, block = tables(), fresh(), work()
    block.stamps[0, 0] = stamp
    assert flow.dated(say(memory, {t.F_SENT: sent.encode()}), block, memory, state) == (ts is not None)
    assert ts is None or state[k.S_TS] == ts


@pytest.mark.parametrize(
    ("stamp", "sent", "coarse", "by_sending"),
    [
        (None, utc(T0, 0), 1, 1), (None, utc(T0, 3), 0, 1), ((T0, 1), utc(T0, 0), 0, 0),
        ((T0, SECOND), utc(T0, 6), 1, 0), ((T0, SECOND - 1), utc(T0, 6), 0, 0), ((T0, MILLISECOND), "", 0, 0),
    ],
)  # fmt: skip
def test_that_stamps_are_counted_by_grain_and_origin(
    stamp: tuple[int, int] | None, sent: str, coarse: int, by_sending: int
) -> None:
    memory, state, block = tables(), fresh(), work()
    if stamp is not None:
        block.stamps[0] = stamp
    say(memory, {t.F_SENT: sent.encode()})
    flow.counted(block, memory, state, k.C_D)
    assert state[[k.C_D, k.C_COARSE, k.C_BY_SENDING]].tolist() == [1, coarse, by_sending]


def test_that_a_message_is_out_of_order_only_behind_the_newest_of_its_session() -> None:
    memory, block = tables(), work()
    memory.sessions[0, t.P_LATEST] = NULL
    seen = []
    for ts in (5, 5, 4, 9, 8, 9, 10):
        state = fresh()
        state[k.S_TS] = ts
        flow.counted(block, memory, state, k.C_8)
        seen.append((int(state[k.C_OUT_OF_ORDER]), int(memory.sessions[0, t.P_LATEST])))
    assert seen == [(0, 5), (0, 5), (1, 5), (0, 9), (1, 9), (0, 9), (0, 10)]


# -- rows --------------------------------------------------------------------------------------------------------------


def test_that_rows_are_numbered_by_source_and_by_place_in_the_stream() -> None:
    one, two = Line("EMS", "BRK"), Line("EMS", "ALT")
    both = Line()
    for n in range(4):
        both.log += [(0, one.send("D", order(f"A{n}"), T0 + 1000 * n)), (0, one.send("0", [(112, "t")]))]
        both.log.append((0, two.send("D", order(f"B{n}"), T0 + 1000 * n)))
    rows = rows_of(both)
    assert rows[:, k.R_REC].tolist() == [0, 2, 3, 5, 6, 8, 9, 11]
    assert rows[:, k.R_SEQ].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert rows[:, k.R_SESSION].tolist() == [0, 1] * 4
    assert rows[:, k.R_TS].tolist() == [T0 + 1000 * n for n in range(4) for _ in "AB"]


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ([], NULL), ([(60, utc(T0 + 4000))], T0 + 4000), ([(60, utc(T0, 0))], NULL), ([(60, "never")], NULL),
        ([(60, utc(T0 + 5000 - 2 * MILLISECOND))], T0 + 5000 - 2 * MILLISECOND),
        ([(60, utc(T0 + 5000 - 2 * MILLISECOND - 1000))], NULL),
        ([(60, utc(T0 + 5000 + 2 * MILLISECOND))], T0 + 5000 + 2 * MILLISECOND),
        ([(60, utc(T0 + 6000 + 2 * MILLISECOND))], NULL),
    ],
)  # fmt: skip
def test_that_a_match_time_is_taken_within_the_clock_budget_and_never_made_up(more: Body, match: int) -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("8", [*filled("C1", "E1", (10, "10"), 10), *more], T0 + 5000)
    made, blocks = read(line, {"clock_budget_ms": 2.0})
    assert [block.array[-1, k.R_MATCH] for block in blocks] == [match]
    assert made.counts["fills_without_match_time"] == (match == NULL)


@pytest.mark.parametrize(
    ("more", "fee"),
    [
        ([], NULL), ([(12, "0.25")], 250_000_000), ([(12, "0.25"), (13, "3")], 250_000_000), ([(12, "0")], 0),
        ([(12, "-1.5")], -1_500_000_000), ([(13, "1")], NULL),
    ],
)  # fmt: skip
def test_that_a_fee_is_what_was_said_and_undefined_where_nothing_was(more: Body, fee: int) -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("8", [*filled("C1", "E1", (10, "10"), 10), *more], T0 + 1)
    assert rows_of(line)[-1, k.R_FEE] == fee


@pytest.mark.parametrize(
    ("more", "bad"),
    [
        ([(12, "1"), (13, "1")], False), ([(12, "x")], True), ([(32, "0")], True), ([(31, "")], True),
        ([(32, "-5")], True), ([(31, "1e3")], True),
    ],
)  # fmt: skip
def test_that_a_fill_in_doubt_leaves_no_row_and_no_number_of_the_kernel(more: Body, bad: bool) -> None:
    line = Line()
    line.send("D", order("C1"))
    own = {tag for tag, _ in more}
    body = [pair for pair in filled("C1", "E1", (10, "10"), 10) if pair[0] not in own]
    line.send("8", [*body, *more], T0 + 1)
    line.send("8", report("C1", "E2", "0", "0"), T0 + 2)
    made, blocks = read(line)
    rows = [row for block in blocks for row in block.orders()]
    assert sum(len(block.regular) for block in blocks) == 1
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(made.quarantine) == int(bad) == 3 - len(rows)


def test_that_a_replacement_has_the_terms_it_was_asked_for_where_the_report_is_silent() -> None:
    line = Line()
    line.send("D", order("C1", 100, "10"))
    line.send("G", [(41, "C1"), *order("C2", 120, "11")], T0 + 1)
    line.send("8", report("C2", "E1", "5", "0", [(41, "C1"), (37, "O-C1")]), T0 + 2)
    line.send("G", [(41, "C2"), *order("C3", 130, "12")], T0 + 3)
    line.send("8", report("C3", "E2", "5", "0", [(41, "C2"), (37, "O-C1"), (38, 125)]), T0 + 4)
    line.send("8", report("C3", "E3", "D", "0", [(37, "O-C1")]), T0 + 5)
    rows = rows_of(line)
    assert rows[[2, 4, 5], k.R_QTY].tolist() == [120, 125, NULL]
    assert rows[[2, 4, 5], k.R_PRICE].tolist() == [11 * 10**9, 12 * 10**9, NULL]
    assert (rows[:, k.R_LIMIT] == rows[:, k.R_PRICE]).all()
    assert rows[:, k.R_ORDER].tolist() == [0, 1, 1, 2, 2, 2]
    assert rows[:, k.R_ORIG].tolist() == [-1, 0, 0, 1, 1, -1]
    assert set(rows[:, k.R_CHAIN].tolist()) == {0}


def test_that_a_pending_report_states_no_terms() -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("8", report("C1", "E1", "A", "A", [(38, 100), (44, "10.5"), (14, 0)]), T0 + 1)
    row = rows_of(line)[-1]
    assert row[[k.R_KIND, k.R_QTY, k.R_PRICE, k.R_CUM, k.R_STATUS]].tolist() == [k.PENDING, NULL, NULL, 0, ord("A")]


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_that_the_kernel_goes_on_where_it_stopped_whatever_a_block_holds(cut: int) -> None:
    line = Line()
    for n in range(6):
        line.send("D", order(f"C{n}"), T0 + 1000 * n)
        line.send("8", filled(f"C{n}", f"F{n}", (10 + n, "10"), 10 + n), T0 + 1000 * n + 500)
    whole = rows_of(line)
    made = FixFlow(fix_settings({}, "test.toml"), universe())
    blocks: list[FlowRows] = []
    for at in range(0, len(line.log), cut):
        blocks += made.feed(b"".join(message for _, message in line.log[at : at + cut]), "x.log")
    blocks += made.close("x.log")
    pieces = np.concatenate([block.array for block in blocks])
    same = [
        k.R_TS, k.R_REC, k.R_KIND, k.R_SESSION, k.R_SEQ, k.R_ORDER, k.R_CHAIN, k.R_QTY, k.R_PRICE, k.R_CUM,
        k.R_STATUS, k.R_SIDE, k.R_SYMBOL,
    ]  # fmt: skip
    assert np.array_equal(pieces[:, same], whole[:, same])
    assert len(blocks) >= len(line.log) // cut // 2
