"""What a topic's messages may be: each codec on messages of its own, without a broker."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import databento_dbn
import numpy as np
import pytest

from app.engine.errors import DecodeError, SettingsError
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.dbn import open_recording as open_dbn
from app.feeds.decode.blocks import BlockEncoder, Place
from app.feeds.decode.live_symbols import LiveSymbols
from app.feeds.generator.itch import ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, length_prefixed, mold_packets
from app.feeds.kafka.codecs import CODECS, Decoder, maker
from app.feeds.kafka.places import Position, position, utc_ns
from app.feeds.kafka.surroundings import Piece, Surroundings
from app.feeds.kafka.venue_codecs import midnight_ns
from app.runtime.live_route import Batch
from app.settings_sources import KafkaSource


def surroundings(codec: str, universe: Universe) -> Surroundings:
    return Surroundings(name="src", source=KafkaSource(codec=codec), universe=universe, fix={})  # type: ignore[arg-type]


def made(codec: str, universe: Universe, known: Position | None = None) -> Decoder:
    return CODECS[codec](surroundings(codec, universe), known)


def piece(value: bytes, offset: int = 0, stamp_ms: int = 1_741_960_800_000) -> Piece:
    return Piece(value, offset, stamp_ms, f"topic t partition 0 offset {offset}")


def market(batches: list[Batch]) -> Rows:
    return np.concatenate([batch.market for batch in batches if len(batch.market)])


NEW = (
    "8=FIX.4.4|35=D|49=US|56=BRK|34=1|52=20250314-14:00:00.000|11=C1|55=AAPL|54=1|38=100|40=1|60=20250314-14:00:00.000|"
)
FILL = (
    "8=FIX.4.4|35=8|49=BRK|56=US|34=1|52=20250314-14:00:01.000|11=C1|37=O1|17=E1|150=F|39=2|55=AAPL|54=1|38=100|"
    "32=100|31=10.5|14=100|151=0|6=10.5|60=20250314-14:00:01.000|"
)


def fixed(text: str) -> bytes:
    """A message with its length and checksum."""
    fields = text.rstrip("|").split("|")
    body = "\x01".join(fields[1:]) + "\x01"
    head = f"{fields[0]}\x019={len(body)}\x01"
    whole = (head + body).encode()
    return whole + f"10={sum(whole) % 256:03d}\x01".encode()


def test_that_fix_messages_become_order_rows_and_damage_is_set_aside() -> None:
    decoder = made("fix", Universe())
    first, second = (list(decoder.decode(piece(fixed(text), n))) for n, text in enumerate((NEW, FILL)))
    assert [row.kind for batch in first for row in batch.orders] == ["child_new"]
    assert [row.kind for batch in second for row in batch.orders][-1] == "fill"
    damaged = bytearray(fixed(FILL))
    damaged[-2] = damaged[-2] ^ 1
    (batch,) = decoder.decode(piece(bytes(damaged), 2))
    assert not batch.orders
    assert "offset 2" in batch.quarantine[0].where
    with pytest.raises(DecodeError, match="offset 3: no FIX message"):
        list(decoder.decode(piece(b"hello", 3)))
    assert decoder.position(4) == Position(4, begun=0)


def test_that_itch_messages_become_market_rows_whatever_way_they_are_cut() -> None:
    day = itch_day(ItchPlan(seed=3, messages=400))
    stamp = int(datetime(2025, 3, 14, 14, tzinfo=UTC).timestamp() * 1000)
    whole, cut = made("itch5", Universe()), made("itch5", Universe())
    messages = [len(m).to_bytes(2, "big") + bytes(m) for m in day.messages]
    at_once = market(list(whole.decode(piece(b"".join(messages), 0, stamp))))
    parts = [b for n in range(0, len(messages), 7) for b in cut.decode(piece(b"".join(messages[n : n + 7]), n, stamp))]
    for name in ("ts_event", "price", "size", "order_id", "action", "flags"):
        assert (market(parts)[name] == at_once[name]).all()
    assert cut.position(5) == Position(5, begun=0)


@pytest.mark.parametrize(("repeated", "late"), [(0.0, 0.0), (0.2, 0.2)])
def test_that_packets_of_moldudp64_become_the_rows_of_their_messages(repeated: float, late: float) -> None:
    day = itch_day(ItchPlan(seed=3, messages=400))
    stamp = int(datetime(2025, 3, 14, 14, tzinfo=UTC).timestamp() * 1000)
    whole = market(list(made("itch5", Universe()).decode(piece(length_prefixed(day.messages), 0, stamp))))
    decoder = made("moldudp64", Universe())
    packets = mold_packets(day, WirePlan(seed=5, repeated=repeated, late=late)).packets
    parts = [b for n, (_, packet) in enumerate(packets) for b in decoder.decode(piece(packet, n, stamp))]
    for name in ("ts_event", "price", "size", "order_id", "action", "instrument"):
        assert (market(parts)[name] == whole[name]).all()
    assert [entry for batch in parts for entry in batch.quarantine] == []
    assert decoder.position(9) == Position(9, begun=0)


def test_that_what_is_no_packet_of_moldudp64_is_refused_with_its_place() -> None:
    with pytest.raises(DecodeError, match="topic t partition 0 offset 4: "):
        list(made("moldudp64", Universe()).decode(piece(b"too short", 4)))


def test_that_the_day_of_itch_is_that_of_new_york() -> None:
    def ms(*when: int) -> int:
        return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type,misc]

    assert midnight_ns(ms(2025, 3, 14, 3, 59)) == ms(2025, 3, 13, 4) * 1_000_000
    assert midnight_ns(ms(2025, 3, 14, 4, 0)) == ms(2025, 3, 14, 4) * 1_000_000
    assert midnight_ns(ms(2025, 1, 14, 4, 59)) == ms(2025, 1, 13, 5) * 1_000_000


def test_that_dbn_messages_become_the_rows_of_their_file(shared_data: Path) -> None:
    import zstandard

    path = shared_data / "dbn" / "dbpy_XNAS.ITCH_mbo.dbn.zst"
    data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with open_dbn(path, Universe(), Options()) as recording:
        wanted = market([Batch(market=rows) for rows in recording.market])
    got = market(list(made("dbn", Universe()).decode(piece(data))))
    assert (got["price"] == wanted["price"]).all()
    assert (got["ts_event"] == wanted["ts_event"]).all()


def test_that_json_books_become_market_rows() -> None:
    value = b'{"ts": 5, "instrument": "A", "venue": "V", "type": "update", "seq": 3, "bids": [["1.5", 10]]}'
    decoder = made("json_l2", Universe())
    (batch,) = decoder.decode(piece(value))
    assert batch.market["price"].tolist() == [1_500_000_000]
    assert list(decoder.decode(piece(value))) == []
    assert decoder.sources == {"src"}


def test_that_a_gap_between_blocks_is_told_with_the_rows_behind_it() -> None:
    universe = Universe()
    decoder = CODECS["blocks"](Surroundings(name="src", source=KafkaSource(reorder=1), universe=universe, fix={}), None)
    encoder = BlockEncoder(universe)
    sent = [encoder.rows(Place(1, number), number, Batch().market) for number in (0, 2, 3)]
    told = [[*decoder.decode(piece(value, offset))] for offset, value in enumerate(sent)]
    assert [len(batches) for batches in told] == [1, 0, 2]
    assert told[2][0].controls[0].text == "1 blocks did not come"
    assert decoder.position(3) == Position(3, {"1": 3}, missing={"1": [1]})
    assert list(decoder.at_end()) == []


def test_that_a_block_that_was_given_up_is_taken_late_also_by_a_run_that_was_killed_meanwhile() -> None:
    universe = Universe()
    around = Surroundings(name="src", source=KafkaSource(reorder=1), universe=universe, fix={})
    encoder = BlockEncoder(universe)
    sent = [encoder.rows(Place(1, number), number, Batch().market) for number in (0, 2, 3, 1, 2)]
    before = CODECS["blocks"](around, None)
    for offset, value in enumerate(sent[:3]):
        list(before.decode(piece(value, offset)))
    again = CODECS["blocks"](around, position(before.position(3).text(), "tape"))
    assert [[batch.passed for batch in again.decode(piece(value, 3))] for value in sent[3:]] == [[1], []]
    assert again.position(5) == Position(5, {"1": 3})


def test_that_the_place_says_what_is_read_again_and_what_of_it_was_seen() -> None:
    universe = Universe()
    decoder = CODECS["blocks"](Surroundings(name="src", source=KafkaSource(), universe=universe, fix={}), None)
    encoder = BlockEncoder(universe)
    for offset, number in enumerate((0, 2, 4)):
        list(decoder.decode(piece(encoder.rows(Place(1, number), number, Batch().market), offset)))
    assert decoder.position(7) == Position(1, {"1": 0}, seen=7)


def test_that_a_codec_kafka_does_not_carry_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"sources.a.codec = 'columns' is not allowed"):
        maker(KafkaSource(codec="columns"), "sources.a")


def test_that_places_on_the_tape_are_read_back_or_refused() -> None:
    place = Position(7, {"5": 3}, ended=True)
    assert position(place.text(), "lane") == place
    with pytest.raises(DecodeError, match="lane: the tape's position"):
        position("{}", "lane")


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01", 0), ("1970-01-01T00:00:01", 10**9), ("1970-01-02 00:00:00.5Z", 86_400 * 10**9 + 5 * 10**8),
        ("2026-03-02T14:30:00.000000001", 1_772_461_800_000_000_001),
    ],
)  # fmt: skip
def test_that_a_time_of_the_settings_is_exact(text: str, ns: int) -> None:
    assert utc_ns(text) == ns


def test_that_definitions_of_dbn_name_the_ids_own_flow_is_written_in(shared_data: Path) -> None:
    path = shared_data / "dbn" / "dbpy_GLBX.MDP3_definition.dbn.zst"
    import zstandard

    universe, symbols = Universe(), LiveSymbols()
    data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    list(CODECS["dbn"](replace(surroundings("dbn", universe), symbols=symbols), None).decode(piece(data)))
    ids = {int(found.instrument_id) for found in databento_dbn_records(data)}
    assert ids
    stamp = 1_741_960_800_000_000_000
    assert {symbols.instrument("dbn", number, stamp) for number in ids} <= set(universe.reference)
    order = NEW.replace("55=AAPL", f"48={min(ids)}|22=8")
    (batch,) = CODECS["fix"](replace(surroundings("fix", universe), symbols=symbols), None).decode(piece(fixed(order)))
    assert batch.orders[0].instrument == symbols.instrument("dbn", min(ids), batch.orders[0].ts_event)
    assert batch.quarantine == ()


def databento_dbn_records(data: bytes) -> list[databento_dbn.InstrumentDefMsg]:
    decoder = databento_dbn.DBNDecoder()
    decoder.write(data)
    return [found for found in decoder.decode() if isinstance(found, databento_dbn.InstrumentDefMsg)]
