"""A table followed through a stand-in: caught up, live, cut, moved to another day."""

import datetime as dt
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.events import Instrument
from app.engine.universe import Universe
from app.feeds.kdb.feed import KdbFeed
from app.settings_sources import KdbSource
from scripts.tickerplant.qipc import Table, message
from scripts.tickerplant.server import Tickerplant
from tests.feeds.kdb.conftest import T0, Drained, market_rows
from tests.patience import eventually

Follow = Callable[..., Drained]


def sent(plant: Tickerplant, *parts: int, first: int = 0) -> int:
    """Send so many rows each; the number behind the last."""
    for count in parts:
        plant.update("market", market_rows(count, first))
        first += count
    return first


pytestmark = pytest.mark.slow


def test_that_a_day_is_caught_up_and_goes_on_without_a_seam(plant: Tickerplant, follow: Follow) -> None:
    end = sent(plant, 100, 1, 250)
    drained = follow(plant).rows(end)
    end = sent(plant, 40, 60, first=end)
    drained.rows(end)
    assert drained.seqs == list(range(end))
    assert drained.position == f"{plant.day}:{end}"
    assert not drained.controls
    assert not next(iter(drained.feed.lanes.values())).behind


def test_that_rows_sent_while_the_missed_part_is_read_follow_it(
    plant: Tickerplant, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.feeds.kdb.feed.PIECE", 7)
    end = sent(plant, *[10] * 20)
    drained = follow(plant).rows(20)
    end = sent(plant, *[10] * 20, first=end)
    assert drained.rows(end).seqs == list(range(end))


def test_that_one_look_takes_no_more_than_its_part_and_says_that_there_is_more(
    plant: Tickerplant, follow: Follow
) -> None:
    drained = follow(plant)
    drained.until(lambda _: plant.subscribers == 1)
    plant.update("market", market_rows(1, 0))
    drained.rows(1)
    feed = drained.feed
    (lane,) = feed.lanes.values()
    for number in range(40):
        plant.update("market", market_rows(1_000, 1 + 1_000 * number))
    eventually(lambda: feed._reader is not None and feed._reader._size > 3_000_000)
    feed.poll(10**6)
    assert lane.behind, "other tables wait for what is already here"
    assert 1_000 <= lane.rows < 20_000
    drained.rows(40_001)
    assert drained.seqs == list(range(40_001))
    assert not lane.behind


def test_that_a_run_goes_on_behind_its_place(plant: Tickerplant, follow: Follow) -> None:
    end = sent(plant, 100, 100)
    drained = follow(plant, at=f"{plant.day}:130").rows(70)
    sent(plant, 5, first=end)
    assert drained.rows(75).seqs == list(range(130, 205))


@pytest.mark.parametrize(("start", "expected"), [("earliest", 0), ("committed", 0), ("offset:30", 30), ("now", 50)])
def test_that_a_run_without_a_place_begins_where_it_is_told(
    plant: Tickerplant, follow: Follow, start: str, expected: int
) -> None:
    sent(plant, 50)
    drained = follow(plant, start=start)
    drained.until(lambda now: not next(iter(now.feed.lanes.values())).behind)
    sent(plant, 10, first=50)
    assert drained.rows(60 - expected).seqs == list(range(expected, 60))


def test_that_a_run_begins_at_a_time(plant: Tickerplant, follow: Follow) -> None:
    sent(plant, 50)
    start = str(np.datetime64(T0 + 20_000, "ns")) + "Z"
    drained = follow(plant, start=start).rows(30)
    assert drained.seqs == list(range(20, 50))
    assert drained.position == f"{plant.day}:50"


@pytest.mark.parametrize("symbols", [("MSFT",), ("MSFT", "IBM")])
def test_that_only_the_symbols_asked_for_come_and_are_counted(
    plant: Tickerplant, follow: Follow, symbols: tuple[str, ...]
) -> None:
    sent(plant, 200)
    wanted = [seq for seq, sym in zip(range(200), market_rows(200, 0)[1].tolist(), strict=True) if sym == b"MSFT"]
    drained = follow(plant, symbols=symbols).rows(len(wanted))
    sent(plant, 50, first=200)
    live = [200 + n for n, sym in enumerate(market_rows(50, 200)[1].tolist()) if sym == b"MSFT"]
    assert drained.rows(len(wanted) + len(live)).seqs == wanted + live


def test_that_a_connection_cut_in_the_middle_of_a_message_loses_and_doubles_nothing(
    plant: Tickerplant, follow: Follow
) -> None:
    end = sent(plant, 50)
    drained = follow(plant).rows(end)
    plant.cut_next()
    end = sent(plant, 30, first=end)
    drained.until(lambda now: len(now.said("down")) == 1)
    end = sent(plant, 20, first=end)
    assert drained.rows(end).seqs == list(range(end))
    assert len(drained.said("up")) == 1
    assert "closed the connection" in drained.said("down")[0]


def test_that_a_tickerplant_that_comes_back_is_followed_on(plant: Tickerplant, follow: Follow) -> None:
    end = sent(plant, 50)
    drained = follow(plant).rows(end)
    plant.close()
    drained.until(lambda now: bool(now.said("down")))
    end = sent(plant, 25, first=end)
    plant.listen()
    assert drained.rows(end).seqs == list(range(end))


def test_that_the_end_of_the_day_ends_the_lane_behind_its_last_row(plant: Tickerplant, follow: Follow) -> None:
    end = sent(plant, 50)
    drained = follow(plant).rows(end)
    today = plant.day
    sent(plant, 7, first=end)
    plant.end_day(today + np.timedelta64(1, "D"))
    sent(plant, 10, first=1_000)
    drained.until(lambda now: now.ended)
    assert drained.seqs == list(range(57))
    assert drained.position == f"{today}:57:end"
    again = follow(plant, at=drained.position).until(lambda now: next(iter(now.feed.lanes.values())).ended)
    assert again.seqs == [], "a run killed behind its last row asks for nothing more"


def test_that_a_day_that_ends_while_its_missed_part_is_read_is_read_to_its_end(
    plant: Tickerplant, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plant.log is None:  # rows that are asked for are gone with the day: that is said
        monkeypatch.setattr("app.feeds.kdb.feed.PIECE", 10)
    end = sent(plant, *[10] * 20)
    today = plant.day
    drained = follow(plant).rows(1)
    plant.end_day(today + np.timedelta64(1, "D"))
    drained.until(lambda now: now.ended or bool(now.said("gap")))
    assert drained.seqs == list(range(len(drained.seqs)))
    assert (len(drained.seqs) == end) == drained.ended
    assert drained.ended or f"of {drained.feed.table} are not there any more" in drained.said("gap")[0]


def test_that_a_day_that_ended_while_nobody_followed_is_a_gap(plant: Tickerplant, follow: Follow) -> None:
    end = sent(plant, 50)
    today = plant.day
    plant.end_day(today + np.timedelta64(1, "D"))
    sent(plant, 10, first=end)
    drained = follow(plant, at=f"{today}:20").rows(10)
    assert drained.seqs == list(range(50, 60))
    assert f"day {today} was read up to row 20" in drained.said("gap")[0]


def test_that_compressed_messages_are_read(plant: Tickerplant, follow: Follow) -> None:
    plant.pack = True
    end = sent(plant, 500, 500)
    drained = follow(plant).rows(end)
    end = sent(plant, 500, first=end)
    assert drained.rows(end).seqs == list(range(end))


def test_that_trades_of_tick_q_are_understood_by_their_usual_names(plant: Tickerplant, follow: Follow) -> None:
    midday = np.array([12 * 3_600 * 10**9, 12 * 3_600 * 10**9 + 5], "m8[ns]")
    plant.update("trade", [midday, [b"AAPL", b"MSFT"], [1.25, 101.07], [100, 7], [b"B", b"S"], [b"XNAS", b"ARCX"]])
    drained = follow(plant, "trade").rows(2)
    rows = drained.market[0]
    noon = int(np.datetime64(f"{plant.day}T12", "ns").astype(np.int64))
    assert rows["ts_event"].tolist() == [noon, noon + 5]
    assert rows["price"].tolist() == [1_250_000_000, 101_070_000_000]
    assert rows["side"].tolist() == [1, -1]
    assert (bytes(rows["action"]), rows["flags"].tolist(), rows["seq"].tolist()) == (b"TT", [128, 128], [0, 1])


def test_that_quotes_are_inferred_and_a_missing_side_is_no_quote(plant: Tickerplant, follow: Follow) -> None:
    times = np.array([1, 2], "m8[ns]")
    plant.update("quote", [times, [b"AAPL"] * 2, [1.5, np.nan], [1.51, 1.52], [10, NULL], [20, 30], [b"X", b"X"]])
    rows = follow(plant, "quote").rows(2).market[0]
    assert bytes(rows["action"]) == b"QQ"
    assert rows["price"].tolist() == [1_500_000_000, NULL]
    assert rows["price2"].tolist() == [1_510_000_000, 1_520_000_000]


NULL = -(2**63)


def order_columns(plant: Tickerplant, **given: list[Any]) -> list[Any]:
    """Columns of `orders`, those not given undefined."""
    count = len(next(iter(given.values())))
    empty: dict[str, Any] = {"S": b"", "M8[ns]": np.datetime64("NaT", "ns"), "m8[ns]": np.timedelta64(0, "ns")}
    blank = empty | {"i8": NULL, "f8": np.nan, "O": ""}
    found = []
    for name, kind in plant.schema["orders"]:
        values = given.get(name, [blank[kind]] * count)
        found.append(values if kind in ("O", "S") else np.array(values, kind))
    return found


def test_that_own_flow_comes_as_order_rows(plant: Tickerplant, follow: Follow) -> None:
    columns = order_columns(
        plant, ts_event=[np.datetime64(T0, "ns")] * 2, kind=[b"parent_new", b"fill"], source=[b"oms", b"oms"],
        seq=[1, 2], sym=[b"AAPL"] * 2, parent_id=[b"P1", b"P1"], side=[b"SELL", b""], qty=[500, 100],
        price=[NULL, 50_250_000_000], exec_id=[b"", b"E1"], text=["first words", ""], target_pov=[0.25, np.nan],
    )  # fmt: skip
    plant.update("orders", columns)
    first, second = follow(plant, "orders", role="orders").rows(2).orders
    assert (first.kind, first.parent_id, first.qty, first.text, first.price) == (
        "parent_new",
        "P1",
        500,
        "first words",
        None,
    )
    assert (first.target_pov, second.target_pov, second.price) == (0.25, None, 50_250_000_000)


def test_that_rows_that_break_a_rule_are_set_aside_and_the_rest_goes_on(plant: Tickerplant, follow: Follow) -> None:
    columns = market_rows(10, 0)
    columns[10][3] = -5  # a size
    columns[7][7] = b"?"  # an action
    plant.update("market", columns)
    sent(plant, 5, first=10)
    drained = follow(plant).rows(13)
    assert drained.seqs == [0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
    assert [entry.where for entry in drained.aside] == ["kdb+ table market row 3", "kdb+ table market row 7"]
    assert "size" in drained.aside[0].reason


def test_that_a_column_the_settings_name_must_be_there(plant: Tickerplant, follow: Follow) -> None:
    sent(plant, 3)
    with pytest.raises(SettingsError, match=r"sources\.md: table market: columns\.price = 'px' is not allowed"):
        follow(plant, columns={"price": "px"}).rows(1)


def test_that_columns_of_ours_that_do_not_exist_are_refused_at_once() -> None:
    with pytest.raises(DecodeError, match="prize"):
        KdbFeed("md", KdbSource(columns={"prize": "price"}), Universe())


def test_that_a_constant_fills_a_column(plant: Tickerplant, follow: Follow) -> None:
    plant.update("trade", [np.array([1], "m8[ns]"), [b"AAPL"], [1.5], [1], [b"B"], [b"X"]])
    drained = follow(plant, "trade", columns={"condition": "=auction", "venue": "=XNYS"}).rows(1)
    assert drained.market[0]["condition"].tolist() != [0]
    assert drained.feed._intake._market is not None
    assert drained.feed._intake._market._decoder._universe.venues.names == ["XNYS"]


def test_that_a_message_of_garbage_is_set_aside_with_its_number(plant: Tickerplant, follow: Follow) -> None:
    sent(plant, 5)
    drained = follow(plant).rows(5)
    whole = message([b"upd", b"market", Table(["a"], [np.arange(3)])])
    for client in plant._clients:
        client.queue.put(whole[:20] + b"\xee" * (len(whole) - 20))
    sent(plant, 5, first=5)
    drained.rows(10)
    assert drained.seqs == list(range(10))
    assert "market message" in drained.aside[0].where


def test_that_a_stream_that_is_not_kdb_ends_the_connection_in_words(plant: Tickerplant, follow: Follow) -> None:
    sent(plant, 5)
    drained = follow(plant).rows(5)
    for client in plant._clients:
        client.queue.put(b"HTTP/1.1 200 OK\r\n\r\n")
    sent(plant, 5, first=5)
    drained.rows(10)
    assert drained.seqs == list(range(10))
    assert "byte order" in drained.said("down")[0]


def test_that_a_table_the_tickerplant_never_had_ends_the_run(plant: Tickerplant, follow: Follow) -> None:
    with pytest.raises(SettingsError, match=r"sources\.md\.table = 'nothing' is not allowed; allowed: a table"):
        follow(plant, "nothing").rows(1)


def test_that_a_wrong_password_is_refused_and_never_shown(
    plant: Tickerplant, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANT", "open sesame")
    monkeypatch.setenv("MINE", "hunter2")
    plant.admit("desk", "PLANT")
    drained = follow(plant, user="desk", password="env:MINE").until(lambda now: bool(now.said("down")))
    assert "refused the login of user 'desk'" in drained.said("down")[0]
    assert "hunter2" not in repr(drained.controls) + repr(drained.feed.__dict__)
    right = follow(plant, user="desk", password="env:PLANT")
    sent(plant, 3)
    assert right.rows(3).seqs == [0, 1, 2]


def test_that_a_password_that_is_not_there_is_named(plant: Tickerplant, follow: Follow) -> None:
    with pytest.raises(SettingsError, match=r"sources\.md\.password: the environment variable NOT_SET_AT_ALL"):
        follow(plant, user="desk", password="env:NOT_SET_AT_ALL")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of this machine, signed by itself."""
    key, made = folder / f"{name}.key", folder / f"{name}.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(made)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


def test_that_tls_is_spoken_and_a_certificate_of_somebody_else_refused(
    plant: Tickerplant, follow: Follow, tmp_path: Path
) -> None:
    own, key = certificate(tmp_path, "own")
    other, _ = certificate(tmp_path, "other")
    plant.secure(own, key)
    sent(plant, 3)
    assert follow(plant, tls=True, ca=str(own)).rows(3).seqs == [0, 1, 2]
    refused = follow(plant, tls=True, ca=str(other)).until(lambda now: bool(now.said("down")))
    assert "is not signed by" in refused.said("down")[0]


def instrument(name: str) -> tuple[bytes, bytes, bytes]:
    """A row of the table of reference data."""
    return name.encode(), b"instrument", msgspec.json.encode(Instrument(instrument=name, currency="USD"))


def describe(plant: Tickerplant, *rows: tuple[bytes, bytes, bytes]) -> None:
    names, kinds, bodies = zip(*rows, strict=True)
    plant.update("reference", [np.zeros(len(rows), "m8[ns]"), list(names), list(kinds), list(bodies)])


def test_that_a_bad_row_of_reference_data_is_set_aside_once_and_the_rest_goes_on(
    plant: Tickerplant, follow: Follow
) -> None:
    describe(plant, instrument("AAPL"), (b"MSFT", b"instrument", b"{"), (b"X", b"colour", b"[]"))
    end = sent(plant, 5)
    drained = follow(plant, reference="reference").rows(end)
    describe(plant, (b"EURUSD", b"fx", b"[[1,"), instrument("MSFT"), (b"IBM", b"instrument", b"\xff"))
    end = sent(plant, 5, first=end)
    drained.rows(end)
    plant.hang_up()  # and everything is read again
    end = sent(plant, 5, first=end)
    assert drained.rows(end).seqs == list(range(end))
    assert [entry.reason.partition(":")[0] for entry in drained.aside] == [
        f"kdb+ table reference row {number}" for number in (1, 2, 0, 2)
    ]
    assert "sym = 'X': kind = 'colour' is not allowed; allowed: instrument or fx" in drained.aside[1].reason
    assert drained.aside[0].raw == b"{"
    assert set(drained.feed.universe.reference) == {"AAPL", "MSFT"}


def test_that_nobody_there_is_said_once_and_tried_again(plant: Tickerplant, follow: Follow) -> None:
    end = sent(plant, 5)
    plant.close()
    drained = follow(plant).until(lambda now: bool(now.said("down")))
    plant.listen()
    assert drained.rows(end).seqs == list(range(end))
    assert [words.partition(": ")[2][:17] for words in drained.said("down")] == ["cannot be reached"]


def test_that_a_place_that_makes_no_sense_is_refused() -> None:
    feed = KdbFeed("md", KdbSource(port=1, table="market"), Universe())
    with pytest.raises(FeedError, match="DAY:ROWS"):
        feed.open({"kdb/md": f"{dt.date(2026, 3, 2)}"}, lambda: None)


def test_that_a_log_with_fewer_messages_than_said_ends_the_connection_in_words(
    plant: Tickerplant, follow: Follow, tmp_path: Path
) -> None:
    sent(plant, 10, 10)
    short = tmp_path / "short.log"
    short.write_bytes(b"\xff\x01" + bytes(6))
    drained = follow(plant, log=str(short)) if plant.log else follow(plant, at=f"{plant.day}:5").rows(15)
    if plant.log:
        drained.until(lambda now: bool(now.said("down")))
        assert "short.log offset 8: messages" in drained.said("down")[0]
    else:
        assert drained.seqs == list(range(5, 20))
