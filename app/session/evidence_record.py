"""What the last A/A run says of the model in use, in words for the screen: `aa.json` beside the model's file."""

from typing import Final

import msgspec

from app.settings import Settings

NAME: Final = "aa.json"


class Rate(msgspec.Struct, frozen=True):
    """False alarms after so many children; `upper`: 95 % bound."""

    children: int
    parents: int
    alarms: int
    rate: float
    upper: float


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What of an A/A run the screen shows."""

    version: int
    source: str
    date: str
    model_hash: str
    threshold: float
    rates: tuple[Rate, ...]


def record_words(settings: Settings, model_hash: str | None) -> str:
    """The record of the model of the settings; "" where none was written; in words what is wrong with it."""
    model = settings.evidence.file()
    if model_hash is None or model is None:
        return ""
    path = model.parent / NAME
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except OSError:
        return ""
    except msgspec.DecodeError as error:
        return f"A/A record {NAME} cannot be read: {error}"
    other = "" if model_hash == record.model_hash else " of ANOTHER model than the one in use"
    rates = ", ".join(f"{rate.rate:.1%} at {rate.children:,} children (≤ {rate.upper:.1%})" for rate in record.rates)
    return f"A/A{other} {record.date}, {record.source}: false alarms at E ≥ {record.threshold:g}: {rates or 'none'}"
