"""A live day of the settings: what is wrong with its sources is said early; results go to everybody asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from app.engine.errors import FeedError, SettingsError
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds.decode.live_symbols import LiveSymbols
from app.runtime.loop import Publication, Standing
from app.session import live_day
from app.session.live_day import LIVE_FEEDS, LiveDay, read_reference, results_of
from app.settings import Settings, load_settings
from app.settings_sources import ArchiveSource, FileSource, KafkaSource, KdbSource
from tests.session.small import small_session


class Spoken:
    """A board, or somebody in front of one: writes down what it is told, then passes it on."""

    def __init__(self, name: str, heard: list[str], behind: Publication | None = None) -> None:
        self.name = name
        self._heard = heard
        self._behind = behind

    def _say(self, what: str) -> None:
        self._heard.append(f"{self.name} {what}")

    def intern(self, text: str) -> int:
        self._say(f"intern {text}")
        return 0 if self._behind is None else self._behind.intern(text)

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        self._say(f"put {section}")
        if self._behind is not None:
            self._behind.put(section, index, rows)

    def length(self, section: str) -> int:
        return 0 if self._behind is None else self._behind.length(section)

    def beat(self, watermark: int) -> None:
        self._say(f"beat {watermark}")
        if self._behind is not None:
            self._behind.beat(watermark)

    def meta(self, key: str, text: str) -> None:
        self._say(f"meta {key}={text}")
        if self._behind is not None:
            self._behind.meta(key, text)

    def heartbeat(self) -> None:
        self._say("heartbeat")
        if self._behind is not None:
            self._behind.heartbeat()


class Passing:
    """Somebody who passes on what is published."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self._name = name
        self._heard = heard

    def over(self, board: Publication | None) -> Publication:
        return Spoken(self._name, self._heard, board)

    def ended(self, result: object) -> None:
        self._heard.append(f"{self._name} ended {result}")


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "mine.toml").write_text(text)
    return load_settings(folder / "mine.toml")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a topic and a store, which are not there, would be told."""
    said: list[str] = []
    monkeypatch.setattr(live_day, "ResultsTopic", lambda *_: Passing("topic", said))
    monkeypatch.setattr(live_day, "RealTimeStore", lambda *_: Passing("store", said))
    return said


def spoken_to(results: Any, board: Publication | None) -> None:
    stands = results.over(board)
    stands.meta("state", "playing")
    stands.intern("AAPL")
    stands.put("parents", np.zeros(0, np.int64), np.zeros(0))
    stands.beat(7)
    stands.heartbeat()


FILE = 'kind = "file"\npath = "x"'
ARCHIVE = 'kind = "archive"\npath = "x"'
WORDS = ["meta state=playing", "intern AAPL", "put parents", "beat 7", "heartbeat"]
TOPIC, STORE = '[kafka]\nresults = "out"\n', "[kdb]\nstore = true\n"


@pytest.mark.parametrize(
    ("text", "names"), [(TOPIC, ["topic"]), (STORE, ["store"]), (TOPIC + STORE, ["topic", "store"])]
)
@pytest.mark.parametrize("with_board", [True, False])
def test_that_everybody_asked_for_is_told_everything_once_and_so_is_the_board(
    heard: list[str], tmp_path: Path, text: str, names: list[str], with_board: bool
) -> None:
    results = results_of(settings_of(tmp_path, text), "day", Universe())
    spoken_to(results, Spoken("board", heard) if with_board else None)
    everybody = [*names, "board"] if with_board else names
    for name in everybody:
        assert [line.partition(" ")[2] for line in heard if line.startswith(name)] == WORDS
    assert len(heard) == len(everybody) * len(WORDS)
    heard.clear()
    assert results is not None
    results.ended("well")  # type: ignore[arg-type]
    assert heard == [f"{name} ended well" for name in names]


def test_that_nobody_is_told_where_the_settings_name_nobody(tmp_path: Path) -> None:
    assert results_of(settings_of(tmp_path, ""), "day", Universe()) is None


def test_that_a_day_without_a_source_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"at least one table \[sources\.NAME\] with kind, role and codec"):
        LiveDay(settings_of(tmp_path, ""), "day")


def test_that_an_archive_without_its_library_is_said_when_the_day_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.feeds.archive.place.find_spec", lambda _name: None)
    day = LiveDay(settings_of(tmp_path, '[sources.old]\nkind = "archive"\npath = "x"\n'), "day")
    with pytest.raises(SettingsError, match=r"pip install 'leakage-scorecard\[archive\]'"):
        day.open(Standing())
    day.close()


class Feed:
    """A live feed that is never asked for a row."""

    def __init__(self, name: str, opened: list[str]) -> None:
        self.name = name
        self._opened = opened

    def open(self, *_: object) -> None:
        self._opened.append(self.name)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [(KafkaSource, 'kind = "kafka"'), (KdbSource, 'kind = "kdb"'), (FileSource, FILE), (ArchiveSource, ARCHIVE)],
)
def test_that_every_source_is_made_by_its_kinds_maker_with_its_own_name(
    kind: type[object], keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, type[object]]] = []
    routes: list[Sequence[Feed]] = []

    class Route:
        """A route that only knows its feeds."""

        held, lags = print, dict

        def __init__(self, feeds: Sequence[Feed], rows: int) -> None:
            assert rows >= 1_000
            routes.append(feeds)

        def open(self, positions: object, watermark: object) -> None:
            del positions, watermark

        def close(self) -> None:
            routes.clear()

    def maker(name: str, source: object, _settings: Settings, _universe: Universe, symbols: LiveSymbols) -> Feed:
        assert symbols is day.symbols, "all sources learn into one table"
        made.append((name, type(source)))
        return Feed(name, [])

    monkeypatch.setitem(LIVE_FEEDS, kind, maker)
    monkeypatch.setattr(live_day, "LiveRoute", Route)
    day = LiveDay(settings_of(tmp_path, f"[sources.a]\n{keys}\n[sources.b]\n{keys}\n"), "day")
    assert day.open(Standing()) == (None, 0), "its span is not known before it has ended"
    assert made == [("a", kind), ("b", kind)]
    assert [feed.name for feed in routes[0]] == ["a", "b"]
    assert day.stream.blocks is day.route
    day.close()
    assert routes == []


def test_that_a_day_that_was_never_opened_can_be_closed(tmp_path: Path) -> None:
    day = LiveDay(settings_of(tmp_path, '[sources.a]\nkind = "kafka"\n'), "day")
    day.close()
    assert day.route is None
    assert day.stream.name == "day"
    assert day.stream.blocks.next_ns() is None, "nothing before it is opened"


def test_that_reference_data_describe_the_instruments_before_the_first_row(tmp_path: Path) -> None:
    universe = Universe()
    read_reference(small_session(tmp_path / "day"), universe)
    assert len(universe.reference) == 2


def test_that_a_symbol_file_beside_the_reference_data_goes_before_what_directories_tell(tmp_path: Path) -> None:
    folder = small_session(tmp_path / "day")
    pq.write_table(pa.table({"symbol": ["AAPL.O"], "instrument": ["AAPL"]}), folder / "symbols.parquet")
    text = f'[live]\nreference = "{folder.as_posix()}"\n[sources.log]\nkind = "file"\npath = "{tmp_path / "x"}"\n'
    day = LiveDay(settings_of(tmp_path, text), "day")
    day.open(Standing())
    day.close()
    symbology = day.symbols.symbology("fix")
    assert symbology is not None
    assert (symbology("AAPL.O", 0), symbology("MSFT", 0)) == ("AAPL", "MSFT")
    assert LiveSymbols().symbology("fix") is None


def test_that_reference_data_that_are_not_there_are_named_before_a_source_is_asked(tmp_path: Path) -> None:
    text = f'[live]\nreference = "{(tmp_path / "none").as_posix()}"\n[sources.a]\nkind = "kafka"\n'
    day = LiveDay(settings_of(tmp_path, text), "day")
    with pytest.raises(FeedError, match="none"):
        day.open(Standing())
    assert day.route is None
