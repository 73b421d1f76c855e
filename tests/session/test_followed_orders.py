"""`--orders LOG --follow`: own orders from a FIX log that is still written, market data from another source."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.board import BoardError, BoardReader
from app.cli.sessions import RunWords
from app.engine.errors import SettingsError
from app.feeds.decode.fix_wire import Header, built
from app.session.live_day import FOLLOWED, with_followed
from app.session.runtime_folder import RuntimeFolder
from app.settings import Settings, load_settings
from app.settings_sources import FileSource
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.feeds.kdb.conftest import T0, market_rows
from tests.patience import eventually

PATIENCE_S = 240.0  # kernels may have to be compiled first
ROOT = Path(__file__).resolve().parents[2]
MARKET = '[sources.market]\nkind = "kdb"\nrole = "market"\nport = {port}\nstart = "earliest"\nquery = "market"\n'
ORDER = [(37, "O1"), (11, "A1"), (55, "AAPL"), (54, "1"), (38, "1000"), (526, "P1"), (847, "VWAP")]


def written(folder: Path, text: str) -> Path:
    path = folder / "live.toml"
    path.write_text(text)
    return path


def known(folder: Path, text: str) -> Settings:
    return load_settings(written(folder, text), {})


def test_that_the_log_is_one_source_more_told_from_its_beginning(tmp_path: Path) -> None:
    given = known(tmp_path, MARKET.format(port=5010))
    found = with_followed(given, tmp_path / "fix.log").sources
    assert set(found) == {"market", FOLLOWED}
    log = found[FOLLOWED]
    assert isinstance(log, FileSource)
    assert (log.role, log.codec, log.start, log.path) == ("orders", "fix", "earliest", str(tmp_path / "fix.log"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "brings market data beside"), (f'[sources.{FOLLOWED}]\nkind = "file"\npath = "x"\n', "another name")],
)
def test_that_a_log_alone_or_a_name_that_is_taken_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        with_followed(known(tmp_path, text), tmp_path / "fix.log")


def test_that_the_command_line_says_what_follow_needs(tmp_path: Path) -> None:
    live, none = written(tmp_path, MARKET.format(port=5010)), tmp_path / "none.toml"
    none.write_text("")
    log = tmp_path / "fix.log"
    for words in (
        RunWords(settings=live, follow=True), RunWords(orders=log, follow=True),
        RunWords(settings=none, orders=log, follow=True), RunWords(settings=live, orders=log, follow=True, replay=log),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match="with --orders LOG and --settings FILE"):
            words.session(desk=False)
    with pytest.raises(SettingsError, match="with --follow beside live sources"):
        RunWords(settings=live, orders=log).session(desk=False)
    session = RunWords(settings=live, orders=log, follow=True).session(desk=False)
    assert (session.live, session.orders) == (True, str(log))


# -- a session that runs -----------------------------------------------------------------------------------------------


class Growing:
    """A FIX log of an order and its fills, message by message."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seq = self._done = 0

    def add(self, kind: str, fields: list[tuple[int, str]]) -> None:
        self._seq += 1
        header = Header("EMS", "US", self._seq, T0 + 1_000_000 + self._seq)
        with self.path.open("ab") as file:
            file.write(built(header, "8", [*ORDER, (17, f"E{self._seq}"), (150, kind), *fields]) + b"\n")

    def accept(self) -> None:
        self.add("0", [(39, "0"), (14, "0"), (151, "1000")])

    def fill(self, size: int) -> None:
        self._done += size
        left = 1_000 - self._done
        self.add("F", [(39, "1"), (32, str(size)), (31, "100.5"), (14, str(self._done)), (151, str(left))])


@pytest.fixture
def plant() -> Iterator[Tickerplant]:
    with Tickerplant(schema_of(SCHEMA)) as running:
        running.update("market", market_rows(3_000, 0))
        yield running


@pytest.mark.slow
def test_that_fills_are_on_the_board_as_the_log_grows_beside_market_data_of_kdb(
    plant: Tickerplant, tmp_path: Path
) -> None:
    log, folder = Growing(tmp_path / "fix.log"), RuntimeFolder(tmp_path / "run")
    log.accept()
    words = ["serve", "--settings", str(written(tmp_path, MARKET.format(port=plant.port)))]
    words += ["--orders", str(log.path), "--follow", "--runtime", str(folder.path)]
    with subprocess.Popen([sys.executable, "-m", "app", *words], cwd=ROOT, stderr=subprocess.PIPE) as running:
        try:
            seen = eventually(lambda: rows_of(folder, "parents"), PATIENCE_S, lambda: said(folder))
            assert seen == 1
            for fills, size in enumerate((100, 250), 1):
                log.fill(size)
                plant.update("market", market_rows(100, 3_000 + 100 * fills))
                eventually(lambda: rows_of(folder, "fills") == fills, PATIENCE_S, lambda: said(folder))  # noqa: B023
            board = BoardReader(folder.board)
            assert sorted(board.rows("fills")["qty"].tolist()) == [100, 250]
            assert sorted(board.texts(board.rows("instruments")["instrument"])) == ["AAPL", "MSFT"]
        finally:
            running.terminate()
            running.communicate(timeout=60)


def rows_of(folder: RuntimeFolder, section: str) -> int:
    try:
        return BoardReader(folder.board).length(section)
    except BoardError:  # not there yet
        return 0


def said(folder: RuntimeFolder) -> str:
    path = folder.log("engine")
    return path.read_text("utf-8", "replace")[-1500:] if path.exists() else "no engine yet"
