"""The board's rows: every output column under its name, and a hash that changes with anything a reader relies on."""

import numpy as np
import pytest

from app.engine import layout, schema
from app.engine.layout import SECTIONS, layout_hash

TYPES = {"str": "u4", "i8": "i8", "px": "f8", "f8": "f8", "bool": "i1"}
TABLES = {"parents": schema.PARENTS, "fills": schema.FILLS, "children": schema.CHILDREN}


@pytest.mark.parametrize("section", TABLES)
def test_that_a_section_carries_every_output_column_first(section: str) -> None:
    dtype = SECTIONS[section]
    columns = TABLES[section]
    assert list(dtype.names or ())[: len(columns)] == [column.name for column in columns]
    assert [dtype[column.name] for column in columns] == [np.dtype(TYPES[column.kind]) for column in columns]


@pytest.mark.parametrize("section", SECTIONS)
def test_that_fields_are_aligned(section: str) -> None:
    fields = SECTIONS[section].fields
    assert fields is not None
    for field in fields.values():
        assert field[1] % field[0].base.itemsize == 0
    assert SECTIONS[section].itemsize % 8 == 0


def test_that_sections_point_at_each_other_by_row() -> None:
    for section in ("fills", "children", "events"):
        assert SECTIONS[section]["parent_row"] == np.dtype("i4")
    assert SECTIONS["trace"]["instrument"] == np.dtype("i4")


def _changed(dtype: np.dtype[np.void]) -> dict[str, np.dtype[np.void]]:
    """The layout in small steps away from the one it is."""
    described: list[tuple[str, str]] = [(name, dtype[name].str) for name in dtype.names or ()]
    name, kind = described[0]
    offsets = [field[1] for field in (dtype.fields or {}).values()]
    names, formats = [name for name, _ in described], [kind for _, kind in described]
    size = dtype.itemsize + 8
    wider = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})
    return {
        "renamed": np.dtype([(name + "_", kind), *described[1:]]),
        "retyped": np.dtype([(name, "f4"), *described[1:]]),
        "reordered": np.dtype([*described[1:], described[0]]),
        "fewer": np.dtype(described[:-1]),
        "more": np.dtype([*described, ("extra", "i8")]),
        "wider": wider,
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_that_the_hash_changes_with_any_field(section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {layout_hash()}
    changes = _changed(SECTIONS[section])
    for dtype in changes.values():
        monkeypatch.setitem(SECTIONS, section, dtype)
        hashes.add(layout_hash())
    assert len(hashes) == 1 + len(changes)


def test_that_the_hash_changes_with_the_version_and_the_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    before = layout_hash()
    assert before == layout_hash()
    assert len(bytes.fromhex(before)) == 32
    monkeypatch.setattr(layout, "VERSION", layout.VERSION + 1)
    assert layout_hash() != before
    monkeypatch.undo()
    assert layout_hash() == before
    monkeypatch.setitem(SECTIONS, "more", np.dtype([("x", "i8")]))
    assert layout_hash() != before
    monkeypatch.delitem(SECTIONS, "more")
    monkeypatch.delitem(SECTIONS, "trace")
    assert layout_hash() != before
