"""A SecurityID means what the stream's own messages say, else what a directory told, else itself, said once."""

import random
from pathlib import Path

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Control, Instrument, OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.decode.fix_followed import Followed, followed
from app.feeds.decode.fix_packets import Packet, opened
from app.feeds.decode.fix_securities import Securities, Unlisted
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.decode.live_symbols import LiveSymbols
from app.feeds.fixlog import read_flow
from app.feeds.fixtail import FixTail
from app.runtime.live_route import LiveRoute
from app.settings_sources import FileSource
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report

ISIN, CODE = "US0378331005", "5002"


def by_id(name: str, security: str, source: str) -> Body:
    """A new order that names its security by an id alone."""
    return [pair for pair in order(name) if pair[0] != 55] + [(48, security), (22, source)]


def told(*parts: tuple[str, Body]) -> bytes:
    line = Line()
    for n, (kind, body) in enumerate(parts):
        line.send(kind, body, T0 + n * 1_000_000)
    return b"".join(message for _, message in line.log)


def made(decoder: str, securities: Securities | None = None) -> Followed:
    return followed(fix_settings({"decoder": decoder}, "x"), Universe(), securities=securities)


def named(flow: Followed, data: bytes) -> dict[str | None, set[str | None]]:
    """Chain -> instruments of its rows."""
    found: dict[str | None, set[str | None]] = {}
    for row in [*flow.feed(data, "x.log"), *flow.close("x.log")]:
        found.setdefault(row.child_id, set()).add(row.instrument)
    return found


DAY = told(
    ("D", by_id("A", ISIN, "4")),
    ("D", [*order("B", symbol="AAPL"), (48, ISIN), (22, "4")]),
    ("D", by_id("C", ISIN, "4")),
    ("8", filled("A", "F1", (5, "10"), 5)),
    ("D", by_id("D", ISIN, "1")),
    ("d", [(55, "BRK"), (65, "B"), (48, "B1"), (22, "1")]),
    ("D", by_id("E", "B1", "1")),
)


@pytest.mark.parametrize("decoder", ["fast", "reference"])
def test_that_an_id_means_what_a_message_before_said_and_an_order_keeps_its_name(decoder: str) -> None:
    flow = made(decoder)
    assert named(flow, DAY) == {"A": {ISIN}, "B": {"AAPL"}, "C": {"AAPL"}, "D": {ISIN}, "E": {"BRK.B"}}
    assert [entry.where for entry in flow.quarantine] == ["x.log line 1 offset 0", flow.quarantine[1].where]
    assert "SecurityID" in flow.quarantine[0].reason or "tag 48" in flow.quarantine[0].reason
    assert "SecurityIDSource (22) = '4'" in flow.quarantine[0].reason


@pytest.mark.parametrize("seed", range(6))
def test_that_both_decoders_name_the_same_in_any_cut_and_in_packets(seed: int) -> None:
    rng, line, messages = random.Random(seed), Line(), []
    for n in range(40):
        body: Body = by_id(f"C{n}", f"I{rng.randrange(3)}", "4") if n % 3 else order(f"C{n}", symbol=f"S{n % 2}")
        body += [(48, f"I{rng.randrange(3)}"), (22, "4")] if n % 3 == 0 and rng.random() < 0.6 else []
        messages.append(line.send("D", body, T0 + n * 1_000_000))
        messages.append(line.send("8", report(f"C{n}", f"E{n}", "0", "0"), T0 + n * 1_000_000))
    data, flow, slow = b"".join(messages), made("fast"), made("reference")
    rows = slow.feed(data, "x.log")
    cut = rng.randrange(len(data))
    assert [*flow.feed(data[:cut], "x.log"), *flow.feed(data[cut:], "x.log")] == rows
    assert flow.quarantine == slow.quarantine
    packets = [Packet(message, f"offset {n}") for n, message in enumerate(messages)]
    assert opened(made("fast"), packets) == [opened(made("reference"), packets[:1])[0], *alone(packets)[1:]]


def alone(packets: list[Packet]) -> list[object]:
    flow = made("reference")
    return [opened(flow, [packet])[0] for packet in packets]


def test_that_the_end_of_a_log_names_what_stood_before_it(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(DAY)
    found = read_flow(path, Universe())
    assert {row.instrument for row in found.rows if row.child_id == "A"} == {"AAPL"}
    assert found.quarantine == []
    assert [note for note in found.notes if "SecurityIDs (48)" in note] == [
        "1 SecurityIDs (48) are named by no message; their orders stand under the id"
    ]


# -- what other sources tell -------------------------------------------------------------------------------------------


def test_that_an_exchanges_own_id_is_looked_up_in_its_definitions_and_kept() -> None:
    shared = LiveSymbols()
    first = told(("D", by_id("A", CODE, "8")), ("D", by_id("B", "7", "8")), ("D", by_id("I", CODE, "4")))
    shared.learn("dbn", 5002, "ESZ6", T0 - 1)
    securities = Securities(shared)
    flow = made("fast", securities)
    assert named(flow, first) == {"A": {"ESZ6"}, "B": {"7"}, "I": {CODE}}
    shared.learn("dbn", 5002, "ESH7", T0)
    shared.learn("dbn", 7, "NQZ6", T0 - 1)
    again = made("reference", Securities(LiveSymbols(), dict(securities.bound)))  # after a restart: the place has them
    assert named(again, first) == {"A": {"ESZ6"}, "B": {"7"}, "I": {CODE}}
    assert again.quarantine == []
    assert len(flow.quarantine) == 2


def test_that_own_flow_in_an_instrument_of_no_directory_is_said_once_and_only_where_there_is_one() -> None:
    universe = Universe()
    unlisted = Unlisted(universe)
    assert unlisted.said({"AAPL", None}, "ems", "x.log") == []
    universe.describe(Instrument(instrument="AAPL"))
    found: list[Quarantined] = unlisted.said({"AAPL", "ZZZ", None}, "ems", "x.log")
    assert [(entry.source, entry.where) for entry in found] == [("ems", "x.log")]
    assert "Symbol (55) = 'ZZZ' is not allowed; allowed: one of the 1 instruments" in found[0].reason
    assert unlisted.said({"ZZZ"}, "ems", "x.log") == []


def tail(path: Path, shared: LiveSymbols) -> FixTail:
    universe = Universe()
    universe.describe(Instrument(instrument="ESZ6"))
    source = FileSource(path=str(path), role="orders", start="earliest")
    return FixTail("ems", source, universe, {}, shared)


def test_that_a_followed_log_goes_on_under_the_names_it_began_with(tmp_path: Path) -> None:
    path, shared = tmp_path / "x.log", LiveSymbols()
    shared.learn("dbn", 5002, "ESZ6")
    path.write_bytes(told(("D", by_id("A", CODE, "8"))))
    route = LiveRoute([feed := tail(path, shared)], 1_000, wait_s=0.0)
    route.open({})
    block = route.take()
    assert block is not None
    assert [row.instrument for row in block.orders] == ["ESZ6"]
    (place,) = [control.text for control in block.controls if control.kind == "position"]
    assert '"named":{"8:5002":"ESZ6"}' in str(place)
    route.close()
    with path.open("ab") as file:
        file.write(told(("D", order("Z")), ("8", filled("A", "F1", (5, "10"), 5))))
    later = LiveRoute([tail(path, LiveSymbols())], 1_000, wait_s=0.0)  # nothing is known of definitions any more
    later.open({feed.lanes["file:ems"].name: str(place)})
    rows: list[OrderRow] = []
    notices: list[Control] = []
    while (block := later.take()) is not None:
        rows += block.orders
        notices += [control for control in block.controls if control.kind == "aside"]
    later.close()
    assert [(row.child_id, row.instrument) for row in rows] == [("Z", "TECH"), ("A", "ESZ6")]
    assert ["Symbol (55) = 'TECH'" in str(control.text) for control in notices] == [True]


def test_that_a_session_that_learns_its_names_has_one_hash_live_and_from_its_blocks(tmp_path: Path) -> None:
    path, hashes = tmp_path / "x.log", []
    path.write_bytes(DAY)
    route = LiveRoute([tail(path, LiveSymbols())], 1_000, wait_s=0.0)
    route.open({})
    blocks = list(iter(route.take, None))
    route.close()
    for _ in range(2):  # as it came, and as the tape has it
        engine = Engine(Universe(), EngineConfig())
        for block in blocks:
            engine.apply(block)
        engine.finish(T0 + 10**9)
        hashes.append((engine.output_hash(), engine.run_hash()))
    assert hashes[0] == hashes[1]
