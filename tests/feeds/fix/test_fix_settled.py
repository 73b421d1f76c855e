"""A finished log read as a stream has the rows of the settled log, or is left to the reference decoder."""

import random
from pathlib import Path
from typing import Any

import pytest

from app.engine.universe import Universe
from app.feeds import fixlog
from app.feeds.base import Options
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.decode.fix_settled import Settled
from tests.feeds.fix.flows import crowd
from tests.feeds.fix.story import tell
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report

RULES: dict[str, Any] = {
    "session": {"one": {"sender": "EMS", "parent": [{"tag": 20013}, {"tag": 526}, {"tag": 198, "by": "order_id"}]}}
}


def read(path: Path, table: dict[str, Any], **options: Any) -> fixlog.FixFlow:
    return fixlog.read_flow(path, Universe(), Options(**options), fix_settings(table, "test.toml"))


def is_fast(data: bytes, table: dict[str, Any] | None = None) -> bool:
    """True where the kernels' rows are good for the whole log."""
    log = Settled(fix_settings(table or {}, "test.toml"), Universe())
    log.feed(data, "x.log")
    log.close("x.log")
    return log.settle()


def assert_alike(path: Path, data: bytes, table: dict[str, Any], **options: Any) -> None:
    """Both decoders give the same rows, refusals, counts and words."""
    path.write_bytes(data)
    assert read(path, table, **options) == read(path, {**table, "decoder": "reference"}, **options)


@pytest.mark.parametrize("seed", range(24))
def test_that_any_log_gives_the_same_by_both_decoders(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    messages = crowd(seed, rng.choice([6, 12, 30])) if seed % 3 else [m for _, m in tell(seed, "FIX.4.4")[0]]
    if seed % 4 == 0:
        messages.insert(rng.randrange(len(messages)), messages.pop(rng.randrange(len(messages))))
    assert_alike(tmp_path / "x.log", b"".join(messages), RULES if seed % 2 else {}, source="S" if seed % 2 else None)


def linked(*parts: tuple[str, Body]) -> bytes:
    """Messages of one session, 1 us apart."""
    line = Line()
    for n, (kind, body) in enumerate(parts):
        line.send(kind, body, T0 + n * 1_000)
    return b"".join(message for _, message in line.log)


PLAIN = [("D", [*order(f"C{n}"), (526, "P1")]) for n in range(3)]
FILLS = [("8", filled(f"C{n}", f"F{n}", (5, "10"), 5)) for n in range(3)]


def test_that_plain_flow_is_read_by_the_kernels() -> None:
    assert is_fast(linked(*PLAIN, *FILLS))
    assert is_fast(
        linked(*PLAIN, ("8", report("C1", "B1", "H", "0", [(19, "F0"), (37, "O")])), *FILLS)
    )  # some of it not


@pytest.mark.parametrize(
    "parts",
    [
        [("D", order("C0")), ("8", [*filled("C0", "F0", (5, "10"), 5), (526, "P1")])],  # named late
        [*PLAIN, ("D", [*order("X", symbol="OTHER"), (526, "P1")])],  # carried by two instruments
        [("D", [*order("C0"), (583, "P2")]), ("8", [*filled("C0", "F", (5, "10"), 5), (526, "P1")])],  # two links
        [("8", report("A2", "E1", "0", "0")), ("G", [(41, "A1"), *order("A2", 200)])],  # joined late
        [("8", report("U", "E1", "0", "0")), ("8", report("U", "E2", "0", "0", [(526, "P1")]))],  # a report, named late
    ],
)
def test_that_what_the_end_of_a_log_may_change_is_left_to_the_reference_decoder(
    parts: list[tuple[str, Body]], tmp_path: Path
) -> None:
    data = linked(*parts)
    assert not is_fast(data)
    assert_alike(tmp_path / "x.log", data, {})


def test_that_times_that_run_back_and_names_of_two_sessions_are_left_to_it(tmp_path: Path) -> None:
    line, other = Line(), Line("EMS", "ALT")
    late = line.send("D", order("C1"), T0 + 10**9) + line.send("D", order("C2"), T0)
    shared = line.send("D", order("C3"), T0) + other.send("D", order("C3"), T0 + 1)
    for data in (late, shared):
        assert not is_fast(data)
        assert_alike(tmp_path / "x.log", data, {})


@pytest.mark.parametrize(
    "table",
    [
        {"decoder": "reference"}, {"checksum": "count"}, {"body_length": "count"},
        {"session": {"a": {"level": "parent"}}}, {"session": {"a": {"levels": [{"tag": 847, "level": "algo"}]}}},
        {"session": {"a": {"algo_order": [{"tag": 198}]}}},
    ],
)  # fmt: skip
def test_that_settings_that_need_the_end_of_a_log_ask_for_the_reference_decoder(
    table: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the kernels were asked")

    path = tmp_path / "x.log"
    path.write_bytes(linked(*PLAIN))
    monkeypatch.setattr(fixlog, "Settled", never)
    assert len(read(path, table).rows) >= 3


def test_that_a_damaged_file_and_a_folder_of_logs_give_the_same(tmp_path: Path) -> None:
    import gzip

    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_bytes(linked(*PLAIN))
    (folder / "b.log").write_bytes(b"20261120-15:00:01.123 nothing\n")
    assert read(folder, {}) == read(folder, {"decoder": "reference"})
    (folder / "c.log.gz").write_bytes(gzip.compress(linked(*FILLS))[:-9])
    found = read(folder, {})
    assert found == read(folder, {"decoder": "reference"})
    assert "damaged" in found.quarantine[-1].reason
