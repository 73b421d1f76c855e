"""What is published to a tickerplant is what is read of it: every kind of row, to the last digit, nothing made up."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import units
from app.engine.errors import DecodeError
from app.engine.events import KINDS, LIQUIDITY, MARKET, VISIBILITIES, Instrument, OrderRow, Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.archive.packing import checksum
from app.feeds.decode.rows import blank
from app.feeds.kdb import described
from app.feeds.kdb.codec import DAY, Codec, Update
from app.feeds.kdb.intake import Intake
from app.feeds.kdb.publisher import MARKET_COLUMNS, ORDER_COLUMNS, Publisher, order_columns
from app.settings_sources import KdbSource

DATE = "2026-03-02"
NOON = int(np.datetime64(DATE, "ns").astype(np.int64)) + DAY // 2
TIME = st.integers(2 * DAY, 2**62)
PRICE = st.one_of(st.sampled_from((0, 1, -1, units.PRICE_LIMIT, -units.PRICE_LIMIT)), st.integers(-(10**15), 10**15))
SIZE = st.one_of(st.sampled_from((1, units.SIZE_LIMIT)), st.integers(1, 10**6))
NUMBER = st.one_of(st.integers(0, 2**63 - 1), st.integers(2**63 + 1, 2**64 - 1))  # 2**63 itself is kdb+'s null
QUOTED = st.one_of(st.just((units.NULL, units.NULL)), st.tuples(PRICE, SIZE))


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec()


def test_that_an_undefined_time_is_the_null_of_kdb_and_no_time_in_a_far_century(codec: Codec) -> None:
    stamps = np.array([units.NULL, 5]).view("M8[ns]")
    message = codec.publish(".u.upd", "market", [stamps, np.array([units.NULL]).view("m8[ns]")])
    null = units.NULL.to_bytes(8, "little", signed=True)
    assert message.count(null) == 2
    found = codec.update(message)
    assert isinstance(found, Update)
    assert found.columns[0].tolist() == [units.NULL, 5]
    assert found.columns[1].tolist() == [units.NULL]


@st.composite
def market_rows(draw: st.DrawFn) -> Rows:
    """A few good rows of any action, of two instruments, venues and sources."""
    count = draw(st.integers(1, 8))
    rows = blank(count)
    for row in rows:
        action = draw(st.sampled_from("ACMRLQTFXS"))
        row["action"], row["ts_event"] = ord(action), draw(TIME)
        row["ts_recv"] = draw(st.one_of(st.just(0), TIME))
        row["seq"], row["flags"] = draw(NUMBER), draw(st.integers(0, 255)) & ~units.SNAPSHOT
        for name in ("instrument", "venue", "source"):
            row[name] = draw(st.integers(0, 1))
        if action == "Q":
            row["price"], row["size"] = draw(QUOTED)
            row["price2"], row["size2"] = draw(QUOTED)
        elif action == "S":
            row["status"] = draw(st.integers(1, 4))
        else:
            row["price"], row["size"] = draw(PRICE), draw(SIZE)
            row["side"], row["order_id"] = draw(st.sampled_from((units.BID, units.ASK))), draw(NUMBER)
            row["condition"] = draw(st.integers(0, 6))
    return rows


def universe_of() -> Universe:
    universe = Universe()
    for names, texts in (
        (universe.instruments, ("AAPL", "ÄÖ/1")), (universe.venues, ("XNAS", "XLON")), (universe.sources, ("a", "b")),
    ):  # fmt: skip
        for text in texts:
            names.index(text)
    return universe


class Columns(Publisher):
    """Makes the columns of a publisher and has no connection."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe


def taken(codec: Codec, role: str, names: tuple[str, ...], columns: list[Any], universe: Universe) -> Any:
    """The batch that a follower makes of what was sent."""
    found = codec.update(codec.publish(".u.upd", "t", columns))
    assert isinstance(found, Update)
    intake = Intake("md", KdbSource(table="t", role=role), universe, frozenset())  # type: ignore[arg-type]
    intake.begin_day(DATE)
    intake.schema = names
    (batch,) = intake.batches([found])
    assert batch.quarantine == ()
    return batch


@pytest.mark.slow
@given(rows=market_rows())
def test_that_market_rows_come_back_as_they_were_under_other_numbers(codec: Codec, rows: Rows) -> None:
    universe, other = universe_of(), Universe()
    other.instruments.index("first of another run")
    columns = Columns(universe).market_columns(rows)
    back = taken(codec, "market", MARKET_COLUMNS, columns, other).market
    for name in set(MARKET.names or ()) - {"rec", "pad", "instrument", "venue", "source"}:
        assert back[name].tolist() == rows[name].tolist(), name
    assert checksum(back, other) == checksum(rows, universe)  # names by name


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
MAYBE_TEXT = st.one_of(st.none(), TEXT)
WHOLE = st.one_of(st.none(), st.integers(0, units.SIZE_LIMIT))
MAYBE_PRICE = st.one_of(st.none(), PRICE)
MAYBE_TIME = st.one_of(st.none(), TIME)
SHARE = st.one_of(st.none(), st.floats(0, 1))
ORDER = st.builds(
    OrderRow,
    ts_event=TIME, kind=st.sampled_from(sorted(KINDS)), source=TEXT, seq=st.integers(0, 2**63 - 1),
    ts_recv=st.one_of(st.just(0), TIME), parent_id=TEXT, algo_order_id=TEXT, child_id=TEXT, exec_id=TEXT,
    ref_exec_id=MAYBE_TEXT, order_id=MAYBE_TEXT, instrument=TEXT, venue=MAYBE_TEXT,
    side=st.sampled_from(("BUY", "SELL", "SHORT")), account=MAYBE_TEXT, text=MAYBE_TEXT, params=MAYBE_TEXT,
    qty=SIZE, price=PRICE, limit_price=MAYBE_PRICE, cum_qty=WHOLE, ts_match=MAYBE_TIME, start_ns=MAYBE_TIME,
    end_ns=MAYBE_TIME, target_pov=SHARE, max_pov=SHARE, fee=MAYBE_PRICE, decision_price=MAYBE_PRICE,
    decision_ns=MAYBE_TIME, liquidity=st.one_of(st.none(), st.sampled_from(LIQUIDITY)), propensity=SHARE,
    visibility=st.one_of(st.none(), st.sampled_from(VISIBILITIES)), last_status=MAYBE_TEXT,
    randomised=st.one_of(st.none(), st.booleans()), raw=st.one_of(st.none(), st.binary(min_size=1, max_size=9)),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=30)
@given(orders=st.lists(ORDER, min_size=1, max_size=4))
def test_that_own_rows_come_back_as_they_were_and_undefined_stays_undefined(
    codec: Codec, orders: list[OrderRow]
) -> None:
    back = taken(codec, "orders", ORDER_COLUMNS, order_columns(orders), Universe()).orders
    assert list(back) == [msgspec.structs.replace(row, rec=number) for number, row in enumerate(orders)]


def test_that_columns_are_those_of_the_table_in_its_order_and_of_one_length() -> None:
    rows = blank(3)
    rows["action"], rows["ts_event"] = ord("R"), NOON
    columns = Columns(universe_of()).market_columns(rows)
    assert [len(column) for column in columns] == [3] * len(MARKET_COLUMNS)
    assert columns[0].tolist() == [DAY // 2] * 3  # type: ignore[union-attr]
    assert len(order_columns([])) == len(ORDER_COLUMNS)
    assert {len(column) for column in order_columns([])} == {0}


def instruments() -> st.SearchStrategy[Instrument]:
    return st.builds(
        Instrument, instrument=TEXT, currency=st.just("USD"), tick_size=st.one_of(st.none(), st.integers(1, 10**9)),
        adv=st.one_of(st.none(), st.floats(1, 1e9)), index=MAYBE_TEXT,
    )  # fmt: skip


@given(st.lists(instruments(), max_size=4), st.lists(st.tuples(TIME, st.floats(0.1, 10)), max_size=3))
def test_that_reference_data_comes_back_as_it_was(known: list[Instrument], rates: list[tuple[int, float]]) -> None:
    universe, other = Universe(), Universe()
    for instrument in known:
        universe.describe(instrument)
    universe.fx["EURUSD"] = rates
    sent = [*described.rows(universe)]
    columns = [[0] * len(sent), *([row[index] for row in sent] for index in range(3))]
    described.learn(described.COLUMNS, columns, other, ("reference", "md"))
    assert other.reference == universe.reference
    assert other.fx == universe.fx


def refused(kind: bytes, body: bytes) -> Quarantined:
    """What becomes of a row behind a good one; the good one counts."""
    universe = Universe()
    columns: list[Any] = [[0, 0], [b"A", b"B"], [b"fx", kind], [b"[]", body]]
    (entry,) = described.learn(described.COLUMNS, columns, universe, ("ref", "md"))
    assert (universe.fx, universe.reference) == ({"A": []}, {})
    return entry


@pytest.mark.parametrize("body", [b"", b"{", b"[[1]]", b'[["\xff", 1]]', b"\xff", b'{"instrument": "\xff"}', b"null"])
@pytest.mark.parametrize("kind", [b"fx", b"instrument"])
def test_that_reference_data_that_is_none_is_set_aside_by_its_row(kind: bytes, body: bytes) -> None:
    entry = refused(kind, body)
    assert (entry.source, entry.where, entry.raw) == ("md", "kdb+ table ref row 1", body)
    assert entry.reason.startswith("kdb+ table ref row 1: sym = 'B': ")


def test_that_a_kind_of_reference_nobody_knows_is_named() -> None:
    reason = refused(b"rates", b"[]").reason
    assert "ref row 1: sym = 'B': kind = 'rates' is not allowed; allowed: instrument or fx" in reason


@pytest.mark.parametrize("names", [("time", "sym", "kind"), ("time", "sym", "sort", "body"), ()])
def test_that_a_table_of_reference_with_other_columns_is_named(names: tuple[str, ...]) -> None:
    columns: list[Any] = [[0], [b"A"], [b"fx"], [b"[]"]]
    with pytest.raises(DecodeError, match=r"kdb\+ table ref: columns = .* allowed: time, sym, kind, body"):
        described.learn(names, columns, Universe(), ("ref", "md"))


def test_that_the_last_word_on_a_pair_counts() -> None:
    universe = Universe()
    columns: list[Any] = [[0, 1], [b"EURUSD"] * 2, [b"fx"] * 2, [b"[[1, 1.5]]", b"[[1, 1.25]]"]]
    described.learn(described.COLUMNS, columns, universe, ("ref", "md"))
    assert universe.fx == {"EURUSD": [(1, 1.25)]}
