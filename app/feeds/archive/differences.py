"""Whole numbers as differences, by group, and back; all of it modulo 2**64."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
_SMALL: Final = 2**15


def _grouped(groups: NDArray[np.integer]) -> tuple[NDArray[np.intp], Mask] | None:
    """A stable order by group and where each begins; None for a single one."""
    if not len(groups) or (groups == groups[0]).all():
        return None
    least, most = int(groups.min()), int(groups.max())
    keys = (groups - least).astype(np.uint16) if most - least < _SMALL else groups
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    return order, np.concatenate([[True], ranked[1:] != ranked[:-1]])


def differences(values: Whole, groups: NDArray[np.integer]) -> Whole:
    """Each value less the one before it in its group, the first of a group less 0."""
    found = _grouped(groups)
    if found is None:
        return np.diff(values, prepend=0)
    order, starts = found
    ranked = values[order]
    result = np.empty_like(values)
    result[order] = np.where(starts, ranked, np.diff(ranked, prepend=0))
    return result


def sums(steps: Whole, groups: NDArray[np.integer]) -> Whole:
    """What `differences` was made of."""
    found = _grouped(groups)
    if found is None:
        return np.cumsum(steps)
    order, starts = found
    total = np.cumsum(steps[order])
    begins = np.flatnonzero(starts)
    before = np.concatenate([[0], total[begins[1:] - 1]])
    result = np.empty_like(steps)
    result[order] = total - np.repeat(before, np.diff(begins, append=len(steps)))
    return result


def zigzag(values: Whole) -> Whole:
    """0, -1, 1, -2 as 0, 1, 2, 3: small numbers of either sign have empty upper bytes."""
    return (values << 1) ^ (values >> 63)


def unzigzag(values: Whole) -> Whole:
    """What `zigzag` was made of."""
    return ((values.view(np.uint64) >> np.uint64(1)).view(np.int64)) ^ -(values & 1)
