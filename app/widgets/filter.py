"""The quick filter: words that must all be found, anywhere or in a named column."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows
from app.widgets.columns import Column, Texts
from app.widgets.evidence_words import searched

SHORT: Final = {"sym": "instrument", "order": "parent_id", "evidence": "status", "ccy": "currency"}


def matches(words: str, rows: Rows, columns: Sequence[Column], texts: Texts) -> NDArray[np.bool_]:
    """Rows in which every word is found, ignoring case; `sym:TECH` looks in that column only.

    A name that is no column finds nothing. What an empty cell reads ("not measured yet") is found by its column's
    name only. Each distinct text is looked at once, not each row.
    """
    named = {column.name: column for column in columns if column.searched}
    found = np.ones(len(rows), bool)
    for word in words.casefold().split():
        name, colon, wanted = word.partition(":")
        if colon:
            name = SHORT.get(name, name)
            asked = [named[name]] if name in named else []
        else:
            wanted, asked = word, list(named.values())
        here = np.zeros(len(rows), bool)
        for column in asked:
            here |= _contains(wanted, rows[column.name], column, texts, named=bool(colon))
        found &= here
    return found


def exactly(wanted: Sequence[tuple[str, str]], rows: Rows, texts: Texts) -> NDArray[np.bool_]:
    """Rows whose text fields are exactly these (field, text)."""
    found = np.ones(len(rows), bool)
    for name, words in wanted:
        unique, inverse = np.unique(rows[name], return_inverse=True)
        found &= np.array([texts.text(i) == words for i in unique.tolist()], bool)[inverse]
    return found


def _contains(
    wanted: str, values: NDArray[np.uint32], column: Column, texts: Texts, *, named: bool
) -> NDArray[np.bool_]:
    unique, inverse = np.unique(values, return_inverse=True)
    words = [texts.text(i) for i in unique.tolist()]
    if column.look == "evidence":
        words = [searched(word) for word in words]
    hits = [wanted in (word or (column.empty if named else "")).casefold() for word in words]
    return np.array(hits, bool)[inverse]
