"""The wire format of kdb+ against an implementation by others: what we write they read, what they write we read."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from app.feeds.kdb.codec import NULL, Codec, Column, Strings
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.feeds.kdb.conftest import Drained, follow, market_rows
from tests.parts.second_opinion import echo, said

__all__ = ["follow"]
pytestmark = pytest.mark.prove

T0: Final = 1_780_000_000_000_000_001
COLUMNS: Final[dict[str, tuple[Column | Strings, str]]] = {
    "times": (np.array([0, 946_684_800_000_000_001, T0]).view("M8[ns]"),
              "1970.01.01D00:00:00.000000000 2000.01.01D00:00:00.000000001 2026.05.28D20:26:40.000000001"),
    "spans": (np.array([0, 5, 86_400 * 10**9, NULL]).view("m8[ns]"),
              "0D00:00:00.000000000 0D00:00:00.000000005 1D00:00:00.000000000 0Nn"),
    "numbers": (np.array([NULL, -1, 2**62]), "0N -1 4611686018427387904"),
    "fractions": (np.array([1.5, np.nan, -0.25]), "1.5 0n -0.25"),
    "symbols": (np.array(["AAPL", "é", ""], object), "`AAPL`é`"),
    "truths": (np.array([True, False, True]), "101b"),
    "texts": ([b"abc", b"", b"8=FIX|"], '("abc";"";"8=FIX|")'),
}  # fmt: skip


def question(message: bytes) -> bytes:
    """The same message as one that wants an answer."""
    return message[:1] + b"\x01" + message[2:]


@pytest.mark.parametrize("name", COLUMNS)
def test_that_others_read_a_column_as_it_was_meant_and_write_it_as_we_do(name: str, tmp_path: Path) -> None:
    column, words = COLUMNS[name]
    message = question(Codec().publish(".u.upd", "market", [column]))
    with echo(tmp_path) as server:
        answer = server.asked(message)
        assert server.heard() == [f"(`.u.upd;`market;,{words})"]
    assert answer[8:] == message[8:]


def test_that_an_undefined_time_is_the_null_others_write(tmp_path: Path) -> None:
    message = question(Codec().publish(".u.upd", "market", [np.array([NULL, T0]).view("M8[ns]")]))
    assert message[-16:-8] == NULL.to_bytes(8, "little", signed=True)
    with echo(tmp_path) as server:
        assert server.asked(message)[8:] == message[8:]


@pytest.mark.parametrize("seed", range(20))
def test_that_what_others_compress_we_read_and_it_is_what_we_sent(seed: int, tmp_path: Path) -> None:
    drawn = np.random.default_rng(seed)
    count = int(drawn.integers(200, 3_000))
    texts = [b"8=FIX.4.4", b"", bytes(drawn.integers(32, 127, 20).astype(np.uint8))]
    columns: list[Column | Strings] = [
        (T0 + np.arange(count) // 7).view("M8[ns]"), drawn.choice(np.array(["AAPL", "é", ""], object), count),
        drawn.choice(drawn.integers(-(2**62), 2**62, 3), count), drawn.choice(drawn.random(2), count),
        drawn.random(count) < 0.5, [texts[row % 3] for row in range(count)],
    ]  # fmt: skip
    codec = Codec()
    message = question(codec.publish(".u.upd", "market", columns))
    with echo(tmp_path, packed=True) as server:
        answer = server.asked(message)
    assert answer[2] == 1, "it is compressed"
    assert len(answer) < len(message)
    assert str(codec.value(answer)) == str(codec.value(message))


@pytest.mark.parametrize("packed", [False, True])
def test_that_the_stand_in_answers_others_as_it_answers_us(packed: bool) -> None:
    with Tickerplant(schema_of(SCHEMA)) as plant:
        plant.pack = packed
        times = np.array([1, 2], "m8[ns]")
        plant.update("trade", [times, [b"AAPL", b"MSFT"], [1.25, 101.07], [100, 7], [b"B", b"S"], [b"XNAS", b"X"]])
        _, messages, count, trades = said("ask", str(plant.port), ".u.i", "count trade", "select from trade")
        assert (messages, count) == ("1", "2")
        assert trades == (
            "+`time`sym`price`size`side`ex!(0D00:00:00.000000001 0D00:00:00.000000002;`AAPL`MSFT;1.25 101.07;100 7;"
            "`B`S;`XNAS`X)"
        )
        _, answer = said("ask", str(plant.port), "(.u.sub[`trade;`];.u.d;.u.i;.u.L)")
        day = str(plant.day).replace("-", ".")
        assert answer.endswith(f";{day};1;`)")
        assert answer.startswith("((`trade;+`time`sym`price`size`side`ex!(`timespan$();`symbol$();`float$();")


def test_that_rows_others_publish_come_out_of_the_feed_as_they_were_made(follow: Callable[..., Drained]) -> None:
    with Tickerplant(schema_of(SCHEMA)) as plant:
        assert said("update", str(plant.port), "3000")[-1] == "3000"
        drained = follow(plant, "trade").rows(3_000)
        prices = np.concatenate([part["price"] for part in drained.market])
        assert prices.tolist() == [row * 10**9 + 250_000_000 for row in range(3_000)]
        sizes = np.concatenate([part["size"] for part in drained.market])
        assert sizes.tolist() == [100 * row for row in range(3_000)]
        sides = np.concatenate([part["side"] for part in drained.market])
        assert sides.tolist() == [1, -1, 0] * 1_000


def test_that_others_follow_the_stand_in_as_the_feed_does() -> None:
    with Tickerplant(schema_of(SCHEMA)) as plant:
        plant.update("market", market_rows(3, 0))
        found = said("ask", str(plant.port), "select from market where i within 1 2")
        assert "`AAPL" in found[-1] or "`MSFT" in found[-1]
        assert found[-1].count("2026.05.28D20:26:40.") == 4, "two rows, two times each"
