"""Rows of a board as messages and back: names for numbers, undefined stays undefined, the last word counts."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import layout
from app.engine.errors import DecodeError
from app.engine.events import Rows
from app.engine.units import NULL
from app.feeds.kafka.result_rows import BEAT, META, SECTIONS, Incoming, Keyed, Outgoing, Result, Row, decoded


class Arena:
    """Texts by number, as a board has them; 0 is none."""

    def __init__(self, *texts: str) -> None:
        self.texts = ["", *texts]

    def intern(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)

    def text(self, number: int) -> str:
        return self.texts[number]


def over_the_wire(section: str, identity: str, row: Row) -> tuple[str, Row]:
    """A row as another process gets it."""
    value = msgspec.msgpack.encode(Result(run="r", ts=1, row=row))
    found = decoded(f"{section}/{identity}".encode(), value)
    assert (found.section, found.identity) == (section, identity)
    return found.identity, found.value.row


EXTREMES = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 5e-324, -1.7976931348623157e308, 0.1]


def numbers(rng: np.random.Generator, kind: np.dtype[Any], count: int) -> list[Any]:
    """Values of a column's type, its extremes among them."""
    if kind.kind == "f":
        bits = rng.integers(-(2**63), 2**63 - 1, count).view(np.float64)  # any float at all
        return [EXTREMES[rng.integers(len(EXTREMES))] if rng.random() < 0.5 else value for value in bits.tolist()]
    if kind.itemsize == 1:
        return list(rng.integers(-1, 1, count, endpoint=True).tolist())
    known = np.iinfo(kind)
    drawn = rng.integers(known.min, known.max, count, endpoint=True).tolist()
    return [int(rng.choice([known.min, known.max, 0])) if rng.random() < 0.3 else value for value in drawn]


@st.composite
def board_rows(draw: st.DrawFn, section: str) -> tuple[Arena, Rows]:
    """A few rows of a section with any values, each with an identity of its own.

    Drawn from a seed: a hundred columns drawn one by one cost a hundred times as much.
    """
    arena = Arena()
    rng, count = np.random.default_rng(draw(st.integers(0, 2**32))), draw(st.integers(1, 3))
    rows = np.zeros(count, layout.SECTIONS[section])
    for name in rows.dtype.names or ():
        kind = rows.dtype[name]
        if kind == np.dtype("u4"):
            texts = ["".join(rng.choice(list("abc"), rng.integers(4))) for _ in range(count)]
            rows[name] = [arena.intern(text) for text in texts]
        elif name not in ("parent_row", "pad"):
            rows[name] = numbers(rng, kind, count)
    key = {"parents": "parent_id", "instruments": "instrument", "sources": "source", "fills": "fill_id"}.get(section)
    if key is not None:
        rows[key] = [arena.intern(f"{section}-{at}") for at in range(count)]
    return arena, rows


@pytest.mark.parametrize("section", ["parents", "fills", "instruments", "sources", "events"])
@given(data=st.data())
def test_that_any_row_comes_back_as_it_was_under_other_numbers(section: str, data: st.DataObject) -> None:
    arena, rows = data.draw(board_rows(section))
    out = Outgoing(arena.text, ["X"], parents={0: "P0"})
    sent = [over_the_wire(section, *entry) for entry in out.rows(section, range(len(rows)), rows)]
    there = Arena("of another run")
    index, got = Incoming(there.intern).rows(section, sent)
    assert index == list(range(len(rows)))
    for name in rows.dtype.names or ():
        if rows.dtype[name] == np.dtype("u4"):
            assert [there.text(n) for n in got[name]] == [arena.text(n) for n in rows[name]], name
        elif name != "pad":
            assert np.array_equal(got[name], rows[name], equal_nan=rows.dtype[name].kind == "f"), name


def one(section: str, **values: Any) -> Rows:
    row = np.zeros(1, layout.SECTIONS[section])
    for name, value in values.items():
        row[name] = value
    return row


def test_that_undefined_is_nil_in_the_topic_and_never_a_number() -> None:
    arena = Arena("P1")
    row = one("parents", parent_id=1, mid=np.nan, last_ts=NULL)
    ((identity, said),) = Outgoing(arena.text, []).rows("parents", [0], row)
    assert identity == "P1"
    assert (said["mid"], said["last_ts"], said["desk"]) == (None, None, "")


def test_that_a_row_without_an_identity_is_not_sent() -> None:
    assert list(Outgoing(Arena().text, []).rows("parents", [0], one("parents"))) == []


def test_that_a_fill_is_named_by_its_order_whatever_its_number() -> None:
    arena = Arena("P1", "F7", "P2")
    out = Outgoing(arena.text, [])
    assert [identity for identity, _ in out.rows("parents", [4], one("parents", parent_id=1))] == ["P1"]
    ((identity, said),) = out.rows("fills", [0], one("fills", fill_id=2, parent_row=4))
    assert (identity, said["parent_row"]) == ("P1/F7", "P1")
    ((stray, lost),) = out.rows("fills", [0], one("fills", fill_id=2, parent_row=9))
    assert (stray, lost["parent_row"]) == ("/F7", "")


def test_that_events_are_keyed_so_that_text_order_is_their_order() -> None:
    out = Outgoing(Arena("P1").text, [], parents={0: "P1"})
    numbers = [9, 10, 99, 100_000]
    keys = [identity for n in numbers for identity, _ in out.rows("events", [n], one("events"))]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(numbers)


def test_that_a_later_word_takes_the_place_of_an_earlier_one() -> None:
    incoming = Incoming(Arena().intern)
    first, _ = incoming.rows("parents", [("A", {"mid": 1.0}), ("B", {"mid": 2.0})])
    again, rows = incoming.rows("parents", [("B", {"mid": 3.0}), ("C", {"mid": 4.0}), ("B", {"mid": 5.0})])
    assert first == [0, 1]
    assert again == [1, 2]
    assert rows["mid"].tolist() == [5.0, 4.0]


def test_that_a_fill_may_come_before_the_order_it_names() -> None:
    incoming = Incoming(Arena().intern)
    _, fills = incoming.rows("fills", [("P2/F1", {"parent_row": "P2"}), ("P1/F1", {"parent_row": "P1"})])
    index, _ = incoming.rows("parents", [("P1", {}), ("P2", {})])
    assert fills["parent_row"].tolist() == [index[1], index[0]]


def test_that_a_fill_of_no_order_has_no_row() -> None:
    _, fills = Incoming(Arena().intern).rows("fills", [("/F1", {"parent_row": ""})])
    assert fills["parent_row"].tolist() == [-1]


def test_that_a_column_an_older_engine_does_not_send_is_undefined() -> None:
    _, rows = Incoming(Arena().intern).rows("parents", [("P1", {"parent_id": "P1"})])
    for name in rows.dtype.names or ():
        value = rows[name][0]
        kind = rows.dtype[name]
        if kind.kind == "f":
            assert np.isnan(value), name
        elif kind == np.dtype("i8"):
            assert value == NULL, name
    assert rows["in_fdr_set"].tolist() == [-1]


def test_that_a_column_a_newer_engine_sends_is_passed_over() -> None:
    index, rows = Incoming(Arena().intern).rows("parents", [("P1", {"mid": 1.5, "of_tomorrow": "x"})])
    assert (index, rows["mid"].tolist()) == ([0], [1.5])


def path(ts: list[int], instrument: int = 0, mid: list[float] | None = None) -> Rows:
    rows = np.zeros(len(ts), layout.TRACE_ROW)
    rows["ts"], rows["instrument"] = ts, instrument
    rows["mid"] = mid or [1.0] * len(ts)
    rows["volume"] = np.arange(len(ts))
    return rows


def test_that_paths_are_sent_by_instrument_with_undefined_mids_as_nil() -> None:
    out = Outgoing(Arena().text, ["AAPL", "MSFT"])
    rows = np.concatenate([path([5, 7], 0, [1.0, np.nan]), path([6], 1)])
    found = dict(out.rows("trace", range(3), rows))
    assert list(found) == [f"AAPL/{5:020d}", f"MSFT/{6:020d}"]
    assert found[f"AAPL/{5:020d}"]["mid"] == [1.0, None]
    _, got = Incoming(Arena().intern).rows("trace", [*found.items()])
    assert got["ts"].tolist() == [5, 7, 6]
    assert np.array_equal(got["mid"], [1.0, np.nan, 1.0], equal_nan=True)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_that_points_sent_twice_are_there_once(lengths: list[int], data: st.DataObject) -> None:
    out, incoming = Outgoing(Arena().text, ["AAPL"]), Incoming(Arena().intern)
    ends = np.cumsum([0, *lengths]).tolist()
    messages = [
        entry for begin, end in pairwise(ends) for entry in out.rows("trace", [], path(list(range(begin, end))))
    ]
    again = [*messages, *data.draw(st.lists(st.sampled_from(messages), max_size=3))]
    parts = [incoming.rows("trace", [message]) for message in again]
    assert [int(ts) for _, rows in parts for ts in rows["ts"]] == list(range(ends[-1]))
    assert [place for index, _ in parts for place in index] == list(range(ends[-1]))


def test_that_a_path_stands_with_the_instrument_that_comes_later() -> None:
    incoming = Incoming(Arena().intern)
    incoming.rows("instruments", [("MSFT", {"instrument": "MSFT"})])
    said = {"instrument": "AAPL", "ts": [1], "mid": [2.0], "volume": [3]}
    _, rows = incoming.rows("trace", [("AAPL/1", said)])
    index, _ = incoming.rows("instruments", [("AAPL", {"instrument": "AAPL"})])
    assert rows["instrument"].tolist() == index


@given(st.sampled_from([*SECTIONS, BEAT, META]), st.text("aZ9/-", max_size=8))
def test_that_a_key_is_read_back_as_it_was_made(section: str, identity: str) -> None:
    message = Keyed(section, identity, Result(run="r", ts=3))
    assert decoded(message.key.encode(), msgspec.msgpack.encode(message.value)) == message


@pytest.mark.parametrize("key", [b"", b"/", b"Parents/P1", b"parentsP1", b"none/parents"])
def test_that_a_key_of_no_section_is_refused_with_those_there_are(key: bytes) -> None:
    with pytest.raises(DecodeError, match="allowed: parents, fills, children, events"):
        decoded(key, msgspec.msgpack.encode(Result(run="r", ts=1)))


@given(st.binary(max_size=40))
def test_that_any_bytes_are_a_result_or_one_complaint(value: bytes) -> None:
    try:
        said = decoded(b"parents/P1", value).identity
    except DecodeError as error:
        said = str(error)
    assert said == "P1" or said.startswith("key b'parents/P1': not a result: ")


def test_that_text_that_is_no_text_is_refused_and_stops_nobody() -> None:
    value = msgspec.msgpack.encode(Result(run="RUN", ts=1)).replace(b"RUN", b"R\xffN")
    with pytest.raises(DecodeError, match="not a result"):
        decoded(b"parents/P1", value)


def test_that_a_long_key_is_not_repeated_whole() -> None:
    with pytest.raises(DecodeError) as refusal:
        decoded(b"x" * 10_000, b"")
    assert len(str(refusal.value)) < 300
