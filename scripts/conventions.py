"""The conventions no linter knows: sizes, arguments, names, docstrings, tests per line of code, no machine's traces.

Kernels are straight-line arithmetic and may be long: each is listed with its length in kernel_lengths.txt, and the
list may only shrink.
"""

import ast
import functools
import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LISTED: Final = ROOT / "scripts" / "kernel_lengths.txt"
FILE_LINES: Final = 500
FILE_LINES_P95: Final = 300
FUNCTION_LINES: Final = 60
FUNCTION_LINES_P95: Final = 30
ARGUMENTS: Final = 5
BANNED_WORDS: Final = ("Manager", "Helper", "Util", "Utils", "Base")
# Absolute paths of someone's machine, and the places packages come from.
TRACES: Final = re.compile(
    r"(?<![\w./-])/(?:work|root|home/\w+|Users/\w+)\b"
    r"|(?:pypi|pythonhosted)\.org|\bartifactory\b|--(?:extra-)?index-url[ =]"
)
_WORD: Final = re.compile(r"[A-Z][a-z0-9]*")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken convention: where (file:line) and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a file: dotted name in the file, first line, length without docstring and arguments."""

    name: str
    line: int
    lines: int
    arguments: int


@functools.lru_cache(maxsize=1)
def parsed(text: str) -> ast.Module:
    """The tree of a file: every rule looks at the same one."""
    return ast.parse(text)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """What stands directly below a node and may hold a definition: no expression does."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        yield from getattr(node, name, ())


def functions(tree: ast.AST, inside: str = "") -> Iterator[Function]:
    """Every function of a tree, nested ones and methods too."""
    for node in statements(tree):
        name = f"{inside}.{node.name}" if inside and hasattr(node, "name") else getattr(node, "name", inside)
        if isinstance(node, _Function):
            yield Function(name, node.lineno, _length(node), _arguments(node))
        yield from functions(node, name)


def _length(node: _Function) -> int:
    """Lines from the first statement after the docstring to the end."""
    end = node.end_lineno or node.lineno
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return end - body[0].lineno + 1 if body else 0


def _arguments(node: _Function) -> int:
    """Arguments a caller passes: self, cls and ones with a default beyond the limit count too."""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len(every) - (1 if every and every[0].arg in {"self", "cls"} else 0)


def listed(text: str) -> dict[str, int]:
    """Kernel (`file:function`) -> its longest allowed length, from the list's text."""
    entries = (line.split("#")[0].split() for line in text.splitlines())
    return {entry[0]: int(entry[1]) for entry in entries if entry}


def check_sizes(path: str, text: str, allowed: dict[str, int]) -> Iterator[Fault]:
    """File and function sizes, argument counts and banned names of one Python file."""
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield Fault(path, f"{lines} lines; at most {FILE_LINES}")
    tree = parsed(text)
    for function in functions(tree):
        limit = allowed.get(f"{path}:{function.name}", FUNCTION_LINES)
        if function.lines > limit:
            yield Fault(f"{path}:{function.line}", f"{function.name} has {function.lines} lines; at most {limit}")
        if function.arguments > ARGUMENTS and not path.startswith("tests/"):
            yield Fault(f"{path}:{function.line}", f"{function.name} takes {function.arguments}; at most {ARGUMENTS}")
    yield from _empty_names(path, tree)


def _empty_names(path: str, tree: ast.AST) -> Iterator[Fault]:
    for node in statements(tree):
        if isinstance(node, ast.ClassDef):
            yield from (
                Fault(f"{path}:{node.lineno}", f"{node.name}: {word} says nothing")
                for word in _WORD.findall(node.name)
                if word in BANNED_WORDS
            )
        yield from _empty_names(path, node)


def check_docstrings(path: str, text: str) -> Iterator[Fault]:
    """Public modules, classes and functions say what they are."""
    tree = parsed(text)
    if ast.get_docstring(tree) is None:
        yield Fault(path, "no docstring")
    yield from _undocumented(path, tree)


def _undocumented(path: str, tree: ast.AST) -> Iterator[Fault]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Function | ast.ClassDef) and not node.name.startswith("_"):
            overriding = any(isinstance(d, ast.Name) and d.id in {"override", "overload"} for d in node.decorator_list)
            if ast.get_docstring(node) is None and not overriding and not _is_qt_event(node):
                yield Fault(f"{path}:{node.lineno}", f"{node.name} has no docstring")
            if isinstance(node, ast.ClassDef):
                yield from _undocumented(path, node)


def _is_qt_event(node: ast.stmt) -> bool:
    """True for a method under Qt's own name: Qt says what it is."""
    name = getattr(node, "name", "")
    return isinstance(node, _Function) and name != name.lower()


def check_list(entries: dict[str, int], lengths: dict[str, int]) -> Iterator[Fault]:
    """The list of long kernels holds nothing that is gone, short enough, or shorter than it says."""
    for entry, allowed in entries.items():
        found = lengths.get(entry)
        if found is None:
            yield Fault(LISTED.name, f"{entry} is no more: take it out")
        elif found <= FUNCTION_LINES:
            yield Fault(LISTED.name, f"{entry} has {found} lines: take it out")
        elif found < allowed:
            yield Fault(LISTED.name, f"{entry} has {found} lines: lower {allowed} to it")
        if not entry.startswith("app/engine/"):
            yield Fault(LISTED.name, f"{entry}: only kernels of the engine may be listed")


def check_traces(path: str, text: str) -> Iterator[Fault]:
    """No path of a machine and no package index in a tracked file."""
    for number, line in enumerate(text.splitlines(), 1):
        found = TRACES.search(line)
        if found:
            yield Fault(f"{path}:{number}", f"names a machine or a package index: {found.group()!r}")


def check_proportions(sizes: dict[str, int], lengths: dict[str, int]) -> Iterator[Fault]:
    """p95 of file and function lengths, and at least as many lines of tests as of code."""
    app = {path: lines for path, lines in sizes.items() if path.startswith("app/")}
    p95 = percentile([lines for lines in app.values() if lines > 0], 95)
    if p95 >= FILE_LINES_P95:
        yield Fault("app", f"95 % of the files are under {p95} lines; wanted: under {FILE_LINES_P95}")
    p95 = percentile([lines for name, lines in lengths.items() if name.startswith("app/")], 95)
    if p95 >= FUNCTION_LINES_P95:
        yield Fault("app", f"95 % of the functions are under {p95} lines; wanted: under {FUNCTION_LINES_P95}")
    tests = sum(lines for path, lines in sizes.items() if path.startswith("tests/"))
    if tests < sum(app.values()):
        yield Fault("tests", f"{tests} lines of tests for {sum(app.values())} lines of code")


def percentile(values: list[int], percent: int) -> int:
    """The nearest-rank percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0


def project_files() -> list[str]:
    """Tracked files and new ones that are not ignored, relative to the root."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    asked = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted({line for line in asked.stdout.splitlines() if (ROOT / line).is_file()})


def check() -> list[Fault]:
    """Every fault of the project as it stands."""
    found: list[Fault] = []
    sizes: dict[str, int] = {}
    lengths: dict[str, int] = {}
    allowed = listed(LISTED.read_text(encoding="utf-8"))
    for path in project_files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a data file
        if path != "scripts/conventions.py":  # it names what it bans
            found += check_traces(path, text)
        if path.endswith(".py"):
            sizes[path] = text.count("\n")
            lengths.update({f"{path}:{function.name}": function.lines for function in functions(parsed(text))})
            found += check_sizes(path, text, allowed)
            found += check_docstrings(path, text) if path.startswith(("app/", "scripts/")) else ()
    found += check_list(allowed, lengths)
    found += check_proportions(sizes, lengths)
    return found


def long_files() -> list[str]:
    """Files over the wanted length but not over the limit: not a fault, worth a look."""
    paths = [path for path in project_files() if path.endswith(".py")]
    counted = {path: (ROOT / path).read_text(encoding="utf-8").count("\n") for path in paths}
    return [f"{path}: {lines} lines" for path, lines in counted.items() if lines > FILE_LINES_P95]


def main() -> int:
    """Print every fault, and files worth splitting; 1 when there is a fault."""
    found = check()
    for fault in found:
        print(fault)
    for words in long_files():
        print(f"worth splitting: {words}")
    print(f"conventions: {len(found)} faults" if found else "conventions: kept")
    return 1 if found else 0


if __name__ == "__main__":
    gc.disable()  # trees of a thousand files and no cycle worth a search: twice as fast
    sys.exit(main())
