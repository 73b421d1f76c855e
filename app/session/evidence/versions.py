"""Versions of an evidence model in a folder: one file each with a card beside it, and which of them is in use.

A folder given in the settings is its version in use. A version is never written over: to roll back is to use another.
"""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.evidence.model import Model, load_model
from app.settings import ACTIVE_MODEL, MODEL_SUFFIX

_NUMBERED: Final = re.compile(r"v(\d{4})")
CARD_SUFFIX: Final = ".json"


class Version(NamedTuple):
    """One model of a folder; `problem`: why it cannot be used."""

    name: str
    hash: str
    active: bool
    card: dict[str, Any]
    problem: str = ""


def write_version(place: Path, model: Model, card: dict[str, Any]) -> Path:
    """Write a model: to a file of that name, or as the next version of a folder, which is then in use. The file.

    Raises FeedError, and SettingsError where a file would be written over by another model.
    """
    try:
        if place.suffix == MODEL_SUFFIX:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_model(place, model, card)
            return place
        place.mkdir(parents=True, exist_ok=True)
        numbers = [int(found[1]) for file in place.iterdir() if (found := _NUMBERED.fullmatch(file.stem))]
        file = place / f"v{max(numbers, default=0) + 1:04d}{MODEL_SUFFIX}"
        write_model(file, model, card)
        (place / ACTIVE_MODEL).write_text(f"{file.stem}\n", "utf-8")
    except OSError as error:
        raise FeedError(f"{place}: cannot be written: {error.strerror or error}") from error
    return file


def card_beside(file: Path) -> dict[str, Any]:
    """The card of a model's file; empty where there is none."""
    try:
        return msgspec.json.decode(file.with_suffix(CARD_SUFFIX).read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):
        return {}


def write_model(file: Path, model: Model, card: dict[str, Any]) -> None:
    """A model's file, whole or not at all, and its card beside it."""
    part = file.with_suffix(".part")
    part.write_bytes(model.save())
    part.replace(file)
    file.with_suffix(CARD_SUFFIX).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def versions(folder: Path) -> list[Version]:
    """The versions of a folder by name. Raises SettingsError where there is no such folder."""
    if not folder.is_dir():
        raise SettingsError(complaint("evidence models", "folder", str(folder), "a folder with models"))
    active = _active(folder)
    return [_version(file, active) for file in sorted(folder.glob(f"*{MODEL_SUFFIX}"))]


def _version(file: Path, active: str) -> Version:
    try:
        model_hash = load_model(file.read_bytes(), file.name).hash
    except (OSError, SettingsError) as error:
        return Version(file.stem, "", file.stem == active, {}, str(error))
    return Version(file.stem, model_hash, file.stem == active, card_beside(file))


def _active(folder: Path) -> str:
    try:
        return (folder / ACTIVE_MODEL).read_text("utf-8").strip()
    except OSError:
        return ""


def use(folder: Path, name: str) -> Version:
    """Use a version of a folder from the next start on. Raises SettingsError where it is none or damaged."""
    known = {version.name: version for version in versions(folder)}
    if name not in known:
        raise SettingsError(complaint("evidence use", "version", name, "one of " + (", ".join(known) or "none there")))
    if known[name].problem:
        raise SettingsError(known[name].problem)
    part = folder / f"{ACTIVE_MODEL}.part"
    try:
        part.write_text(f"{name}\n", "utf-8")
        part.replace(folder / ACTIVE_MODEL)
    except OSError as error:
        raise FeedError(f"{folder}: cannot be written: {error.strerror or error}") from error
    return known[name]._replace(active=True)
