"""Which format a path holds."""

import gzip
from pathlib import Path

import pytest
import zstandard

from app.engine.errors import FeedError, SettingsError
from app.feeds.detect import FORMATS, detect
from app.runtime.journal import MAGIC
from tests.feeds.made import capture, dbn_header, record, session_folder, trade

LOBSTER_LINE = b"34200.017459617,5,0,1,2238200,-1\n"
FIX = b"8=FIX.4.4\x019=5\x0135=0\x0110=161\x01"


@pytest.mark.parametrize(
    ("name", "data", "format_"),
    [
        ("x.dbn", dbn_header("mbo"), "dbn"),
        ("x.dbn.zst", zstandard.compress(dbn_header("mbo")), "dbn"),
        ("no-suffix", dbn_header("mbo"), "dbn"),
        ("x.gz", gzip.compress(capture('{"e":"trade"}'), mtime=0), "binance"),
        ("x.log", capture('{"e":"trade"}'), "binance"),
        ("AMZN_2012-06-21_message_1.csv", b"", "lobster"),
        ("lobster_AMZN_message_1.parquet", b"PAR1", "lobster"),
        ("anything.csv", LOBSTER_LINE, "lobster"),
        ("journal", MAGIC + bytes(40), "journal"),
        ("fix.log", FIX, "fixlog"),
        ("fix.log", b"2024-01-01 in : 8=FIX.4.2|9=5|35=0|", "fixlog"),
        ("fix.log", b"8=FIXT.1.1^A9=5", "fixlog"),
        ("fix.log.gz", gzip.compress(FIX, mtime=0), "fixlog"),
    ],
)
def test_that_a_file_is_known_by_its_name_or_first_bytes(name: str, data: bytes, format_: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert detect(tmp_path / name) == format_
    assert format_ in FORMATS


def test_that_folders_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    assert detect(session_folder(tmp_path / "session", [record()])) == "session"
    for folder, name, data, format_ in (
        ("l", "AMZN_message_1.csv", b"", "lobster"),
        ("d", "x.dbn", dbn_header("trades") + trade(0, 12, "T", "B", 1, 1), "dbn"),
        ("b", "x.log", capture("{}"), "binance"),
        ("f", "x.log", FIX, "fixlog"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(data)
        (tmp_path / folder / "truth.txt").write_text("beside it")
        assert detect(tmp_path / folder) == format_


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.txt", b"hello"),
        ("x", b""),
        ("x.gz", b"\x1f\x8b\xff\xff"),
        ("x.zst", b"\x28\xb5\x2f\xfd\xff\xff\xff\xff"),
        ("x.parquet", b"PAR1PAR1"),
    ],
)
def test_that_an_unknown_file_is_asked_about_naming_the_formats(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SettingsError, match="allowed: --format session, lobster, dbn, binance, fixlog, itch5, journal"):
        detect(tmp_path / name)


def test_that_a_folder_of_several_formats_or_none_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--format"):
        detect(tmp_path)
    (tmp_path / "x.dbn").write_bytes(dbn_header("mbo"))
    (tmp_path / "x.log").write_bytes(capture("{}"))
    with pytest.raises(SettingsError, match="--format"):
        detect(tmp_path)


def test_that_a_path_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no such file or folder"):
        detect(tmp_path / "absent")


@pytest.mark.parametrize(
    ("folder", "format_"), [("lobster", "lobster"), ("binance", "binance"), ("dbn", "dbn"), ("fix", "fixlog")]
)
def test_that_the_real_folders_are_known(folder: str, format_: str, shared_data: Path) -> None:
    assert detect(shared_data / folder) == format_
