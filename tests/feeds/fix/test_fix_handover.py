"""What passes between the kernels and the reference decoder: nothing is lost, told twice or numbered twice."""

from typing import Any

import numpy as np
import pytest

from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.units import MILLISECOND, NULL
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_handover import Handover
from app.feeds.decode.fix_rows import FlowRows
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.decode.fix_stream import FixStream
from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.test_fix_flow import assert_alike, regular, universe
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report


def hand(table: dict[str, Any] | None = None) -> Handover:
    """The tables of a stream that heard nothing."""
    return Handover(FixStream(fix_settings(table or {}, "test.toml"), universe()))


def fed(data: bytes, table: dict[str, Any] | None = None) -> tuple[FixFlow, list[FlowRows]]:
    """A stream at speed, and its rows."""
    made = FixFlow(fix_settings(table or {}, "test.toml"), universe())
    return made, made.feed(data, "x.log") + made.close("x.log")


def log(line: Line) -> bytes:
    """The messages of a session, one behind the other."""
    return b"".join(message for _, message in line.log)


def reference_counts(data: bytes, table: dict[str, Any] | None = None) -> dict[str, int]:
    """What the reference decoder counts of the same bytes."""
    stream = FixStream(fix_settings(table or {}, "test.toml"), universe())
    framer = stream.framer()
    stream.take(framer.feed(data) + framer.close(), "x.log")
    return dict(stream.counts)


# -- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("budget", "ns"), [(0.0, 0), (0.5, MILLISECOND // 2), (2, 2 * MILLISECOND)])
def test_that_the_clock_budget_is_kept_in_nanoseconds(budget: float, ns: int) -> None:
    assert hand({"clock_budget_ms": budget}).state[k.S_BUDGET] == ns


def test_that_the_link_tags_of_every_session_are_looked_at() -> None:
    rules = [{"tag": 20013}, {"tag": 4095}, {"tag": 4096, "by": "order_id"}]
    memory = hand({"session": {"s": {"sender": "EMS", "parent": rules}}}).memory
    slots = {tag: t.slot(memory, tag) for tag in (20013, 4095, 4096, 11, 526)}
    assert len(set(slots.values())) == len(slots)
    assert min(slots.values()) >= 0
    assert t.slot(memory, 20014) == -1


def test_that_a_text_keeps_its_number_while_the_tables_grow() -> None:
    made = hand()
    texts = [f"text {n} é" for n in range(9000)]
    numbers = [made.text_number(text) for text in texts]
    assert numbers == list(range(len(texts)))
    assert [made.text_number(text) for text in reversed(texts)] == numbers[::-1]
    assert [made.text(number) for number in numbers[::500]] == texts[::500]
    assert made.text(-1) is None
    assert len(made.memory.texts) >= len(texts)


def test_that_growing_keeps_what_is_there_and_empty_rows_empty() -> None:
    made = hand()
    made.text_number("A")
    before = made.memory
    made.state[[k.S_ORDERS, k.S_TEXTS, k.S_KEPT]] = [len(before.orders) - 1, len(before.texts) - 1, len(before.kept)]
    made.state[k.S_ARENA] = len(before.arena) - 1
    made.state[k.S_KEYS] = len(before.keys.slots) * 5 // 8
    made.grow(1000)
    after = made.memory
    for name in ("orders", "texts", "kept", "arena"):
        assert len(getattr(after, name)) > len(getattr(before, name)), name
    assert len(after.keys.slots) > len(before.keys.slots)
    assert np.array_equal(after.texts[: len(before.texts)], before.texts)
    assert (after.texts[len(before.texts) :] == NULL).all()
    assert not after.orders[len(before.orders) :].any()
    assert len(after.keys.slots) & len(after.keys.slots) - 1 == 0  # slots are found by a mask
    assert made.text_number("A") == 0
    assert len(after.arena) >= made.state[k.S_ARENA] + 4 * 1000


def test_that_growing_without_need_changes_nothing() -> None:
    made = hand()
    before = made.memory
    made.grow(100)
    assert all(one is other for one, other in zip(before, made.memory, strict=True))


# -- handing over ------------------------------------------------------------------------------------------------------


def turning(at: int, odd: Body) -> bytes:
    """The life of an order; its message number `at` says something odd as well."""
    line = Line()
    bodies: list[tuple[str, Body]] = [
        ("D", [*order("C1"), (526, "P1"), (1, "ACC"), (100, "XNAS")]), ("8", report("C1", "E1", "0", "0")),
        ("8", filled("C1", "F1", (10, "10"), 10)), ("G", [(41, "C1"), *order("C2", 120, "11")]),
        ("8", report("C2", "E2", "5", "1", [(41, "C1"), (37, "O-C1")])),
        ("8", [(37, "O-C1"), *[pair for pair in filled("C2", "F2", (20, "11"), 30) if pair[0] != 37]]),
        ("F", [(11, "C3"), (41, "C2"), (55, "TECH"), (54, "1")]),
        ("8", report("C3", "E3", "4", "4", [(41, "C2"), (37, "O-C1")])),
    ]  # fmt: skip
    for n, (kind, body) in enumerate(bodies):
        line.send("D", order(f"X{n}"), T0 + 2000 * n)
        line.send(kind, [*body, *odd] if n == at else body, T0 + 2000 * n + 1000)
    return log(line)


ODD: list[Body] = [[(849, "0.5")], [(65, "A")], [(99, "no")], [(44, "1e1")]]


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("odd", ODD)
def test_that_a_chain_may_turn_odd_at_any_message_of_its_life(at: int, odd: Body) -> None:
    data = turning(at, odd)
    found = assert_alike(data, {}, [len(data) // 2])
    assert [row.seq for row in found.rows] == list(range(1, len(found.rows) + 1))
    assert regular(found) >= 8  # the orders beside it are the kernel's to the end
    assert fed(data)[0].counts == reference_counts(data)


def test_that_an_odd_chain_takes_no_other_chain_with_it() -> None:
    line = Line()
    for name in ("A", "B"):
        line.send("D", [*order(name), (526, "P1")])
    line.send("8", report("A", "E1", "0", "0", [(849, "1")]), T0 + 1000)
    for name in ("A", "B"):
        line.send("8", filled(name, f"F{name}", (10, "10"), 10), T0 + 2000)
    found = assert_alike(log(line), {}, [])
    told = [told.row.child_id for block in found.blocks for told in block.told]
    assert told == ["A", "A"]
    assert {row.parent_id for row in found.rows} == {"P1"}


def test_that_rows_of_both_decoders_stand_in_the_order_of_the_stream() -> None:
    line = Line()
    for n in range(12):
        line.send("D", [*order(f"C{n}"), *([(849, "0.1")] if n % 3 == 1 else [])], T0 + 1000 * n)
    found = assert_alike(log(line), {}, [])
    assert [row.child_id for row in found.rows] == [f"C{n}" for n in range(12)]
    assert [row.rec for row in found.rows] == list(range(12))
    assert (regular(found), sum(len(block.told) for block in found.blocks)) == (8, 4)


def test_that_a_session_the_kernels_cannot_read_is_left_whole_to_the_reference_decoder() -> None:
    line = Line("PM", "EMS")
    for n in range(5):
        line.send("D", order(f"C{n}"), T0 + n * 1000)
    table = {"session": {"pm": {"sender": "PM", "level": "parent"}}}
    found = assert_alike(log(line), table, [])
    assert regular(found) == 0
    assert [row.kind for row in found.rows] == ["parent_new", "child_new"] * 5


@pytest.mark.parametrize("seed", range(5000, 5004))
def test_that_what_is_counted_is_what_the_reference_decoder_counts(seed: int) -> None:
    data = b"".join(crowd(seed, 100))
    assert dict(fed(data, dict(TABLE))[0].counts) == reference_counts(data, dict(TABLE))


def test_that_a_message_cut_at_every_byte_gives_each_row_once() -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("8", filled("C1", "F1", (10, "10"), 10), T0 + 1000)
    line.send("8", report("C1", "E1", "0", "0", [(849, "1")]), T0 + 2000)
    data = log(line)
    for cut in range(0, len(data), 5):
        found = assert_alike(data, {}, [cut, cut + 2])
        assert [row.kind for row in found.rows] == ["child_new", "fill", "child_acked"], cut
