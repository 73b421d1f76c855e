"""The one place where Numba is bound.

A kernel is a plain function `_k` bound by `k = jit(_k)`: with the JIT off (Numba's own switch) the same code runs as
Python and must give the same results. The disk cache is keyed by source file only, never by flags or callees: the
folder is named by whoever starts the process, and one function is bound with one set of flags.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

Function = TypeVar("Function", bound=Callable[..., Any])

JIT_OFF: Final = bool(vars(config)["DISABLE_JIT"])
# No reference counting in compiled code: kernels allocate nothing, and dropping it is worth 2x in inner loops. Inlined
# always: a call would pass the arrays of a NamedTuple as a hundred words each time.
FLAGS: Final[dict[str, object]] = {"nogil": True, "cache": True, "_nrt": False, "forceinline": True}


def jit(function: Function, **flags: object) -> Function:
    """Compile a kernel that allocates nothing (_nrt=True for one that does); with the JIT off, the function itself."""
    if JIT_OFF:
        return function
    return compiled(function, **flags)


def compiled(function: Function, **flags: object) -> Function:
    """The Numba dispatcher of a function under the house flags, whatever the switch says."""
    options: Any = {**FLAGS, **flags}  # some of them private: Numba's own types do not name them
    bound: Function = njit(**options)(function)
    return bound


def shim(native: Callable[..., Any]) -> Callable[[Function], Function]:
    """Decorate the Python spelling of what compiled code has natively; both take the same argument names."""

    def bind(python: Function) -> Function:
        overload(python, inline="always")(native)
        return python

    return bind


def _row_pointer(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> Any:
    """Code for the address of array[row], for an array of 1 or more dimensions."""
    item_pointer: Any = cgutils.get_item_pointer
    view = context.make_array(kind)(context, builder, array)
    zero = context.get_constant(types.intp, 0)
    return item_pointer(context, builder, kind, view, [row] + [zero] * (kind.ndim - 1), wraparound=False)


def _prefetch_row(_typing: Any, array: Any, _row: Any) -> Any:
    """Code of a prefetch: array[row] is expected to be written, and to stay in the outer caches."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = _row_pointer(context, builder, signature.args[0], *values)
        byte = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        touch = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        )
        builder.call(touch, [builder.bitcast(pointer, byte), word(1), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), emit


prefetch_row: Any = intrinsic(_prefetch_row)


@shim(lambda array, row: lambda array, row: prefetch_row(array, row))  # noqa: ARG005, PLW0108
def prefetch(array: Any, row: int) -> None:
    """Ask for a row of an array that will be written soon; no effect on any result."""


def _move_rows(_typing: Any, array: Any, _target: Any, _source: Any, _rows: Any) -> Any:
    """Code of a memmove inside one C-contiguous array."""
    raw_memmove: Any = cgutils.raw_memmove

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = signature.args[0]
        target = _row_pointer(context, builder, kind, values[0], values[1])
        source = _row_pointer(context, builder, kind, values[0], values[2])
        view = context.make_array(kind)(context, builder, values[0])
        row = builder.extract_value(view.strides, 0)
        raw_memmove(builder, target, source, builder.mul(values[3], row), 1)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, types.intp), emit


move_rows: Any = intrinsic(_move_rows)


@shim(lambda array, target, source, rows: lambda array, target, source, rows: move_rows(array, target, source, rows))  # noqa: ARG005, PLW0108
def move(array: Any, target: int, source: int, rows: int) -> None:
    """Copy rows inside a C-contiguous array, to places that may overlap theirs."""
    array[target : target + rows] = array[source : source + rows].copy()


LANES: Final = 16  # bytes that are compared at once


def _lane_of(_typing: Any, array: Any, _at: Any, _byte: Any) -> Any:
    """Code of one comparison of LANES bytes: the first that is the byte, LANES where none is."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        many = ir.VectorType(ir.IntType(8), LANES)
        pointer = _row_pointer(context, builder, signature.args[0], *values[:2])
        loaded = builder.load(builder.bitcast(pointer, many.as_pointer()), align=1)
        wanted = ir.Constant(many, ir.Undefined)
        byte = builder.trunc(values[2], ir.IntType(8))
        for lane in range(LANES):
            wanted = builder.insert_element(wanted, byte, ir.IntType(32)(lane))
        hits = builder.bitcast(builder.icmp_unsigned("==", loaded, wanted), ir.IntType(LANES))
        first = builder.cttz(builder.zext(hits, ir.IntType(32)), ir.IntType(1)(0))
        first = builder.select(builder.icmp_unsigned("==", hits, ir.IntType(LANES)(0)), ir.IntType(32)(LANES), first)
        return builder.zext(first, ir.IntType(64))

    return types.intp(array, types.intp, types.intp), emit


lane_of: Any = intrinsic(_lane_of)


@shim(lambda data, at, byte: lambda data, at, byte: lane_of(data, at, byte))  # noqa: ARG005, PLW0108
def first_of_lanes(data: Any, at: int, byte: int) -> int:
    """Which of the LANES bytes from `at` on is the first to be `byte`; LANES where none is. All must be there."""
    for lane in range(LANES):
        if data[at + lane] == byte:
            return lane
    return LANES


def _word_at(_typing: Any, array: Any, _at: Any) -> Any:
    """Code of one load of 8 bytes from any place."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        word = ir.IntType(64)
        pointer = _row_pointer(context, builder, signature.args[0], *values)
        return builder.load(builder.bitcast(pointer, word.as_pointer()), align=1)

    return types.int64(array, types.intp), emit


word_at: Any = intrinsic(_word_at)


@shim(lambda data, at: lambda data, at: word_at(data, at))  # noqa: ARG005, PLW0108
def word(data: Any, at: int) -> int:
    """The 8 bytes from `at` on as an int64, least first. All must be there."""
    return int.from_bytes(bytes(data[at : at + 8]), "little", signed=True)
