"""What the last A/A run says of the model in use, in words for the screen: `aa.json` beside the model's file."""

from typing import Final

from app.engine.errors import FeedError
from app.session.evidence_aa.record import AaRecord, read_aa
from app.settings import Settings

NAME: Final = "aa.json"


def record_words(settings: Settings, model_hash: str | None) -> str:
    """The record of the model of the settings; "" where none was written; in words what is wrong with it."""
    model = settings.evidence.file()
    if model_hash is None or model is None or not (model.parent / NAME).exists():
        return ""
    try:
        record = read_aa(model.parent / NAME)
    except FeedError as error:
        return f"A/A record cannot be read: {error}"
    other = "" if model_hash == record.model_hash else " of ANOTHER model than the one in use"
    rates = ", ".join(_rates(record)) or "none"
    return f"A/A{other} {record.date}, {record.source}: false alarms at E ≥ {record.threshold:g}: {rates}"


def _rates(record: AaRecord) -> list[str]:
    """Per number of children the rate of the kind of orders that does worst, with its 95 % bound."""
    said = []
    for children in sorted({rate.children for rate in record.rates}):
        known = [one for one in record.rates if one.children == children and one.rate is not None]
        worst = max(known, key=lambda one: one.rate or 0.0, default=None)
        if worst is not None and worst.rate is not None:
            bound = "" if worst.upper is None else f" (≤ {worst.upper:.1%})"
            kind = f" {worst.kind}" if len({one.kind for one in record.rates}) > 1 else ""
            said.append(f"{worst.rate:.1%} at {children:,} children{kind}{bound}")
    return said
