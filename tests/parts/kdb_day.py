"""A day through a stand-in tickerplant that is recorded live, with connections cut and engines killed on the way."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.engine.events import Block
from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.kdb.sender import Sender
from app.feeds.session import open_recording
from app.runtime.route import Route
from app.runtime.tape import JournalReader
from app.settings import load_settings
from app.settings_sources import KdbSource
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.parts.recording import Recorded
from tests.patience import eventually

_ROWS: Final = 64  # of a block
_BEGUN: Final = 4  # blocks that are there when the recording begins
TABLES: Final = ("market", "orders")


def settings_of(folder: Path, plant: Tickerplant, query: bool) -> Path:
    """Both tables of a stand-in as sources; reference data through a table of its own."""
    path = folder / "kdb.toml"
    lines = ["[level]", 'mode = "bps"', "[archive]", "flush_s = 0.2"]
    for name in TABLES:
        lines += [f"[sources.{name}]", 'kind = "kdb"', f'role = "{name}"', f"port = {plant.port}", 'start = "earliest"']
        lines += [f'query = "{name}"'] if query else []
        lines += ['reference = "reference"'] if name == "market" else []
    path.write_text("\n".join(lines) + "\n")
    return path


@contextmanager
def connection_cut(day: Path, work: Path, draw: random.Random) -> Iterator[tuple[Recorded, Path]]:
    """The recording of a day whose connections end in the middle of messages; now and then the engine too."""
    log = work / "day.log" if draw.random() < 0.5 else None
    with Tickerplant(schema_of(SCHEMA), log) as plant:
        settings = settings_of(work, plant, log is None)
        universe = Universe()
        blocks = _blocks(day, universe)
        tables = {n: s for n, s in load_settings(settings, {}).sources.items() if isinstance(s, KdbSource)}
        sender = Sender(tables, universe)
        sender.reference()
        for block in blocks[:_BEGUN]:
            sender.publish(block)
        sender.flush()
        recorded = Recorded(work, settings)
        try:
            recorded.until_applied()
            _send_broken(plant, sender, recorded, (blocks, draw))
            wanted = sum(len(block.market) + len(block.orders) for block in blocks)
            recorded.until(lambda: _rows_on(recorded.folder.tape) == wanted and plant.subscribers == len(TABLES))
            sender.end(0)
            yield recorded, settings
        finally:
            recorded.close()


def _send_broken(plant: Tickerplant, sender: Sender, recorded: Recorded, of: tuple[list[Block], random.Random]) -> None:
    """The rest of the day; some updates reach the engine by half."""
    blocks, draw = of
    places = draw.sample(range(_BEGUN, len(blocks) - 1), 5)
    for number, block in enumerate(blocks[_BEGUN:], _BEGUN):
        if number in places:
            sender.flush()
            eventually(lambda: plant.subscribers == len(TABLES))
            if number == places[0]:
                recorded.kill("engine")
            else:
                plant.cut_next()
        sender.publish(block)
    sender.flush()


def _blocks(day: Path, universe: Universe) -> list[Block]:
    with open_recording(day, universe, Options()) as recording:
        route = Route(recording.market, recording.orders, _ROWS)
        found = []
        while (block := route.take()) is not None:
            found.append(block)
    return found


def _rows_on(tape: Path) -> int:
    reader = JournalReader(tape, Universe())
    rows = sum(len(block.market) + len(block.orders) for block in reader.blocks())
    reader.close()
    return rows
