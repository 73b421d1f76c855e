"""Binance captures: the book by the documented rules, prints, exact sizes, and lines that are wrong."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from app.engine import units
from app.engine.book import Books
from app.engine.errors import FeedError
from app.engine.events import Instrument, Rows
from app.engine.universe import Universe
from app.feeds import binance
from app.feeds.base import Options, Recording
from app.feeds.decode.binance import BinanceDecoder
from app.feeds.decode.binance_book import Continuity, Step, Update
from app.feeds.decode.binance_fields import describe, venue_of
from app.feeds.decode.symbols import Span, SymbolFile
from tests.feeds.made import DAY0, T0, capture, depth, drained, reasons, snapshot

BIDS, ASKS = '[["2682.17","159"],["2682.12","63"]]', '[["2682.18","3793"]]'


def opened(path: Path, options: Options | None = None) -> tuple[Rows, Recording]:
    recording = binance.open_recording(path, Universe(), options or Options())
    return drained(recording), recording


def read(folder: Path, *messages: str) -> tuple[Rows, Recording]:
    (folder / "x.log").write_bytes(capture(*messages))
    return opened(folder / "x.log")


def trade(price: str = "2682.18", size: str = "11", maker: str = "false", **more: Any) -> str:
    at = {"kind": "trade", "symbol": "ETHUSD_PERP", "id": 805, "key": "t", **more}
    return (
        f'{{"e":"{at["kind"]}","s":"{at["symbol"]}","{at["key"]}":{at["id"]},"p":"{price}","q":"{size}","m":{maker}}}'
    )


def told(rows: Rows) -> list[tuple[str, int, int, int, int]]:
    return [(chr(r["action"]), int(r["side"]), int(r["price"]), int(r["size"]), int(r["flags"])) for r in rows]


NONE = units.NULL
SNAP, LAST = units.SNAPSHOT, units.LAST


def test_that_a_snapshot_clears_and_fills_the_book_and_updates_follow(tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path,
        snapshot(100, BIDS, ASKS),
        depth(98, 104, 97, '[["2682.12","0"]]', '[["2682.18","5"],["2682.20","1"]]'),
    )
    assert recording.quarantine == []
    assert told(rows) == [
        ("R", 0, NONE, NONE, SNAP),
        ("L", 1, 2_682_170_000_000, 159, SNAP),
        ("L", 1, 2_682_120_000_000, 63, SNAP),
        ("L", -1, 2_682_180_000_000, 3793, SNAP),
        ("L", 1, 2_682_120_000_000, 0, 0),
        ("L", -1, 2_682_180_000_000, 5, 0),
        ("L", -1, 2_682_200_000_000, 1, LAST),
    ]
    assert rows["seq"].tolist() == [100] * 4 + [104] * 3
    assert rows["rec"].tolist() == [0] * 4 + [1] * 3
    assert rows["ts_event"].tolist() == [T0] * 4 + [T0 + 1000] * 3
    assert (rows["ts_recv"] == rows["ts_event"]).all()
    assert recording.universe.venues.names == ["BINANCE-CM"]
    assert recording.universe.sources.names == ["binance"]
    assert recording.rows_total == 2


def test_that_an_update_without_levels_still_ends_its_event(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, snapshot(100, "[]", "[]"), depth(99, 101, 98))
    assert told(rows) == [("R", 0, NONE, NONE, SNAP), ("F", 0, NONE, NONE, LAST)]
    assert rows["seq"].tolist() == [100, 101]


def test_that_updates_that_waited_are_applied_when_the_snapshot_came(tmp_path: Path) -> None:
    level = '[["1","1"]]'
    rows, recording = read(
        tmp_path, depth(80, 90, 79, level), depth(91, 99, 90, level), depth(100, 110, 99, level),
        depth(111, 120, 110, level), snapshot(105, "[]", "[]"), depth(121, 130, 120, level),
    )  # fmt: skip
    assert recording.counts["depth_before_snapshot"] == 2
    assert recording.counts["depth_waiting"] == 4
    assert rows["seq"].tolist() == [105, 110, 120, 130]
    assert rows["flags"].tolist() == [SNAP, SNAP | LAST, SNAP | LAST, LAST]
    assert rows["rec"].tolist() == [4, 2, 3, 5]
    assert rows["ts_event"].tolist() == [T0 + 4000, T0 + 2000, T0 + 3000, T0 + 5000]
    assert rows["ts_recv"].tolist() == [T0 + 4000, T0 + 4000, T0 + 4000, T0 + 5000]


def test_that_a_gap_voids_the_book_until_a_snapshot(tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path, snapshot(100, "[]", "[]"), depth(100, 101, 99), depth(105, 106, 104), depth(107, 108, 106),
        snapshot(107, "[]", "[]"), depth(109, 110, 108),
    )  # fmt: skip
    assert recording.counts["gaps"] == 1
    assert told(rows)[2] == ("R", 0, NONE, NONE, LAST)
    assert rows["seq"].tolist() == [100, 101, 106, 107, 108, 110]
    assert bytes(rows["action"]) == b"RFRRFF"
    assert any("1 gaps" in note for note in recording.notes)


def test_that_a_snapshot_older_than_the_book_is_passed_over(tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path, snapshot(100, "[]", "[]"), depth(100, 110, 99), snapshot(105, BIDS, ASKS), depth(111, 112, 110)
    )
    assert recording.counts["snapshots_older_than_the_book"] == 1
    assert rows["seq"].tolist() == [100, 110, 112]


def test_that_spot_counts_by_first_and_final_id(tmp_path: Path) -> None:
    symbol = "BTCUSDT"
    level = '[["50000.01","0.00000001"]]'
    rows, recording = read(
        tmp_path, snapshot(100, "[]", "[]", None), depth(95, 100, None, level, symbol=symbol),
        *[depth(first, final, None, level, symbol=symbol) for first, final in ((99, 104), (105, 109), (111, 112))],
    )  # fmt: skip
    assert recording.counts["depth_before_snapshot"] == 1
    assert recording.counts["gaps"] == 1
    assert rows["seq"].tolist() == [100, 104, 109, 112]
    assert (int(rows["price"][1]), int(rows["size"][1])) == (50_000_010_000_000, 1)
    assert recording.universe.venues.names == ["BINANCE"]
    assert recording.universe.of("BTCUSDT").size_exponent == -8


T = Update[None]


@pytest.mark.parametrize(
    ("snapshot_id", "updates", "steps"),
    [
        (100, [T(90, 99, 89, None), T(100, 100, 99, None)], [Step.OLD, Step.APPLY]),
        (100, [T(90, 100, 89, None), T(101, 103, 100, None)], [Step.APPLY, Step.APPLY]),
        (100, [T(101, 103, 100, None)], [Step.GAP]),
        (100, [T(95, 105, 94, None), T(106, 107, 104, None)], [Step.APPLY, Step.GAP]),
        (100, [T(90, 100, None, None), T(101, 103, None, None)], [Step.OLD, Step.APPLY]),
        (
            100,
            [T(90, 101, None, None), T(102, 102, None, None), T(104, 104, None, None)],
            [Step.APPLY, Step.APPLY, Step.GAP],
        ),
        (100, [T(102, 103, None, None)], [Step.GAP]),
    ],
)
def test_that_updates_follow_a_snapshot_by_the_documented_rule(
    snapshot_id: int, updates: list[Update[None]], steps: list[Step]
) -> None:
    book: Continuity[None] = Continuity()
    assert book.snapshot(snapshot_id) == []
    assert [book.update(update) for update in updates] == steps
    waiting: Continuity[None] = Continuity()
    assert [waiting.update(update) for update in updates] == [Step.WAIT] * len(updates)
    answered = waiting.snapshot(snapshot_id)
    assert answered is not None
    assert [step for _, step in answered] == steps, "before the snapshot or after it, the rule is one"


def test_that_prints_carry_the_aggressors_side(tmp_path: Path) -> None:
    rows, recording = read(tmp_path, trade(), trade(maker="true", id=806, price="0.000000001", size="1"))
    assert recording.quarantine == []
    assert told(rows) == [("T", 1, 2_682_180_000_000, 11, 0), ("T", -1, 1, 1, 0)]


def test_that_a_print_has_the_seq_of_the_depth_before_it(tmp_path: Path) -> None:
    rows, _ = read(
        tmp_path, trade(), depth(90, 110, 89), trade(), snapshot(100, BIDS, ASKS), trade(),
        depth(111, 120, 110), trade(),
    )  # fmt: skip
    assert bytes(rows["action"]) == b"TTRLLLFTFT"
    assert rows["seq"].tolist() == [0, 0, 100, 100, 100, 100, 110, 110, 120, 120]


@pytest.mark.parametrize(("first", "second"), [("trade", "aggTrade"), ("aggTrade", "trade")])
def test_that_prints_told_twice_count_once(first: str, second: str, tmp_path: Path) -> None:
    keys = {"trade": "t", "aggTrade": "a"}
    rows, recording = read(
        tmp_path,
        trade(kind=first, key=keys[first], id=1),
        trade(kind=second, key=keys[second], id=2),
        trade(kind=first, key=keys[first], id=3),
    )
    assert rows["rec"].tolist() == [0, 2]
    assert recording.counts == {"trades": 2, "trades_told_twice": 1}


def test_that_book_tickers_are_never_applied(tmp_path: Path) -> None:
    typed = '{"e":"bookTicker","u":5,"s":"ETHUSD_PERP","b":"1","B":"1","a":"2","A":"1"}'
    spot = '{"u":5,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}'
    rows, recording = read(tmp_path, typed, spot)
    assert len(rows) == 0
    assert recording.counts == {"book_tickers": 2}


def test_that_other_events_and_replies_are_counted(tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path,
        '{"e":"markPriceUpdate","s":"X"}',
        '{"result":null,"id":1}',
        '{"stream":"x","data":{"e":"forceOrder"}}',
    )
    assert len(rows) == 0
    assert recording.counts == {"events_markPriceUpdate": 1, "replies": 1, "events_forceOrder": 1}
    assert recording.quarantine == []


def test_that_envelopes_and_bare_events_are_the_same(tmp_path: Path) -> None:
    bare, _ = read(tmp_path, snapshot(100, BIDS, ASKS), depth(99, 101, 98, BIDS), trade())
    wrapped, _ = read(
        tmp_path, snapshot(100, BIDS, ASKS),
        *[f'{{"stream":"ethusd_perp@x","data":{message}}}' for message in (depth(99, 101, 98, BIDS), trade())],
    )  # fmt: skip
    assert (bare == wrapped).all()


BAD_LINES = [
    (b"no stamp", "stamp = 'no' is not allowed; allowed: ns since the epoch"),
    (b"0 {}", "stamp = '0'"),
    (b"99999999999999999999 {}", "stamp = "),
    (b"1723161256172210766", "message = "),
    (b"1723161256172210766 [1,2]", "message = '[1,2]' is not allowed; allowed: a JSON object"),
    (b'1723161256172210766 {"e":"trade"', "message = "),
    (b'1723161256172210766 {"e":"trade\xff"}', "message = "),
    (b"1723161256172210766 " + b"[" * 5000, "message = "),
    (b'1723161256172210766 {"data":7}', "message = "),
    (b'1723161256172210766 {"e":5}', "e = 5 is not allowed; allowed: depthUpdate, trade"),
    (b"1723161256172210766 {}", "e = None"),
    (b'1723161256172210766 {"e":"trade","p":"1","q":"1","m":true,"t":1}', "s = None is not allowed; allowed: a symbol"),
]
BAD_FIELDS = [
    (trade(price="1e3"), "p = '1e3' is not allowed; allowed: a decimal price, 9 decimals at most"),
    (trade(price="0.0000000001"), "p = "),
    (trade(size="-1"), "q = '-1' is not allowed; allowed: a size from 0"),
    (trade(size="1.5"), "q = '1.5' is not allowed; allowed: a decimal size, 0 decimals at most"),
    (trade(maker="1"), "m = 1 is not allowed; allowed: true, false"),
    (trade(id='"x"'), "t = 'x' is not allowed; allowed: a whole number"),
    (trade(id="-1"), "t = -1"),
    (trade().replace('"2682.18"', "2682.18"), "p = 2682.18 is not allowed; allowed: a decimal price as text"),
    (trade().replace('"11"', "11"), "q = 11 is not allowed; allowed: a decimal size as text"),
    (depth(1, 2, 0, "{}"), "b = {} is not allowed; allowed: a list of [price, size]"),
    (depth(1, 2, 0, '[["1"]]'), "b = ['1'] is not allowed; allowed: [price, size]"),
    (depth(1, 2, 0, '[["1","x"]]'), "b = 'x' is not allowed; allowed: a decimal size"),
    (depth(1, 2, 0).replace('"u":2', '"u":null'), "u = None"),
    (depth(1, 2, 0).replace('"pu":0', '"pu":"0"'), "pu = '0'"),
    (snapshot(1, "[]", "[]").replace("1", '"1"', 1), "lastUpdateId = '1'"),
    (snapshot(1, "5", "[]"), "bids = 5"),
]


@pytest.mark.parametrize(
    ("bad", "words"), BAD_LINES, ids=[words[:20] + str(n) for n, (_, words) in enumerate(BAD_LINES)]
)
def test_that_a_wrong_line_is_set_aside_by_number(bad: bytes, words: str, tmp_path: Path) -> None:
    good = capture(trade())
    (tmp_path / "x.log").write_bytes(good + bad + b"\n" + good)
    rows, recording = opened(tmp_path / "x.log")
    assert rows["rec"].tolist() == [0, 2]
    assert recording.counts["quarantined"] == 1
    assert recording.quarantine[0].where == "x.log line 2"
    assert recording.quarantine[0].raw == bad[:4096]
    assert words in recording.quarantine[0].reason


@pytest.mark.parametrize(
    ("bad", "words"), BAD_FIELDS, ids=[words[:20] + str(n) for n, (_, words) in enumerate(BAD_FIELDS)]
)
def test_that_a_wrong_field_is_named_with_its_value(bad: str, words: str, tmp_path: Path) -> None:
    rows, recording = read(tmp_path, trade(), bad, trade(id=9))
    assert rows["rec"].tolist() == [0, 2]
    assert recording.counts["quarantined"] == 1
    assert recording.quarantine[0].reason.startswith("x.log line 2: ")
    assert words in recording.quarantine[0].reason


def test_that_a_lost_update_is_a_gap(tmp_path: Path) -> None:
    broken = depth(101, 102, 100, '[["x","1"]]')
    _, recording = read(tmp_path, snapshot(100, "[]", "[]"), depth(100, 100, 99), broken, depth(103, 104, 102))
    assert recording.counts["gaps"] == 1
    assert recording.counts["quarantined"] == 1


def test_that_a_snapshot_without_a_symbol_is_that_of_the_only_one(tmp_path: Path) -> None:
    first = snapshot(100, '[["1","1"]]', "[]", None)
    after, _ = read(tmp_path, depth(90, 99, 89), first, depth(100, 101, 99))
    before, recording = read(tmp_path, first, depth(90, 99, 89), depth(100, 101, 99))
    assert recording.quarantine == []
    assert bytes(before["action"]) == bytes(after["action"]) == b"RLF"


def test_that_a_snapshot_nobody_owns_is_set_aside_with_its_line(tmp_path: Path) -> None:
    orphan = snapshot(100, "[]", "[]", None)
    _, recording = read(tmp_path, trade(), trade(symbol="BTCUSD_PERP"), orphan, trade(id=9))
    assert recording.quarantine[0].where == "x.log line 3"
    assert "symbol = None is not allowed; allowed: a symbol, where the capture has not exactly one" in reasons(
        recording
    )
    _, recording = read(tmp_path, orphan, orphan, '{"e":"x"}')
    assert [entry.where for entry in recording.quarantine] == ["x.log line 1", "x.log line 2"]
    _, recording = read(tmp_path, snapshot(100, '[["x","1"]]', "[]", None), trade())
    assert [entry.where for entry in recording.quarantine] == ["x.log line 1"]
    assert recording.counts["trades"] == 1


def test_that_lines_out_of_order_are_applied_in_order_and_counted(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(capture(trade(), start=T0 + 5) + capture(trade(id=9)))
    rows, recording = opened(tmp_path / "x.log")
    assert rows["rec"].tolist() == [0, 1]
    assert recording.counts["out_of_order"] == 1
    assert any("applied in file order" in note for note in recording.notes)


def test_that_a_capture_without_a_snapshot_says_so_and_keeps_its_trades(tmp_path: Path) -> None:
    rows, recording = read(tmp_path, depth(1, 2, 0), trade(), depth(3, 4, 2))
    assert bytes(rows["action"]) == b"T"
    assert recording.counts["depth_without_snapshot"] == 2
    assert any("no depth snapshot" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("symbol", "message", "venue", "contract", "multiplier", "exponent", "quote"),
    [
        ("ETHUSD_PERP", {"e": "trade"}, "BINANCE-CM", "inverse", 10, 0, "USD"),
        ("BTCUSD_240927", {"e": "trade"}, "BINANCE-CM", "inverse", 100, 0, "USD"),
        ("BTCUSDT", {"e": "trade", "M": True, "q": "0.1"}, "BINANCE", "linear", 1, -8, "USDT"),
        ("BTCUSDT", {"e": "trade", "q": "0.1"}, "BINANCE-UM", "linear", 1, -8, "USDT"),
        (
            "BTCUSDT_240927",
            {"e": "depthUpdate", "pu": 1, "b": [["1", "0.001"]], "a": []},
            "BINANCE-UM",
            "linear",
            1,
            -8,
            "USDT",
        ),
        ("BTCUSDT", {"e": "depthUpdate", "b": [], "a": []}, "BINANCE", "linear", 1, -8, "USDT"),
        ("ETHBTC", {"lastUpdateId": 1, "E": 5}, "BINANCE-UM", "linear", 1, -8, "BTC"),
        ("PEPEUSDT", {"bids": [["0.00001", "123456789012.00"]], "asks": []}, "BINANCE", "linear", 1, 0, "USDT"),
        (
            "PEPEUSDT",
            {"bids": [["0.00001", "123456789012.5"], ["1", "2"]], "asks": []},
            "BINANCE",
            "linear",
            1,
            -1,
            "USDT",
        ),
        ("XYZ", {"bids": 7, "asks": [3]}, "BINANCE", "linear", 1, -8, None),
    ],
)
def test_that_a_symbol_says_what_it_is(
    symbol: str, message: dict[str, Any], venue: str, contract: str, multiplier: int, exponent: int, quote: str | None
) -> None:
    known = describe(symbol, symbol, message)
    assert venue_of(symbol, message) == venue
    assert (known.contract, known.multiplier, known.size_exponent) == (contract, multiplier * 10**9, exponent)
    assert known.quote_currency == quote


def test_that_what_is_known_of_an_instrument_is_kept(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(capture(trade(symbol="BTCUSDT", size="0.125")))
    universe = Universe()
    mine = Instrument(instrument="BTCUSDT", size_exponent=-3, currency="USDT")
    universe.describe(mine)
    rows = drained(binance.open_recording(tmp_path / "x.log", universe, Options()))
    assert rows["size"].tolist() == [125]
    assert universe.of("BTCUSDT") == mine


def test_that_symbols_and_source_follow_the_options(tmp_path: Path) -> None:
    symbols = SymbolFile()
    symbols.add("ETHUSD_PERP", Span(DAY0, DAY0 + 1, "ETH"))
    (tmp_path / "x.log").write_bytes(capture(trade()))
    _, recording = opened(tmp_path / "x.log", Options(symbols=symbols, source="exchange"))
    assert recording.universe.instruments.names == ["ETH"]
    assert recording.universe.sources.names == ["exchange"]
    assert recording.universe.of("ETH").contract == "inverse"


def test_that_gzip_and_plain_and_a_folder_of_parts_are_the_same(tmp_path: Path) -> None:
    messages = [snapshot(100, BIDS, ASKS), depth(99, 101, 98, BIDS), trade(), depth(102, 103, 101, ASKS)]
    data = capture(*messages)
    (tmp_path / "plain.log").write_bytes(data)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(data))
    plain, _ = opened(tmp_path / "plain.log")
    packed, _ = opened(tmp_path / "packed.gz")
    assert (plain == packed).all()
    parts = tmp_path / "parts"
    parts.mkdir()
    lines = data.splitlines(keepends=True)
    (parts / "1.gz").write_bytes(gzip.compress(b"".join(lines[:2])))
    (parts / "2.log").write_bytes(b"".join(lines[2:]) + b"oops\n")
    (parts / "truth.parquet").write_bytes(b"PAR1")
    (parts / "other.gz").write_bytes(gzip.compress(b"not a capture"))
    (parts / "broken.gz").write_bytes(b"\x1f\x8b\xff\xff\xff\xff")
    several, recording = opened(parts)
    assert (several == plain).all()
    assert [entry.where for entry in recording.quarantine] == ["2.log line 3"]


def test_that_the_last_line_may_lack_its_end_and_blank_lines_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(b"\n" + capture(trade()) + b"  \r\n" + capture(trade(id=9)).rstrip())
    rows, recording = opened(tmp_path / "x.log")
    assert rows["rec"].tolist() == [1, 3]
    assert (
        recording.counts == {"blank_lines": 2, "trades": 2, "out_of_order": 0} or recording.counts["blank_lines"] == 2
    )
    assert recording.rows_total == 4


def test_that_gzip_cut_short_keeps_what_came_before(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = capture(*[trade(id=n, size=str(rng.integers(1, 10**9))) for n in range(3000)])
    packed = gzip.compress(data)
    (tmp_path / "x.gz").write_bytes(packed[: len(packed) // 2])
    rows, recording = opened(tmp_path / "x.gz")
    assert 0 < len(rows) < 3000
    assert (rows["rec"] == np.arange(len(rows))).all()
    assert "the file is damaged or cut short" in reasons(recording)


def test_that_paths_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="absent: cannot be read"):
        opened(tmp_path / "absent")
    with pytest.raises(FeedError, match="no capture here"):
        opened(tmp_path)
    (tmp_path / "x.log").touch()
    with pytest.raises(FeedError, match=r"x.log: empty file \(0 bytes\)"):
        opened(tmp_path / "x.log")


def test_that_rows_can_be_taken_at_any_moment() -> None:
    lines = capture(
        snapshot(100, BIDS, ASKS), depth(99, 101, 98, BIDS), trade(), depth(102, 103, 101, ASKS)
    ).splitlines()
    whole, split = (BinanceDecoder("x", Universe()) for _ in range(2))
    parts = []
    for line in lines:
        whole.feed(line)
        split.feed(line)
        parts.append(split.take())
        assert split.ready == 0
    assert (np.concatenate(parts) == whole.take()).all()


@pytest.mark.slow
@pytest.mark.jit
def test_that_the_book_of_the_real_capture_is_the_exchanges_own_on_every_update(shared_data: Path) -> None:
    rows, recording = opened(shared_data / "binance")
    truth = pq.read_table(shared_data / "binance" / "cm_ethusd_perp_20240808.bbo_truth.parquet")
    assert recording.quarantine == []
    assert recording.counts["depth_before_snapshot"] == 22
    assert recording.counts["depth_events"] == 22_909
    assert "gaps" not in recording.counts
    changes = Books().apply(rows, every=True)
    touches = changes[(changes["kind"] == 1) & (changes["flags"] & units.LAST > 0)]
    assert touches["seq"].tolist() == truth["u"].to_pylist()
    for field, column in (("bid", "bid_px"), ("ask", "ask_px")):
        assert (touches[field] == np.round(truth[column].to_numpy() * 1e9)).all()
    for field, column in (("bid_size", "bid_sz"), ("ask_size", "ask_sz")):
        assert (touches[field] == truth[column].to_numpy()).all()


@pytest.mark.slow
def test_that_every_line_of_the_real_capture_is_accounted_for(shared_data: Path) -> None:
    rows, recording = opened(shared_data / "binance" / "cm_ethusd_perp_20240808.gz")
    counts = recording.counts
    assert (
        counts["depth_events"] + counts["book_tickers"] + counts["trades"] + counts["snapshots"]
        == recording.rows_total
        == 40_454
    )
    assert len(np.unique(rows["rec"])) == 40_454 - counts["book_tickers"] - counts["depth_before_snapshot"]
    assert np.count_nonzero(rows["action"] == units.TRADE) == counts["trades"] == 1732
    inverse = recording.universe.of("ETHUSD_PERP")
    assert (inverse.contract, inverse.multiplier, inverse.size_exponent) == ("inverse", 10 * 10**9, 0)
