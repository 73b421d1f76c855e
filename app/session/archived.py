"""What the archive's process says of itself, in a file beside its tape."""

from pathlib import Path

import msgspec


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """How far the tape is in the archive; `archive`: in words, "" until something is there."""

    lane: str = ""
    session: int = 0  # when the session was begun (ns of its file): another one has another tape
    archive: str = ""
    archive_trouble: str = ""
    complete: bool = False  # everything that ever will be on the tape is there


def archived(path: Path) -> Archived | None:
    """What the follower says of itself; None before it has."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Archived)
    except (OSError, msgspec.DecodeError):
        return None
