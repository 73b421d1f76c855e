"""A table is mapped by the settings: to market rows, own rows or FIX messages; a wrong map is said before any row."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from app.engine.errors import SettingsError
from app.engine.events import OrderRow
from app.engine.universe import Universe
from app.feeds.kdb.codec import Codec, Update
from app.feeds.kdb.feed import KdbFeed
from app.feeds.kdb.intake import Intake, place
from app.settings import load_settings
from app.settings_sources import KdbSource, checked_sources
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.feeds.fix.wire import T0, Line, filled, order
from tests.feeds.kdb.conftest import Drained, market_rows
from tests.patience import eventually

DATE = "2026-11-20"
TABLES = {
    "ems": [("time", "m8[ns]"), ("sym", "S"), ("msg", "O")],
    "quotes": [
        ("time", "m8[ns]"),
        ("sym", "S"),
        ("px", "f8"),
        ("qty", "i8"),
        ("late", "f8"),
        ("open", "O"),
        ("on", "?"),
    ],
}


@pytest.fixture(scope="module")
def plant() -> Iterator[Tickerplant]:
    with Tickerplant(schema_of(SCHEMA) | TABLES) as made:
        made.update("market", market_rows(1, 0))
        yield made


def refused(feed: KdbFeed) -> str:
    """Why a feed ended."""

    def look() -> str:
        try:
            feed.poll(1_000)
        except SettingsError as error:
            return str(error)
        return ""

    return eventually(look, 20.0)


def said(plant: Tickerplant, table: str, **keys: Any) -> str:
    """Why a feed on the table ends at once."""
    feed = KdbFeed("md", KdbSource(port=plant.port, table=table, query=table, start="earliest", **keys), Universe())
    feed.open({}, lambda: None)
    try:
        return refused(feed)
    finally:
        feed.close()


NOT = "is not allowed; allowed: a column of"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("nothing", {}, "settings: sources.md.table = 'nothing' is not allowed; allowed: a table that the tickerplant"),
    ("ems", {"columns": {"price": "px"}}, "table ems: columns.price = 'px' is not allowed; allowed: one of time, sy"),
    ("quotes", {"columns": {"price": "sym"}}, f"sources.md.columns.price = 'sym' {NOT} type long, int, short or float"),
    ("quotes", {"columns": {"price": "sym"}}, "table quotes has time (long or time), sym (text), px (float), qty"),
    ("quotes", {"columns": {"ts_recv": "late"}}, f"sources.md.columns.ts_recv = 'late' {NOT} type timestamp or time"),
    ("quotes", {"role": "orders"}, f"sources.md.columns.kind = None {NOT} table quotes, or =CONSTANT; it has time"),
    ("quotes", {"role": "orders", "codec": "fix"}, f"sources.md.columns.raw = None {NOT} table quotes"),
    ("quotes", {"role": "orders", "codec": "fix", "columns": {"raw": "px"}}, f"columns.raw = 'px' {NOT} type text"),
]


@pytest.mark.parametrize(("table", "keys", "words"), WRONG)
def test_that_a_wrong_map_ends_the_run_with_table_column_type_and_what_is_allowed(
    plant: Tickerplant, table: str, keys: dict[str, Any], words: str
) -> None:
    assert words in said(plant, table, **keys)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"codec": "dbn"}, "sources.md.codec = 'dbn' is not allowed; allowed: columns, fix"),
        ({"role": "both"}, "sources.md.role = 'both' is not allowed; allowed: market or orders"),
        ({"codec": "fix"}, "sources.md.role = 'market' is not allowed; allowed: orders where codec = 'fix'"),
        ({"codec": "fix", "role": "orders", "columns": {"price": "px"}}, "sources.md.columns = 'price' is not allowed"),
    ],
)
def test_that_codec_role_and_columns_must_go_together(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Intake("md", KdbSource(table="trade", **keys), Universe(), frozenset())
    assert words in str(refusal.value)


def test_that_the_settings_file_maps_each_table_by_name() -> None:
    given = {"ems": {"kind": "kdb", "role": "orders", "codec": "fix", "columns": {"raw": "msg"}}, "md": {"kind": "kdb"}}
    found = checked_sources(given, "x.toml")
    assert [(source.codec, source.role) for source in found.values() if isinstance(source, KdbSource)] == [
        ("fix", "orders"), ("columns", "market"),
    ]  # fmt: skip
    with pytest.raises(SettingsError, match=r"sources\.md\.codec"):
        checked_sources({"md": {"kind": "kdb", "codec": "csv"}}, "x.toml")
    assert load_settings(None, {}).sources == {}


def test_that_a_list_without_rows_fits_anything_for_it_has_no_type_yet(plant: Tickerplant) -> None:
    schema = Codec().value(_reply(plant, "quotes"))
    intake = Intake("md", KdbSource(table="quotes", columns={"price": "open", "size": "on"}), Universe(), frozenset())
    intake.check(schema)
    with pytest.raises(SettingsError, match="px"):
        Intake("md", KdbSource(table="quotes", columns={"ts_event": "px"}), Universe(), frozenset()).check(schema)


def _reply(plant: Tickerplant, table: str) -> bytes:
    """An empty table, as the tickerplant sends it."""
    from scripts.tickerplant.qipc import message

    return message(plant.whole(table), 2)


# -- FIX messages in a table -------------------------------------------------------------------------------------------


def flow() -> list[bytes]:
    line = Line()
    for n in range(6):
        line.send("D", [*order(f"C{n}"), (526, "P1")], T0 + n * 1_000_000)
        line.send("8", filled(f"C{n}", f"F{n}", (5, "10"), 5), T0 + n * 1_000_000)
    return [message for _, message in line.log]


def update(messages: list[Any]) -> Update:
    column = np.empty(len(messages), object)
    column[:] = messages
    times = np.zeros(len(messages), np.int64)
    return Update("ems", ("time", "sym", "msg"), (times, np.full(len(messages), b"x", object), column))


def intake(at: str = "") -> Intake:
    made = Intake("md", KdbSource(table="ems", codec="fix", role="orders"), Universe(), frozenset())
    made.begin_day(DATE)
    if at:
        made.go_on(place(at, "kdb/md"))
    return made


def rows(table: Intake, *updates: Update) -> list[OrderRow]:
    return [row for part in updates for batch in table.batches([part]) for row in batch.orders]


def test_that_messages_of_a_table_are_own_flow_and_go_on_behind_the_place_with_all_that_was_said_before() -> None:
    messages = flow()
    whole = rows(intake(), update(messages))
    assert [row.kind for row in whole[:2]] == ["child_new", "fill"]
    assert {row.parent_id for row in whole} == {"P1"}
    for had in (0, 1, 5, 12):
        again = intake(f"{DATE}:{had}")
        assert again.at.rows == 0, "what was said before is read again"
        assert rows(again, update(messages[:3]), update(messages[3:])) == whole[had:]
        assert again.at == place(f"{DATE}:12", "kdb/md")
    table = intake(f"{DATE}:5")
    assert [batch.position for batch in table.batches([update(messages[:3])])] == [f"{DATE}:5"]


def test_that_a_row_that_is_no_message_is_set_aside_with_table_and_row() -> None:
    messages: list[Any] = flow()[:4]
    messages[1:2] = [b"hello", messages[1][:-2] + b"x\x01", ""]
    (batch,) = intake().batches([update(messages)])
    assert [row.kind for row in batch.orders] == ["child_new", "child_new", "fill"]
    assert [entry.where.split(" line")[0] for entry in batch.quarantine] == [
        f"kdb+ table ems row {n}" for n in (1, 2, 3)
    ]
    assert "allowed: one or more whole FIX messages" in batch.quarantine[0].reason


def test_that_a_followed_table_of_messages_tells_them_as_they_come(plant: Tickerplant) -> None:
    messages = flow()
    times = np.zeros(6, "m8[ns]")
    plant.update("ems", [times, np.full(6, b"x"), messages[:6]])
    source = KdbSource(port=plant.port, table="ems", query="ems", codec="fix", role="orders", start="earliest")
    feed = KdbFeed("md", source, Universe(), fix={"session": {"all": {"parent": [{"tag": 526}]}}})
    feed.open({}, lambda: None)
    told = Drained(feed).rows(6)
    plant.update("ems", [times, np.full(6, b"x"), messages[6:]])
    told.rows(12)
    feed.close()
    assert [row.kind for row in told.orders] == ["child_new", "fill"] * 6
