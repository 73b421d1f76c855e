"""Mutants of a source file: one small change each, made on the syntax tree.

Every function gets mutants, decorated ones and methods too; code outside functions, annotations, docstrings, the words
of errors and the defaults of arguments are left alone.
"""

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
}  # fmt: skip
_Function = ast.FunctionDef | ast.AsyncFunctionDef
# Fields that hold no behaviour of the function's own.
_SKIPPED: Final = {"annotation", "returns", "decorator_list", "type_params"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the function it is in, its line, its number among the file's mutants and what changes."""

    function: str
    line: int
    number: int
    what: str


class _Site:
    """A place that can be changed: where it hangs in the tree and what to hang there instead."""

    __slots__ = ("field", "index", "line", "owner", "replacement", "what")

    def __init__(
        self, owner: ast.AST, place: tuple[str, int | None], replacement: ast.AST | ast.cmpop, what: str
    ) -> None:
        self.owner = owner
        self.field, self.index = place
        self.replacement = replacement
        self.what = what
        self.line = 0

    def swap(self, new: object) -> object:
        """Hang something else at the place; what hung there before."""
        if self.index is None:
            old = getattr(self.owner, self.field)
            setattr(self.owner, self.field, new)
            return old
        held: list[object] = getattr(self.owner, self.field)
        old, held[self.index] = held[self.index], new
        return old


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a source, in the order of the text."""
    return [Mutant(name, site.line, number, site.what) for number, (name, site) in enumerate(_sites(ast.parse(source)))]


def function_names(source: str) -> list[str]:
    """Functions that do something: those whose body is a docstring, `pass` or `...` are left out."""
    return [name for name, node in _functions(ast.parse(source)) if _does_something(node)]


def mutated(source: str, number: int) -> ast.Module:
    """The syntax tree of a source with one mutant in it."""
    tree = ast.parse(source)
    for found, (_, site) in enumerate(_sites(tree)):
        if found == number:
            site.swap(site.replacement)
            return ast.fix_missing_locations(tree)
    raise IndexError(f"no mutant {number}")


def sample(found: list[Mutant], per_function: int, seed: int) -> list[Mutant]:
    """At most so many mutants of each function, drawn by a seed that belongs to the function: the same every time."""
    by_function: dict[str, list[Mutant]] = {}
    for mutant in found:
        by_function.setdefault(mutant.function, []).append(mutant)
    chosen = []
    for function, its in by_function.items():
        drawn = random.Random(f"{seed}:{function}").sample(its, min(per_function, len(its)))
        chosen += sorted(drawn, key=lambda mutant: mutant.number)
    return chosen


def _functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, _Function]]:
    """Functions and methods by dotted name; a nested function belongs to the one around it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Function):
            yield f"{inside}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            if not any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases):
                yield from _functions(node, f"{inside}{node.name}.")
        else:
            yield from _functions(node, inside)


def _does_something(node: _Function) -> bool:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return any(
        not isinstance(line, ast.Pass) and not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in body
    )


def _sites(tree: ast.Module) -> Iterator[tuple[str, _Site]]:
    for name, node in _functions(tree):
        for index, statement in enumerate(node.body):
            for site in _walk(statement, node, ("body", index)):
                yield name, site


def _walk(node: ast.AST, owner: ast.AST, place: tuple[str, int | None]) -> Iterator[_Site]:
    """Sites at a node, then at everything below it."""
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    line = getattr(node, "lineno", 0)
    for site in _changes(node, owner, place):
        site.line = line
        yield site
    for field, value in ast.iter_fields(node):
        if field in _SKIPPED or isinstance(value, ast.arguments):
            continue
        if isinstance(value, ast.AST):
            yield from _walk(value, node, (field, None))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _walk(child, node, (field, index))


def _changes(node: ast.AST, owner: ast.AST, place: tuple[str, int | None]) -> Iterator[_Site]:
    """The changes of this very node."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                other = COMPARISONS[type(operator)]
                yield _Site(node, ("ops", index), other(), f"{type(operator).__name__} -> {other.__name__}")
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            swapped = ARITHMETIC[type(node.op)]
            yield _Site(node, ("op", None), swapped(), f"{type(node.op).__name__} -> {swapped.__name__}")
        case ast.BoolOp():
            junction = ast.Or if isinstance(node.op, ast.And) else ast.And
            yield _Site(node, ("op", None), junction(), f"{type(node.op).__name__} -> {junction.__name__}")
        case ast.UnaryOp() if isinstance(node.op, ast.Not | ast.USub):
            yield _Site(owner, place, node.operand, f"{type(node.op).__name__} dropped")
        case ast.Constant():
            yield from _constants(node, owner, place)
        case ast.If() | ast.IfExp():
            yield _Site(node, ("test", None), ast.UnaryOp(ast.Not(), copy.deepcopy(node.test)), "condition negated")
        case ast.Return() if node.value is not None and not _is_none(node.value):
            yield _Site(node, ("value", None), ast.Constant(None), "return None")
        case ast.Assign() | ast.AnnAssign() if node.value is not None and not _is_none(node.value):
            yield _Site(node, ("value", None), ast.Constant(None), "assign None")
        case ast.Expr() if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) != "assert_never":
            yield _Site(owner, place, ast.Pass(), "call dropped")
        case _:
            pass


def _constants(node: ast.Constant, owner: ast.AST, place: tuple[str, int | None]) -> Iterator[_Site]:
    value = node.value
    if isinstance(value, bool):
        yield _Site(owner, place, ast.Constant(not value), f"{value} -> {not value}")
    elif isinstance(value, int | float):
        step = 1 if node.lineno % 2 else -1
        yield _Site(owner, place, ast.Constant(value + step), f"{value} -> {value + step}")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
