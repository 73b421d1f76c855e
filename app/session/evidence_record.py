"""What the last A/A run says of the model in use, in words for the screen: `aa.json` beside the model's file."""

from typing import Final

from app.engine.errors import FeedError
from app.session.evidence_aa.record import AaRecord, Rate, read_aa
from app.settings import Settings

NAME: Final = "aa.json"
_CLEAN: Final = frozenset({"times"})
_KINDS: Final = {"prints": "others' trades told as ours, which follow one another"}


def record_words(settings: Settings, model_hash: str | None) -> str:
    """The record of the model of the settings; "" where none was written; in words what is wrong with it."""
    model = settings.evidence.file()
    if model_hash is None or model is None or not (model.parent / NAME).exists():
        return ""
    try:
        record = read_aa(model.parent / NAME)
    except FeedError as error:
        return f"A/A record cannot be read: {error}"
    other = "" if model_hash == record.model_hash else "of ANOTHER model than the one in use: "
    rates = "; ".join(_rates(record)) or "none"
    return f"A/A {other}false alarms {rates}; at E ≥ {record.threshold:g}, {record.date}, {record.source}"


def _rates(record: AaRecord) -> list[str]:
    """Per kind of orders, the one that is clean by its making first: rates by number of children, with 95 % bounds."""
    known = [one for one in record.rates if one.rate is not None]
    kinds = sorted({one.kind for one in known}, key=lambda kind: (kind not in _CLEAN, kind))
    said = []
    for kind in kinds:
        words = ", ".join(_said(one) for one in sorted(known, key=lambda one: one.children) if one.kind == kind)
        said.append(words if len(kinds) == 1 or kind in _CLEAN else f"{_KINDS.get(kind, kind)}: {words}")
    return said


def _said(one: Rate) -> str:
    bound = "" if one.upper is None else f" (≤ {one.upper:.1%})"
    return f"{one.rate:.1%} at {one.children:,} children{bound}"
