"""The forks of a mutation run: what tests reach which line, and one mutant against them.

Imported where the JIT is off. Loads what every test needs and nothing of the engine, so that a fork imports the engine
afresh, with the changed file in place of the one on disk.
"""

import ast
import importlib.machinery
import json
import os
import resource
import sys
import types
from collections import deque
from collections.abc import Generator, Sequence
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import coverage
import hypothesis  # noqa: F401  loaded before the fork, like the three below
import msgspec  # noqa: F401
import numba.extending  # noqa: F401
import numpy as np  # noqa: F401
import pytest

from scripts.engine_map import own_tests
from scripts.mutants import Mutant, mutated

if TYPE_CHECKING:
    from scripts.mutation import Target

DIED: Final = 70  # exit code of a fork that ended outside pytest
SELECTED: Final = "not jit and not slow and not prove"
QUIET: Final = (
    "-q", "-x", "--no-header", "--no-summary", "-o", "addopts=", "-m", SELECTED, "-p", "no:cacheprovider",
    "-p", "no:pytest-qt", "-p", "no:faulthandler", "--import-mode=importlib",
    "-o", "filterwarnings=error\nignore::pytest.PytestWarning",  # of what was loaded before the fork
)  # fmt: skip


class Limits(NamedTuple):
    """What a fork may use: bytes of address space, seconds of processor time."""

    memory: int
    seconds: int


class Changed(Loader):
    """Executes a changed syntax tree as the module."""

    def __init__(self, code: types.CodeType) -> None:
        self._code = code

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the changed code in the module."""
        exec(self._code, module.__dict__)  # noqa: S102  our own engine, changed by us


class InPlace(MetaPathFinder):
    """Finds one module in memory, everything else where it is."""

    def __init__(self, target: "Target", mutant: Mutant) -> None:
        self._name = target.module
        self._source = target.source
        self._code = compile(mutated(target.text, mutant.number), str(target.source), "exec")

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The changed module under its own name."""
        if fullname != self._name:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, Changed(self._code), origin=str(self._source))
        spec.has_location = True
        if self._source.name == "__init__.py":
            spec.submodule_search_locations = [str(self._source.parent)]
        return spec


class Chosen:
    """Pytest plugin: only these tests, the quickest first."""

    def __init__(self, names: list[str]) -> None:
        self._place = {name: place for place, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop the others."""
        items[:] = sorted((i for i in items if i.nodeid in self._place), key=lambda item: self._place[item.nodeid])


class Survey:
    """Pytest plugin: books lines and seconds to each test."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self._measured = measured
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, None]:
        """Everything between a test's set-up and tear-down."""
        self._measured.switch_context(item.nodeid)
        yield
        self._measured.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Seconds of set-up, call and tear-down together."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def survey(targets: Sequence["Target"], workers: int) -> None:
    """Run each file's own tests on the unchanged code, so many files at a time, each in a fork.

    A target gets the seconds of each test and the lines each reaches, or its fault.
    """
    running: deque[tuple[Target, int, int]] = deque()
    for target in targets:
        if target.fault:
            continue
        if len(running) == workers:
            _hear(*running.popleft())
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            _measure(target, writing)
        os.close(writing)
        running.append((target, process, reading))
    while running:
        _hear(*running.popleft())


def _hear(target: "Target", process: int, reading: int) -> None:
    """What the fork of a target found."""
    with os.fdopen(reading, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(process, 0)
    found: dict[str, Any] = json.loads(text) if text else {"code": "died"}
    if found["code"] != 0:
        target.fault = f"its own tests fail on the unchanged code (pytest: {found['code']})"
        return
    target.seconds = found["seconds"]
    for line, names in found["reaching"].items():
        target.reaching[int(line)] = sorted(names, key=target.seconds.__getitem__)


def run(target: "Target", mutant: Mutant, tests: list[str], limits: Limits) -> NoReturn:
    """One mutant in this fork, against these tests; ends the process with pytest's exit code."""
    code = DIED
    try:
        _silence()
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
        resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
        sys.meta_path.insert(0, InPlace(target, mutant))
        files = sorted({test.partition("::")[0] for test in tests})
        code = int(pytest.main([*QUIET, *files], plugins=[Chosen(tests)]))
    finally:
        os._exit(code)  # no exit handlers of the parent


def _measure(target: "Target", writing: int) -> NoReturn:
    code = DIED
    try:
        _silence()
        measured = coverage.Coverage(data_file=None, include=[str(target.source)], config_file=False)
        plugin = Survey(measured)
        measured.start()
        code = int(pytest.main([*QUIET, *map(str, own_tests(target.source))], plugins=[plugin]))
        measured.stop()
        reaching = _reaching(target.text, measured.get_data().contexts_by_lineno(str(target.source)))
        with os.fdopen(writing, "w", encoding="utf-8") as answer:
            answer.write(json.dumps({"code": code, "seconds": plugin.seconds, "reaching": reaching}))
    finally:
        os._exit(code)


def _reaching(text: str, booked: dict[int, list[str]]) -> dict[int, list[str]]:
    """Line -> tests that ran it, every line of a statement included."""
    spread = _statement_lines(text)
    found: dict[int, set[str]] = {}
    for line, names in booked.items():
        for part in spread.get(line, [line]):
            found.setdefault(part, set()).update(name for name in names if name)
    return {line: sorted(names) for line, names in found.items()}


def _statement_lines(text: str) -> dict[int, list[int]]:
    """First line of each simple statement or condition -> all its lines: coverage books several lines to the first."""
    found: dict[int, list[int]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
            found[node.lineno] = list(range(node.lineno, max(end, node.lineno) + 1))
    return found


def _silence() -> None:
    """Nothing of a fork reaches the screen."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
