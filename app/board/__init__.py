"""The board: what is true now, in memory-mapped files that one process writes and any process reads."""

from app.board.files import BoardError, TornRowsError, as_bytes, blank, distinct
from app.board.reader import BoardReader, Heartbeat
from app.board.visible import VisibleReader
from app.board.writer import BoardWriter

__all__ = [
    "BoardError", "BoardReader", "BoardWriter", "Heartbeat", "TornRowsError", "VisibleReader", "as_bytes", "blank",
    "distinct",
]  # fmt: skip
