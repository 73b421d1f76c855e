"""A live stream gives the rows its log gives, from what is known by then, however it is cut."""

import itertools
import random
from collections.abc import Mapping
from typing import Any

import pytest

from app.engine.events import OrderRow
from app.engine.universe import Universe
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.decode.fix_stream import FixStream
from tests.feeds.fix.conftest import Read
from tests.feeds.fix.story import tell
from tests.feeds.fix.wire import MILLISECOND, T0, Line, filled, lines, order, report


def stream(table: Mapping[str, Any] | None = None) -> FixStream:
    """A stream under a `[fix]` table."""
    return FixStream(fix_settings(table or {}, "test.toml"), Universe())


def rows_of(data: bytes, cuts: list[int], table: Mapping[str, Any] | None = None) -> list[OrderRow]:
    """Rows of data that comes in pieces cut at these places."""
    live = stream(table)
    framer = live.framer()
    rows: list[OrderRow] = []
    for start, end in itertools.pairwise([0, *sorted(cuts), len(data)]):
        rows += live.take(framer.feed(data[start:end]), "day.log")
    return rows + live.take(framer.close(), "day.log")


@pytest.mark.parametrize("begin", ["FIX.4.2", "FIX.4.4"])
@pytest.mark.parametrize("seed", range(25))
def test_that_live_rows_are_those_of_the_log_in_any_cut(read: Read, seed: int, begin: str) -> None:
    log, told = tell(seed, begin)
    data = lines(log)
    rng = random.Random(seed)
    expected = read(data).rows
    assert len(expected) == len(told)
    assert rows_of(data, []) == expected
    assert rows_of(data, [rng.randrange(len(data)) for _ in range(20)]) == expected


@pytest.mark.parametrize(
    ("rules", "tags", "parent"),
    [
        ([{"tag": 20013}], [(20013, "P1"), (526, "X")], "P1"),
        ([{"tag": 20013}, {"tag": 526}], [(526, "X")], "X"),
        (None, [(526, "P5"), (583, "P6"), (66, "P7")], "P5"),
        (None, [(583, "P6"), (66, "P7")], "P6"),
        (None, [(66, "P7")], "P7"),
        ([{"tag": 11, "pattern": "^(?P<id>[^-]+)-"}], [], "P9"),
        (None, [], None),
    ],
)
def test_that_the_first_rule_that_finds_a_parent_links_the_order(
    rules: list[dict[str, Any]] | None, tags: list[tuple[int, str]], parent: str | None
) -> None:
    session: dict[str, Any] = {"sender": "EMS"} | ({"parent": rules} if rules is not None else {})
    line = Line()
    line.send("D", [*order("P9-1"), *tags])
    line.send("8", report("P9-1", "E1", "0", "0"), T0 + 1)
    line.send("G", [(41, "P9-1"), *order("P9-2")], T0 + 2)
    line.send("8", report("P9-2", "E2", "5", "0", [(41, "P9-1"), (37, "O-P9-1")]), T0 + 3)
    rows = rows_of(line.text(), [], {"session": {"s": session}})
    assert [row.kind for row in rows] == ["child_new", "child_acked", "child_replace_requested", "child_replaced"]
    assert {row.parent_id for row in rows} == {parent}
    assert {row.child_id for row in rows} == {"P9-1"}


def test_that_a_child_finds_its_parent_by_the_order_id_of_another_session() -> None:
    up, down = Line("PM", "EMS"), Line("EMS", "BRK")
    up.send("D", order("UP1"))
    up.send("8", report("UP1", "E1", "0", "0"), T0 + 1)
    down.send("D", [*order("DN1"), (198, "O-UP1")], T0 + 2)
    table = {"session": {"up": {"sender": "PM", "level": "parent"}, "down": {"sender": "EMS"}}}
    rows = rows_of(lines([*up.log, *down.log]), [], table)
    assert [(row.kind, row.parent_id) for row in rows][-1] == ("child_new", "UP1")


def test_that_an_algo_order_hands_its_parent_to_its_children() -> None:
    line = Line()
    line.send("D", [*order("A1"), (847, "VWAP"), (526, "P1")])
    line.send("D", [*order("C1"), (583, "A1")], T0 + 1)
    session = {"sender": "EMS", "levels": [{"tag": 847, "level": "algo"}], "algo_order": [{"tag": 583}]}
    rows = rows_of(line.text(), [], {"session": {"s": session | {"parent": [{"tag": 526}]}}})
    assert [(row.kind, row.algo_order_id, row.parent_id) for row in rows] == [
        ("algo_new", "A1", "P1"), ("child_new", "A1", "P1"),
    ]  # fmt: skip


def test_that_a_parent_named_late_links_the_rows_from_then_on() -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("8", [*report("C1", "E1", "0", "0"), (526, "P1")], T0 + 1)
    line.send("8", filled("C1", "E2", (10, "10"), 10), T0 + 2)
    assert [row.parent_id for row in rows_of(line.text(), [])] == [None, "P1", "P1"]


def test_that_a_value_carried_by_two_instruments_links_no_further_order() -> None:
    line = Line()
    line.send("D", [*order("C1"), (66, "L1")])
    line.send("D", [*order("C2", symbol="OTHER"), (66, "L1")], T0 + 1)
    line.send("8", report("C2", "E1", "0", "0"), T0 + 2)
    live = stream()
    framer = live.framer()
    rows = live.take(framer.feed(line.text()) + framer.close(), "day.log")
    assert [row.parent_id for row in rows] == ["L1", None, None]
    assert live.counts["links_over_several_instruments"] == 1


def test_that_copies_count_once_and_a_used_exec_id_is_set_aside() -> None:
    line = Line()
    line.send("D", order("C1"))
    fill = line.send("8", filled("C1", "E1", (10, "10"), 10), T0 + MILLISECOND)
    line.log.append((T0 + 2 * MILLISECOND, fill))  # logged twice
    line.next["BRK"] -= 1
    line.send("8", filled("C1", "E1", (10, "10"), 10), T0 + 3 * MILLISECOND, [(43, "Y")])
    line.send("8", filled("C1", "E1", (10, "10"), 10), T0 + 4 * MILLISECOND, [(97, "Y")])
    line.send("8", [*filled("C1", "E1", (10, "10"), 10), (58, "again")], T0 + 5 * MILLISECOND)
    line.send("8", filled("C1", "E1", (11, "10"), 21), T0 + 6 * MILLISECOND)
    live = stream()
    framer = live.framer()
    rows = live.take(framer.feed(line.text()) + framer.close(), "day.log")
    assert [row.kind for row in rows] == ["child_new", "fill"]
    counts = live.counts
    copies = ("log_copies", "possdup_copies", "possresend_copies", "execution_copies")
    assert [counts[what] for what in copies] == [1, 1, 1, 1]
    assert len(live.quarantine) == 1
    assert "ExecID (17) = 'E1'" in live.quarantine[0].reason


def test_that_an_id_of_two_sessions_is_told_apart_and_a_replaced_unknown_order_joins_its_chain() -> None:
    one, two = Line("EMS", "BRK"), Line("EMS", "OTHER")
    one.send("D", order("C1"))
    two.send("D", order("C1"), T0 + 1)
    two.send("G", [(41, "C0"), *order("C2")], T0 + 2)
    two.send("8", report("C2", "E1", "5", "0", [(41, "C0")]), T0 + 3)
    rows = rows_of(lines(sorted([*one.log, *two.log])), [])
    assert [(row.child_id, row.orig_child_id) for row in rows] == [
        ("C1", None), ("C1@EMS-OTHER", None), ("C0", "C0"), ("C0", "C0"),
    ]  # fmt: skip


def test_that_bytes_that_are_no_message_are_set_aside_with_their_place() -> None:
    line = Line()
    good = line.send("D", order("C1"))
    live = stream()
    framer = live.framer()
    rows = live.take(framer.feed(good[:-4] + b"999\x01\n" + good) + framer.close(), "day.log")
    assert [row.child_id for row in rows] == ["C1"]
    assert [entry.where for entry in live.quarantine] == ["day.log line 1 offset 0"]


def test_that_payloads_of_whole_messages_give_the_rows_of_the_stream_they_make(read: Read) -> None:
    log, _ = tell(11, "FIX.4.4")
    live = stream({"stamp": "sending"})
    rows = [row for n, (_, message) in enumerate(log) for row in live.payload(message, f"topic t offset {n}")]
    assert [row.kind for row in rows] == [row.kind for row in read(lines(log)).rows]
    assert live.payload(b"8=FIX.4.4|9=x|", "topic t offset 99") == []
    assert live.quarantine[-1].where.startswith("topic t offset 99")
