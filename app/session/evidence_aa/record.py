"""The record of an A/A run: how often orders that do not exist are accused, and what a child's e is on average.

A small JSON file that a desk can show beside its lights.
"""

from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError, complaint

VERSION: Final = 1
THRESHOLD: Final = 20.0


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of fakes of one kind with so many children: how many reached E >= threshold; upper: exact 95 % bound."""

    kind: str
    children: int
    parents: int
    alarms: int
    rate: float | None
    se: float | None
    upper: float | None


class MeanE(msgspec.Struct, frozen=True, kw_only=True):
    """The mean e of children of a class and volatility, weighed as the bet weighs scores; its error over parents."""

    kind: str
    class_: str = msgspec.field(name="class")
    volatility: int
    children: int
    mean: float
    se: float | None


class AaRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An A/A run: what it was made on (`date` of the data), with which model and channel."""

    version: int = VERSION
    source: str
    date: str
    model_hash: str
    model_name: str
    channel: str
    threshold: float = THRESHOLD
    rates: list[Rate]
    mean_e: list[MeanE]


def read_aa(path: Path) -> AaRecord:
    """The record of a file. Raises FeedError naming the file."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=AaRecord)
    except (OSError, msgspec.MsgspecError) as error:
        raise FeedError(f"{path}: no record of an A/A run: {error}") from error
    if found.version != VERSION:
        raise FeedError(complaint(str(path), "version", found.version, str(VERSION)))
    return found


def write_aa(path: Path, record: AaRecord) -> None:
    """Write a record whole. Raises FeedError."""
    try:
        part = path.with_name(path.name + ".part")
        part.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
        part.replace(path)
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error
