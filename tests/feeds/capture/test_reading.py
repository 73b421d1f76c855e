"""Capture files read plain or packed: members of a gzip file are one capture, one that is cut short says so."""

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError, FeedError
from app.feeds.capture import reading
from app.feeds.capture.reading import frames_of
from app.feeds.decode.pcap import Frame, PcapReader
from tests.feeds.capture.wire import frames, order, pcap_of, tcp

WIRE = pcap_of(frames([tcp(200 * n, order(n)) for n in range(1, 30)]))


def read(path: Path) -> tuple[list[Frame], PcapReader]:
    reader = PcapReader(path.name)
    return [frame for part in frames_of(path, reader) for frame in part], reader


def written(folder: Path, data: bytes) -> Path:
    (folder / "wire.pcap").write_bytes(data)
    return folder / "wire.pcap"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading")


@pytest.fixture(scope="module")
def plain(folder: Path) -> list[Frame]:
    found, reader = read(written(folder, WIRE))
    assert len(found) == 29
    assert reader.aside == []
    return found


@given(cuts=st.lists(st.integers(0, len(WIRE)), max_size=4), padding=st.integers(0, 3))
def test_that_any_members_of_a_gzip_file_are_the_capture(
    cuts: list[int], padding: int, folder: Path, plain: list[Frame]
) -> None:
    edges = [0, *sorted(cuts), len(WIRE)]
    parts = [gzip.compress(WIRE[start:end]) for start, end in pairwise(edges)]
    found, reader = read(written(folder, b"".join(parts) + bytes(512 * padding)))
    assert found == plain
    assert reader.aside == []


def test_that_members_are_told_apart_wherever_the_file_is_read(
    folder: Path, plain: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"".join(gzip.compress(WIRE[at : at + 700]) + bytes(at // 100) for at in range(0, len(WIRE), 700))
    for size in (20, 33, 1_000):
        monkeypatch.setattr(reading, "_SLICE", size)
        monkeypatch.setattr(reading, "_PIECE", size * 3)
        found, reader = read(written(folder, data))
        assert (found, reader.aside) == (plain, [])


@given(data=st.data())
def test_that_a_packed_capture_cut_short_gives_what_is_there_and_says_so(
    data: st.DataObject, folder: Path, plain: list[Frame]
) -> None:
    packed = gzip.compress(WIRE)
    path = written(folder, packed[: data.draw(st.integers(400, len(packed) - 1))])
    found, reader = read(path)
    assert found == plain[: len(found)]
    assert any("gzip data cut short" in entry.reason for entry in reader.aside)
    assert all(entry.where.startswith("wire.pcap") for entry in reader.aside)


@pytest.mark.parametrize("tail", [b"tail of something else", b"\x1f\x8b\xff\xff" * 10])
def test_that_what_follows_the_last_member_and_is_none_is_refused_by_name(tail: bytes, folder: Path) -> None:
    with pytest.raises(FeedError, match=r"wire\.pcap: damaged gzip data"):
        read(written(folder, gzip.compress(WIRE) + tail))


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0), gzip.compress(b"no capture at all", mtime=0)])
def test_that_a_file_with_no_capture_in_it_is_refused(data: bytes, folder: Path) -> None:
    with pytest.raises(DecodeError, match=r"wire\.pcap offset 0: first bytes"):
        read(written(folder, data))


def test_that_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    with pytest.raises(FeedError, match=r"absent\.pcap: cannot be read: No such file"):
        read(folder / "absent.pcap")
    with pytest.raises(FeedError, match="cannot be read: Is a directory"):
        read(folder)
