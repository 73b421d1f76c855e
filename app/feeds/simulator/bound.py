"""How the kernels of the simulator are bound: called by each other only, so compiled without a way in from Python."""

from collections.abc import Callable
from typing import Any, TypeVar

from app.engine.jit import jit

Function = TypeVar("Function", bound=Callable[..., Any])


def inner(function: Function) -> Function:
    """A kernel that other kernels call; not inlined, and callable from compiled code alone: that halves compiling."""
    return jit(function, forceinline=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def entry(function: Function) -> Function:
    """A kernel that Python calls."""
    return jit(function, forceinline=False)
