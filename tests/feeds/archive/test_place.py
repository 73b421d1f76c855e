"""Where an archive lies: told to the library what it needs, and to nobody what is secret."""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError, SettingsError
from app.engine.universe import Universe
from app.feeds.archive.packing import pack
from app.feeds.archive.place import Place, is_archive
from app.feeds.archive.unpacking import unpack
from tests.feeds.archive.made import market, same, universe_of

SECRET: Final = "correct-horse"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "eu-west-1", "HOME": "/home"}


@given(st.text("abc/.-_ ", min_size=1, max_size=12))
def test_that_a_folder_is_named_whole_and_its_tables_below_it(text: str) -> None:
    place = Place.of(text, {})
    assert Path(place.uri).is_absolute()
    assert place.uri == str(Path(text).absolute())
    assert place.table("market") == f"{place.uri}/market"
    assert (place.s3, place.options()) == (False, {})


@pytest.mark.parametrize(
    "text",
    ["gs://bucket/a", "http://host/a", "abfss://c@a/b", "archive://gs://bucket", "s3://", "s3://B_/a", ""],
)
def test_that_a_store_of_another_kind_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(SettingsError, match=r"archive: address = .* allowed: a folder, or s3://BUCKET/PREFIX"):
        Place.of(text, {})


def test_that_only_what_the_store_needs_of_the_environment_is_told() -> None:
    told = Place.of("s3://bucket/day", KEYS).options()
    assert {name: told[name] for name in KEYS if name.startswith("AWS_")} == {
        name: value for name, value in KEYS.items() if name.startswith("AWS_")
    }
    assert "HOME" not in told
    assert "AWS_ALLOW_HTTP" not in told
    assert told["aws_conditional_put"] == "etag"


@pytest.mark.parametrize(("endpoint", "plain"), [("http://host:9000", True), ("https://host", False), ("", False)])
def test_that_plain_http_is_allowed_only_where_the_endpoint_says_it(endpoint: str, plain: bool) -> None:
    told = Place.of("s3://bucket", {**KEYS, "AWS_ENDPOINT_URL": endpoint}).options()
    assert (told.get("AWS_ALLOW_HTTP") == "true") == plain
    assert ("AWS_ENDPOINT_URL" in told) == bool(endpoint)


def test_that_a_place_is_shown_without_its_environment() -> None:
    place = Place.of("s3://bucket/day/", KEYS)
    for shown in (repr(place), str(place), f"{place}", f"{[place]}"):
        assert "s3://bucket/day" in shown
        assert SECRET not in shown
    assert place.within("market/part.parquet") == "bucket/day/market/part.parquet"


@pytest.mark.parametrize(
    "text", ["archive://s3://bucket/a", "s3://bucket/a", "s3a://bucket/a", "archive:///data", "s3:/bucket/a"]
)
def test_that_an_address_with_a_scheme_is_known_as_an_archive(text: str) -> None:
    assert is_archive(text)
    Place.of(text, {})


@pytest.mark.parametrize("text", ["archive", "/data/archive", "archive:", "archive://", "s3", "gs://bucket/a", "a.dbn"])
def test_that_any_other_word_is_none(text: str) -> None:
    assert not is_archive(text)


def test_that_columns_may_come_in_any_order_and_as_plain_text() -> None:
    universe, rows = universe_of(), market(200)
    table = pack(rows, universe)
    plain = pa.table({
        name: table.column(name).cast(pa.string()) if pa.types.is_dictionary(table.schema.field(name).type)
        else table.column(name) for name in reversed(table.column_names)
    })  # fmt: skip
    assert same(unpack(plain, universe).rows, rows)


@given(st.integers(1, 60), st.integers(0, 60))
def test_that_a_chunk_in_two_pieces_is_one(count: int, cut: int) -> None:
    universe, rows = universe_of(), market(count)
    table = pack(rows, universe)
    pieces = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    assert same(unpack(pieces, universe).rows, rows)


def test_that_a_chunk_of_no_rows_is_refused() -> None:
    table = pack(market(3), universe_of())
    with pytest.raises(DecodeError, match="the chunk is not whole"):
        unpack(table.slice(0, 0), Universe())


@pytest.mark.parametrize("name", ["side", "condition", "status"])
def test_that_a_word_no_rows_have_is_refused_with_column_and_word(name: str) -> None:
    universe = universe_of()
    table = pack(market(20), universe)
    at = table.schema.get_field_index(name)
    with pytest.raises(DecodeError, match=f"a chunk of the archive: {name} 'ghost'; allowed: "):
        unpack(table.set_column(at, name, pa.array(["ghost"] * 20)), universe)
