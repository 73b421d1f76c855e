"""What a model may have learnt from the firm's own history: weights by group, its usual scores, two curves.

Each is an array of the model file under a name of its own, and each may be missing: then what needs it is off and
says so. A group is an algo, an algo at a venue, or with a tag, too: "VWAP", "VWAP|XNAS", "VWAP|XNAS|open".

    weights:GROUP        weights of the worlds from past parents of the group; tested with 70 % of them
    usual:GROUP:cells    cells of which own past children are known, rising; "*" = the whole house
    usual:GROUP:means    [cell, length, score], shrunk to the pool; :sizes [cell, length]; :pools, :pool_sizes
    sees_children, sees  after so many scored children a leak of so many bps is seen with 80 % power, by volatility
    switch               five weights of a switch's saving, then how far below and above it the truth may lie
"""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.errors import SettingsError, complaint
from app.engine.evidence.rows import CELLS, LENGTHS, POOLS, SCORES, VOLATILITIES, WORLDS

Floats = NDArray[np.float64]
OWN_PART: Final = 0.7  # of a group's weights in the test; the rest are everybody's
HOUSE: Final = "*"
SWITCH: Final = 7
_FIELDS: Final = "weights:GROUP, usual:GROUP:..., sees_children, sees or switch"


class Usual(NamedTuple):
    """Raw scores of own past children of a group, by cell where there were some and by pool for the others."""

    row: NDArray[np.int64]  # [cell]: its row below, -1 = none
    means: Floats
    sizes: Floats
    pools: Floats
    pool_sizes: Floats


class Curve(NamedTuple):
    """bps seen with 80 % power after so many children, by class of volatility."""

    children: Floats
    bps: Floats


class Learnt:
    """The checked arrays, and what they stand for."""

    __slots__ = ("arrays", "sees", "switch", "usual", "weights")

    def __init__(self, model: str, arrays: Mapping[str, Floats], everybody: Floats) -> None:
        """Raises SettingsError naming the field and what is allowed; `everybody`: weights without a group."""
        self.arrays: dict[str, Floats] = {name: _fixed(arrays[name]) for name in sorted(arrays)}
        self.weights: dict[str, Floats] = {}
        parts: dict[str, dict[str, Floats]] = {}
        for name, value in self.arrays.items():
            if not np.isfinite(value).all():
                raise SettingsError(complaint(model, name, "not a number", "finite numbers"))
            kind, _, rest = name.partition(":")
            if kind == "weights" and rest:
                self.weights[rest] = _mixed(model, name, value, everybody)
            elif kind == "usual" and ":" in rest:
                group, _, part = rest.rpartition(":")
                parts.setdefault(group, {})[part] = value
            elif name not in ("sees_children", "sees", "switch"):
                raise SettingsError(complaint(model, name, name, _FIELDS))
        self.usual = {group: _usual(model, group, found) for group, found in parts.items()}
        self.sees = _curve(model, self.arrays)
        self.switch = self.arrays.get("switch")
        if self.switch is not None:
            _insist(model, "switch", self.switch, (SWITCH,))

    def weights_of(self, names: tuple[str, ...]) -> tuple[str, Floats | None]:
        """(group, weights) of the first of some groups that has its own; ("", None) where none has."""
        return next(((name, self.weights[name]) for name in names if name in self.weights), ("", None))

    def usual_of(self, names: tuple[str, ...]) -> tuple[str, Usual | None]:
        """(group, its usual scores) of the first of some groups that has them."""
        return next(((name, self.usual[name]) for name in names if name in self.usual), ("", None))


def named(group: str, usual: Mapping[str, Any]) -> dict[str, Floats]:
    """A group's usual scores as arrays of a model: `cells`, `means`, `sizes`, `pools`, `pool_sizes`."""
    return {f"usual:{group}:{part}": np.asarray(value, np.float64) for part, value in usual.items()}


def _fixed(value: Floats) -> Floats:
    out = np.array(value, np.float64, order="C")
    out.setflags(write=False)
    return out


def _insist(model: str, name: str, value: Floats, shape: tuple[int, ...]) -> None:
    if value.shape != shape:
        raise SettingsError(complaint(model, name, value.shape, f"shape {shape}"))


def _mixed(model: str, name: str, value: Floats, everybody: Floats) -> Floats:
    """A group's weights mixed with everybody's, as they are tested with."""
    _insist(model, name, value, (WORLDS,))
    total = math.fsum(value.tolist())
    if abs(total - 1.0) > 1e-9 or value.min() < 0:
        raise SettingsError(complaint(model, name, total, "weights of at least 0 with a total of 1"))
    return _fixed(OWN_PART * value + (1.0 - OWN_PART) * everybody)


def _usual(model: str, group: str, parts: Mapping[str, Floats]) -> Usual:
    """The arrays of one group, which must all be there and fit."""
    name = f"usual:{group}"
    n = len(parts.get("cells", ()))
    shapes: dict[str, tuple[int, ...]] = {
        "cells": (n,), "means": (n, len(LENGTHS), SCORES), "sizes": (n, len(LENGTHS)),
        "pools": (POOLS, len(LENGTHS), SCORES), "pool_sizes": (POOLS, len(LENGTHS)),
    }  # fmt: skip
    if set(parts) != set(shapes):
        raise SettingsError(complaint(model, name, sorted(parts), ", ".join(shapes)))
    for part, shape in shapes.items():
        _insist(model, f"{name}:{part}", parts[part], shape)
        if parts[part].size and parts[part].min() < 0:
            raise SettingsError(complaint(model, f"{name}:{part}", float(parts[part].min()), "at least 0"))
    cells = parts["cells"].astype(np.int64)
    if n and (np.any(np.diff(cells) <= 0) or cells[-1] >= CELLS or np.any(cells != parts["cells"])):
        raise SettingsError(complaint(model, f"{name}:cells", parts["cells"].tolist(), f"rising, below {CELLS}"))
    row = np.full(CELLS, -1, np.int64)
    row[cells] = np.arange(n)
    return Usual(row, parts["means"], parts["sizes"], parts["pools"], parts["pool_sizes"])


def _curve(model: str, arrays: Mapping[str, Floats]) -> Curve | None:
    """What can be seen after how many children; None where the model has no curve."""
    children, bps = arrays.get("sees_children"), arrays.get("sees")
    if children is None and bps is None:
        return None
    if children is None or bps is None:
        missing = "sees_children" if children is None else "sees"
        raise SettingsError(complaint(model, missing, None, "an array: sees_children and sees go together"))
    if children.ndim != 1 or not len(children) or children[0] < 1 or np.any(np.diff(children) <= 0):
        raise SettingsError(complaint(model, "sees_children", children.tolist(), "rising numbers of children"))
    _insist(model, "sees", bps, (VOLATILITIES, len(children)))
    if bps.min() <= 0:
        raise SettingsError(complaint(model, "sees", float(bps.min()), "bps above 0"))
    return Curve(children, bps)
