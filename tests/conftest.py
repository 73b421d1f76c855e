"""What every test has: the shared data, the kernels' folder, a screen without a display, no silent skips."""

import gc
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pluggy
import pytest
from hypothesis import HealthCheck, Phase, settings

from app.kernel_cache import use_kernel_cache

if sys.platform != "win32":
    import resource

ROOT: Final = Path(__file__).resolve().parents[1]
SHARED_DATA: Final = Path(os.environ.get("SCORECARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
ABSENT: Final = f"shared data absent: {SHARED_DATA} (set SCORECARD_SHARED_DATA)"
NO_EVIDENCE: Final = "SCORECARD_EVIDENCE_MODEL"
IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# The exact core is tested alone: what it says does not depend on a model, and every test would pay for the evidence.
# Tests of the evidence name a model; what users type is tested as they get it (fixture `as_shipped`).
os.environ.setdefault(NO_EVIDENCE, "")
use_kernel_cache()  # before any test imports Numba
# A runner started in the background ignores SIGINT, and so would every process the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.platform.startswith("linux"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

# Deadlines measure the machine, not the code. `ci` draws the same examples every time.
_SLOW: Final = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("dev", deadline=None, max_examples=50, suppress_health_check=_SLOW)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, suppress_health_check=_SLOW)
# Shrinking is for readers: a mutant only asks whether a test fails.
_FIRST: Final = (Phase.explicit, Phase.generate)
settings.register_profile("quick", deadline=None, max_examples=10, suppress_health_check=_SLOW)
# Lines are reached by few examples; without the JIT each is slow.
settings.register_profile("coverage", deadline=None, max_examples=40, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=15,
    derandomize=True,
    database=None,
    phases=_FIRST,
    suppress_health_check=_SLOW,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real market data beside the repository; the one thing a test may be skipped for."""
    if not SHARED_DATA.is_dir():
        pytest.skip(ABSENT)
    return SHARED_DATA


@pytest.fixture
def as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings as they are shipped: with the default model of the evidence."""
    monkeypatch.delenv(NO_EVIDENCE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the suite."""
    words = "of a test with more cases run so many, spread evenly, the first and the last among them"
    parser.addoption("--few-cases", type=int, default=0, metavar="N", help=words)
    words = "leave out the tests this file names, `path::test` a line"
    parser.addoption("--leave-out", type=Path, default=None, metavar="FILE", help=words)


def pytest_configure() -> None:
    """Thousands of boards are mapped in one process, each a file: the usual 1,024 are a few too few."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = 16_384 if hard == resource.RLIM_INFINITY else min(hard, 16_384)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are collected to stay: looking through them for cycles, then and ever after, is time lost."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a quick run does without: tests named in a file, cases where few are asked for."""
    most = int(config.getoption("--few-cases")) or len(items) + 2
    unwanted: Path | None = config.getoption("--leave-out")
    named = set(unwanted.read_text(encoding="utf-8").split()) if unwanted else set()
    of_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        of_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {item.nodeid for test, cases in of_test.items() if test not in named for item in spread_over(cases, most)}
    if len(kept) == len(items):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
    items[:] = [item for item in items if item.nodeid in kept]


def spread_over(cases: list[pytest.Item], most: int) -> list[pytest.Item]:
    """At most so many of some cases (`most` >= 2), as far apart as can be."""
    if len(cases) <= most:
        return cases
    return [cases[n * (len(cases) - 1) // (most - 1)] for n in range(most)]


def _refused(reason: object) -> bool:
    """True for a skip that CI does not accept: a test that needs a real part fails when the part is missing."""
    text = reason[2] if isinstance(reason, tuple) else str(reason)
    return IN_CI and "shared data absent" not in text


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """A worker's `main` run in this process takes its signals: each test begins with those of the runner."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(kind) for kind in kinds]
    try:
        return (yield)
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            if signal.getsignal(kind) != handler:
                signal.signal(kind, handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, pluggy.Result[pytest.TestReport], None]:
    """Under CI a skip fails, unless it is for the shared data."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and _refused(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Generator[None, pluggy.Result[pytest.CollectReport], None]:
    """Under CI a file that skips itself fails, unless it is for the shared data."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and _refused(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"


def pytest_make_parametrize_id(val: object) -> str | None:
    """Long bytes are named by their length: two workers must collect the same names, whatever made the bytes."""
    return f"{len(val)} bytes" if isinstance(val, bytes) and len(val) > 16 else None
