"""What the engine may not do, read off its syntax trees: nothing is executed, so nothing escapes by not being run."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

STDLIB: Final = frozenset(
    {
        "__future__", "bisect", "collections", "collections.abc", "dataclasses", "enum", "fractions", "functools",
        "hashlib", "heapq", "itertools", "math", "operator", "struct", "typing",
    }
)  # fmt: skip
THIRD_PARTY: Final = frozenset({"msgspec", "numpy"})
# The only files that may know the compiler.
COMPILER: Final = frozenset({"numba", "llvmlite"})
COMPILER_FILES: Final = frozenset({"app/engine/jit.py", "app/engine/bits.py"})

# Builtins that reach out, or (sum) whose floats differ between Python versions.
BUILTINS: Final = frozenset(
    {"__import__", "breakpoint", "compile", "eval", "exec", "globals", "input", "open", "print", "sum"}
)
# Order of summation depends on block size or BLAS, or the last digit on the library; the engine has its own exp, log.
NUMPY: Final = frozenset(
    {
        "average", "convolve", "correlate", "corrcoef", "cov", "cumprod", "cumsum", "dot", "einsum", "exp", "exp2",
        "expm1", "fft", "inner", "interp", "linalg", "log", "log10", "log1p", "log2", "logaddexp", "matmul", "matvec",
        "mean", "median", "nanmean", "nanstd", "nansum", "nanvar", "outer", "power", "prod", "random", "std", "sum",
        "tensordot", "trace", "trapezoid", "var", "vdot", "vecdot",
        "datetime64", "fromfile", "genfromtxt", "load", "loadtxt", "memmap", "save", "savetxt", "savez", "tofile",
    }
)  # fmt: skip
METHODS: Final = frozenset(
    {"cumprod", "cumsum", "dot", "mean", "prod", "std", "sum", "tofile", "trace", "var"}
)  # of arrays: the same sums by another door
MATH: Final = frozenset(
    {
        "acos",
        "asin",
        "atan",
        "atan2",
        "cbrt",
        "cos",
        "cosh",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "gamma",
        "lgamma",
        "log",
        "log10",
        "log1p",
        "log2",
        "pow",
        "sin",
        "sinh",
        "sumprod",
        "tan",
        "tanh",
    }
)  # fmt: skip  every libm has its own last digit; sqrt, fsum and the integer functions are exact


def impurities(path: str, text: str) -> list[str]:
    """What a source of the engine does that it must not, as `file:line: what`."""
    tree = ast.parse(text)
    found = [f"{path}:{line}: {what}" for line, what in _walk(path, tree)]
    return found + [f"{path}:{line}: {what}" for line, what in _lazy_imports(tree)]


def _walk(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, f"imports {a.name}") for a in node.names if not _may_import(path, a.name))
            case ast.ImportFrom() if not _may_import(path, node.module or ""):
                yield node.lineno, f"imports {node.module}"
            case ast.ImportFrom() if node.module in {"math", "numpy"}:
                yield node.lineno, f"imports names out of {node.module}: write {node.module}.name"
            case ast.Global():
                yield node.lineno, "global"
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                yield node.lineno, "@ is BLAS"
            case ast.keyword(arg="fastmath" | "parallel"):
                yield node.value.lineno, f"{node.arg}="
            case ast.Name(id=name) if name in BUILTINS and isinstance(node.ctx, ast.Load):
                yield node.lineno, f"uses {name}"
            case ast.Attribute():
                yield from _attribute(node)
            case ast.Call():
                yield from _method(node)
            case _:
                pass


def _attribute(node: ast.Attribute) -> Iterator[tuple[int, str]]:
    match node.value:
        case ast.Name(id="np" | "numpy") if node.attr in NUMPY:
            yield node.lineno, f"uses np.{node.attr}"
        case ast.Name(id="math") if node.attr in MATH:
            yield node.lineno, f"uses math.{node.attr}"
        case _:
            pass


def _method(node: ast.Call) -> Iterator[tuple[int, str]]:
    """A sum by method; one whose dtype is int64 adds integers, which is exact in any order."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="sum"), keywords=[ast.keyword(arg="dtype", value=ast.Attribute(attr="int64"))]
        ):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy" | "math"))):
            pass
        case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
            yield node.lineno, f"calls .{name} of an array: of integers, say .sum(dtype=np.int64)"
        case _:
            pass


def _may_import(path: str, module: str) -> bool:
    root = module.partition(".")[0]
    if root in COMPILER:
        return path in COMPILER_FILES
    return module in STDLIB or root in THIRD_PARTY or module == "app.engine" or module.startswith("app.engine.")


def _lazy_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Imports inside a function, where they would hide a cycle."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno, "imports inside a function"


def impurities_under(folder: Path, root: Path) -> list[str]:
    """Every impurity of the sources below a folder."""
    found: list[str] = []
    for source in sorted(folder.rglob("*.py")):
        found += impurities(source.relative_to(root).as_posix(), source.read_text(encoding="utf-8"))
    return found
