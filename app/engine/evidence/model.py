"""The frozen model behind every evidence figure: arrays and a few numbers, versioned, with the hash of its content.

Whatever needs an exp of a fitted value, a quantile or a least-squares solution is worked out when the model is
fitted; here are the results. A model is read-only: two runs with the same hash use the same numbers.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.errors import SettingsError, complaint
from app.engine.evidence.learnt import Learnt
from app.engine.evidence.rows import CELLS, LAWS, LENGTHS, LONGEST, MATCHED, POOLS, SCORES, WORLDS

VERSION: Final = 3
ANY: Final = "*"  # the kernel of an instrument that has none of its own
Floats = NDArray[np.float64]

# name -> (shape; 0 = any length, at least one), smallest and largest value
_SHAPES: Final[dict[str, tuple[tuple[int, ...], float, float]]] = {
    "laws": ((LAWS, LONGEST), 0.0, 1.0),
    "matched": ((LAWS, len(LENGTHS), MATCHED), -1e6, 1e6),
    "edges_imbalance": ((2,), -1.0, 1.0),
    "edges_flow": ((4,), -math.inf, math.inf),
    "edges_rate": ((2,), 0.0, math.inf),
    "edges_volatility": ((3,), 0.0, math.inf),
    "means": ((CELLS, len(LENGTHS), SCORES), 0.0, 1e6),
    "sizes": ((CELLS, len(LENGTHS)), 0.0, math.inf),
    "pools": ((POOLS, len(LENGTHS), SCORES), 0.0, 1e6),
    "pool_sizes": ((POOLS, len(LENGTHS)), 0.0, math.inf),
    "direct": ((CELLS, 2), -1e6, 1e6),
    "weights": ((WORLDS,), 0.0, 1.0),
    "noise": ((3,), 1e-9, 1e6),
    "estimates": ((0,), -1e6, 1e6),
    "lower": ((0,), -1e6, 1e6),
    "upper": ((0,), -1e6, 1e6),
    "detectable": ((2,), 1e-9, 1e9),
}


class Kernel(msgspec.Struct, frozen=True, kw_only=True):
    """Of a symbol or peer group: bps per unit of signed flow at each time scale, and how signs follow each other.

    `size`: the trade that counts as one unit; 0 = the running mean of the symbol.
    """

    g: tuple[float, float, float, float]
    signs: tuple[float, float, float]
    size: float = 0.0


class _Array(msgspec.Struct, frozen=True):
    shape: tuple[int, ...]
    data: bytes


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    name: str
    kernels: dict[str, Kernel]
    numbers: dict[str, float]
    arrays: dict[str, _Array]


# name -> (default, smallest, largest): fitted numbers
NUMBERS: Final[dict[str, tuple[float, float, float]]] = {
    "null": (0.7, 0.01, 0.99),  # prior that nothing leaks, in estimates; E itself needs none
    "onset_first": (0.6, 0.0, 1.0),
    "onset_hazard": (0.04, 0.0, 1.0),
    "later_impact": (1.06, 0.0, 10.0),
    "jump_ticks": (0.1, 0.0, 10.0),  # mean price jump of an answered child, in ticks
    "unmatched": (0.02, 0.0, 1.0),  # share of own quantity not found on the tape from which flow says nothing
    "least_children": (15.0, 1.0, 1e6),
    "see_at_most": (8.0, 0.1, 1e3),  # bps: GREY where only larger leaks could be seen
    "direct_noise": (1.0, 0.0, 100.0),
    "group_model_error": (1.8, 0.0, 100.0),  # bps: how far a cell's model mean is off beside its standard error
    "group_direct_error": (2.0, 0.0, 100.0),  # likewise the direct mean
}


class Tables(NamedTuple):
    """The arrays of a model, as kernels read them."""

    laws: Floats  # [law, step]: probability of an answer in that step
    matched: Floats  # [law, length, MATCHED]: filters of the price after an event
    edges_imbalance: Floats
    edges_flow: Floats
    edges_rate: Floats
    edges_volatility: Floats
    means: Floats  # [cell, length, score]: placebo means, shrunk to the pool
    sizes: Floats  # [cell, length]: how many placebos a mean counts for; 0 = none, the pool speaks
    pools: Floats  # [pool, length, score]
    pool_sizes: Floats  # [pool, length]; 0 = cannot be scored
    direct: Floats  # [cell, (price response in bps, excess flow in trades)]
    weights: Floats  # [world]
    noise: Floats  # bps^2 by spread class: where the running estimate starts
    estimates: Floats  # knots of the interval
    lower: Floats
    upper: Floats
    detectable: Floats  # (children, bps): the smallest leak seen with 80 % power after so many children


class Model:
    """A checked model. `hash` names its content; equal content, equal hash."""

    __slots__ = ("hash", "kernels", "learnt", "name", "numbers", "tables")
    hash: str

    def __init__(
        self, name: str, kernels: Mapping[str, Kernel], tables: Mapping[str, Floats], numbers: Mapping[str, float],
        learnt: Mapping[str, Floats] | None = None,
    ) -> None:  # fmt: skip
        """Raises SettingsError naming the field and what is allowed. `learnt`: arrays of the firm's own history."""
        self.name = name
        self.kernels = {key: _floats(kernel) for key, kernel in kernels.items()}
        self.numbers = {key: float(numbers.get(key, default)) for key, (default, _, _) in NUMBERS.items()}
        arrays = {key: _checked(name, key, tables) for key in _SHAPES}
        for key in [*tables, *numbers]:
            if key not in _SHAPES and key not in NUMBERS:
                raise SettingsError(complaint(name, key, key, "a field of an evidence model"))
        self.tables = Tables(**arrays)
        self._check()
        self.learnt = Learnt(name, learnt or {}, self.tables.weights)
        self.hash = hashlib.sha256(self._packed()).hexdigest()

    def kernel(self, instrument: str) -> Kernel:
        """The kernel of an instrument, else that of all others."""
        return self.kernels.get(instrument, self.kernels[ANY])

    def save(self) -> bytes:
        """As bytes of a model file: the hash, then the content."""
        return bytes.fromhex(self.hash) + self._packed()

    def changed(self, name: str | None = None, **changes: Any) -> "Model":
        """Another model: `kernels`, `learnt`, arrays and numbers by name."""
        kernels = changes.pop("kernels", self.kernels)
        learnt = changes.pop("learnt", self.learnt.arrays)
        arrays = {key: changes.pop(key, value) for key, value in self.tables._asdict().items()}
        return Model(name or self.name, kernels, arrays, self.numbers | changes, learnt)

    def _packed(self) -> bytes:
        arrays = {
            key: _Array(value.shape, np.ascontiguousarray(value + 0.0, "<f8").tobytes())
            for key, value in sorted((self.tables._asdict() | self.learnt.arrays).items())
        }
        kernels = {key: self.kernels[key] for key in sorted(self.kernels)}
        numbers = {key: self.numbers[key] for key in sorted(self.numbers)}
        return msgspec.msgpack.encode(
            _File(version=VERSION, name=self.name, kernels=kernels, numbers=numbers, arrays=arrays)
        )

    def _check(self) -> None:
        if ANY not in self.kernels:
            raise SettingsError(complaint(self.name, "kernels", sorted(self.kernels), f"one for {ANY!r}"))
        for instrument, kernel in self.kernels.items():
            values = [*kernel.g, *kernel.signs, kernel.size]
            if not all(map(math.isfinite, values)) or kernel.size < 0:
                raise SettingsError(complaint(self.name, f"kernels.{instrument}", values, "finite numbers, size >= 0"))
        for key, (_default, low, high) in NUMBERS.items():
            if not low <= self.numbers[key] <= high:
                raise SettingsError(complaint(self.name, key, self.numbers[key], f"{low:g} to {high:g}"))
        total = math.fsum(self.tables.weights.tolist())
        if abs(total - 1.0) > 1e-9:
            raise SettingsError(complaint(self.name, "weights", total, "a total of 1"))
        if len({len(self.tables.estimates), len(self.tables.lower), len(self.tables.upper)}) != 1:
            raise SettingsError(
                complaint(self.name, "estimates", len(self.tables.estimates), "as many as lower, upper")
            )
        for key in ("edges_imbalance", "edges_flow", "edges_rate", "edges_volatility", "estimates"):
            if np.any(np.diff(getattr(self.tables, key)) <= 0):
                raise SettingsError(complaint(self.name, key, getattr(self.tables, key).tolist(), "rising values"))


def load_model(data: bytes, where: str = "evidence model") -> Model:
    """The model of some bytes. Raises SettingsError naming what is wrong with them."""
    digest, packed = data[:32], data[32:]
    if hashlib.sha256(packed).digest() != digest:
        raise SettingsError(f"{where}: its bytes are damaged or something else's")
    try:
        file = msgspec.msgpack.decode(packed, type=_File)
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{where}: {error}") from error
    if file.version != VERSION:
        raise SettingsError(complaint(where, "version", file.version, str(VERSION)))
    arrays = {}
    for key, saved in file.arrays.items():
        values = np.frombuffer(saved.data, "<f8")
        if values.size != math.prod(saved.shape):
            raise SettingsError(complaint(where, key, saved.shape, f"a shape of {values.size} values"))
        arrays[key] = values.reshape(saved.shape).astype(np.float64)
    learnt = {key: arrays.pop(key) for key in [*arrays] if key not in _SHAPES}
    return Model(file.name, file.kernels, arrays, file.numbers, learnt)


def _floats(kernel: Kernel) -> Kernel:
    """The kernel with numbers of one type: whole ones would be other bytes, and another hash."""
    g0, g1, g2, g3 = (float(value) for value in kernel.g)
    one, two, three = (float(value) for value in kernel.signs)
    return Kernel(g=(g0, g1, g2, g3), signs=(one, two, three), size=float(kernel.size))


def _checked(model: str, name: str, tables: Mapping[str, Floats]) -> Floats:
    """A read-only array of the right shape, every value within what is allowed."""
    shape, low, high = _SHAPES[name]
    if name not in tables:
        raise SettingsError(complaint(model, name, None, "an array"))
    value = np.array(tables[name], np.float64, order="C")
    wanted = tuple(max(have, 1) if want == 0 else want for want, have in zip(shape, value.shape, strict=False))
    if value.ndim != len(shape) or value.shape != wanted:
        raise SettingsError(complaint(model, name, value.shape, f"shape {shape}"))
    wrong = ~((value >= low) & (value <= high))
    if wrong.any():
        raise SettingsError(complaint(model, name, float(value[wrong][0]), f"{low:g} to {high:g}"))
    value.setflags(write=False)
    return value
