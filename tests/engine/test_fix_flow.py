"""The kernel's rows, through the decoder that feeds it: what is regular it makes itself, at anything else it stops."""

import pytest

from app.engine import fix_state as k
from app.engine.units import NULL
from app.feeds.decode.fix_settings import fix_settings
from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.test_fix_flow import assert_alike, expected, heard, regular
from tests.feeds.fix.wire import T0, Body, Line, filled, frame, order, report, utc

TERMS: Body = [(38, 100), (44, "10.5"), (14, 0)]


def life(name: str, line: Line) -> None:
    """An order that is acknowledged, replaced, filled and cancelled."""
    line.send("D", [*order(name), (526, f"P{name}"), (59, "0"), (100, "XNAS"), (15, "USD"), (1, "ACC")], T0)
    line.send("8", report(name, f"{name}a", "A", "A"), T0 + 1)
    line.send("8", report(name, f"{name}b", "0", "0", TERMS), T0 + 2)
    line.send("G", [(41, name), *order(f"{name}.1", 120, "10.75")], T0 + 3)
    line.send("8", report(f"{name}.1", f"{name}c", "5", "0", [(41, name), (37, f"O-{name}")]), T0 + 4)
    fill = filled(f"{name}.1", f"{name}d", (20, "10.7"), 20)
    more: Body = [(60, utc(T0 + 4)), (12, "0.25"), (13, "3"), (30, "XNYS")]
    line.send("8", [*[(tag, f"O-{name}") if tag == 37 else (tag, value) for tag, value in fill], *more], T0 + 5)
    line.send("F", [(11, f"{name}.2"), (41, f"{name}.1"), (55, "TECH"), (54, "1")], T0 + 6)
    line.send("9", [(37, f"O-{name}"), (11, f"{name}.2"), (41, f"{name}.1"), (39, "1"), (434, "1"), (102, "0")], T0 + 7)
    for said in "DC348":
        line.send("8", report(f"{name}.1", f"{name}{said}", said, said, [(37, f"O-{name}"), (41, "none")]), T0 + 8)


def test_that_the_whole_life_of_an_order_is_made_by_the_kernel() -> None:
    line = Line()
    for name in ("A", "B", "C"):
        life(name, line)
    found = assert_alike(b"".join(message for _, message in line.log), {}, [])
    assert regular(found) == len(found.rows) == 39
    one = found.blocks[0].array[:13]
    kinds = [
        k.NEW, k.PENDING, k.ACKED, k.REPLACE, k.REPLACED, k.FILL, k.CANCEL, k.REFUSED, k.RESTATED, k.EXPIRED, k.DONE,
        k.CANCELLED, k.REJECTED,
    ]  # fmt: skip
    assert one[:, k.R_KIND].tolist() == kinds
    assert one[4, [k.R_QTY, k.R_PRICE]].tolist() == [120, 10_750_000_000]
    assert one[5, [k.R_MATCH, k.R_FEE, k.R_CUM]].tolist() == [T0, 250_000_000, 20]
    assert one[0, k.R_CUM] == NULL


@pytest.mark.parametrize("begin", ["FIX.4.2", "FIX.4.4"])
@pytest.mark.parametrize("seed", range(6))
def test_that_a_crowd_is_read_as_the_reference_decoder_reads_it(seed: int, begin: str) -> None:
    settings = fix_settings(TABLE, "test.toml")
    data = b"".join(crowd(1000 + seed, 150, begin))
    assert heard(data, settings, [])[:2] == expected(data, settings)


def test_that_many_orders_make_the_tables_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("_KEYS", 64), ("_ARENA", 256), ("_TEXTS", 32), ("_ORDERS", 32), ("_KEPT", 32)):
        monkeypatch.setattr(f"app.feeds.decode.fix_handover.{name}", size)
    line = Line()
    for n in range(70):
        line.send("D", [*order(f"C{n}", symbol=f"S{n}"), (1, f"A{n}")], T0 + n)
    found = assert_alike(b"".join(message for _, message in line.log), {}, [])
    assert regular(found) == 70


def test_that_orders_that_say_too_little_and_messages_without_a_time_are_left_to_the_reference_decoder() -> None:
    line = Line()
    line.send("D", [(11, "C1"), (55, "TECH"), (54, "1"), (40, "2")])
    line.send("D", [(tag, "3") if tag == 40 else (tag, value) for tag, value in order("C2")], T0 + 1)
    line.send("D", order("C3"), T0 + 2)
    log = [message for _, message in line.log]
    log.append(frame([(35, "D"), (34, 9), (49, "EMS"), (56, "BRK"), *order("C4"), (60, utc(T0 + 3))]))
    log.append(frame([(35, "D"), (34, 10), (49, "EMS"), (56, "BRK"), *order("C5")]))
    found = assert_alike(b"".join(log), {}, [])
    assert [row.child_id for row in found.rows] == ["C2", "C3", "C4"]
    assert len(found.quarantine) == 2
