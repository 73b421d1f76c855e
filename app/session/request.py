"""What a replay is asked to do; plain values, so that it can be handed to another process."""

import msgspec


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A replay: where from, what to write, how fast. Paths are text; None = not asked for.

    `speed`: event seconds per second, None = flat out. `board`: folder of the board to publish on.
    """

    path: str
    format: str | None = None
    orders: str | None = None
    settings: str | None = None
    out: str | None = None
    journal: str | None = None
    archive: str | None = None  # address of an archive that takes what is applied and found
    board: str | None = None
    book: bool = False
    speed: float | None = None
    block: int | None = None
    date: str | None = None  # YYYY-MM-DD of a recording that does not carry its day
    progress: bool = False  # show the bar even where nobody looks
