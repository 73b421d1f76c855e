"""Figures of paired runs as they are kept in a file: what a switch truly saves over many days. Nothing is run here."""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError

SHIPPED: Final = Path(__file__).resolve().parents[2] / "resources" / "worlds"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Mean over the days in bps of S x arrival, its standard error and 90 % interval."""

    mean: float
    error: float
    low: float
    high: float


class PairedFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The saving of a world's switch over many noise seeds: by part, in words, and each day's total (bps, by seed).

    `parts`: total, leak_avoided, own_impact, timing_luck, opportunity. `world_hash`: the world as it was then.
    """

    world: str
    world_hash: str
    at: str
    strategy: str
    days: int
    first_seed: int
    parts: dict[str, Part]
    words: str
    totals: list[float]


def hash_of_world(packed: bytes) -> str:
    """The hash of a world's text or packed form."""
    return hashlib.sha256(packed).hexdigest()[:16]


def shipped_path(world: str) -> Path:
    """Where the figures of a shipped world lie: resources/worlds/NAME_paired.json."""
    return SHIPPED / f"{world}_paired.json"


def read_figures(path: Path) -> PairedFigures | None:
    """The figures of a file; None where there is none. Raises FeedError for one that cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PairedFigures)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise FeedError(f"{path}: no figures of paired runs: {error}") from error


def write_figures(path: Path, figures: PairedFigures) -> None:
    """Write figures, one line a key. Raises FeedError where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    except OSError as error:
        raise FeedError(f"{path}: figures cannot be written: {error.strerror}") from error
