"""Order books of every (instrument, venue): market rows in, changes of touch, prints and status out."""

from app.engine.book.books import SPARE, Books
from app.engine.book.state import IRREGULARITIES

__all__ = ["IRREGULARITIES", "SPARE", "Books"]
