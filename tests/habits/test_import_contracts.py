"""What no contract of the import linter can say (those are a stage of `make check`): what a process loads."""

import ast
import os
import subprocess
import sys
from pathlib import Path

PROBE = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
found = sorted({m.partition(".")[0] for m in sys.modules} & {"numba", "llvmlite"})
print(",".join(found))
"""


def loaded_compilers(*modules: str) -> str:
    """Which of Numba and llvmlite a fresh process holds after importing these modules."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    words = [sys.executable, "-c", PROBE, *modules]
    asked = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert asked.returncode == 0, asked.stderr
    return asked.stdout.strip()


def screen_modules(repository: Path) -> list[str]:
    """The desk and every module of the widgets."""
    app = repository / "app"
    sources = [*sorted((app / "widgets").rglob("*.py")), *app.glob("desk.py"), *sorted((app / "desk").rglob("*.py"))]
    names = [source.relative_to(repository).with_suffix("").as_posix().replace("/", ".") for source in sources]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def test_that_the_desk_and_the_widgets_do_not_load_numba(repository: Path) -> None:
    modules = screen_modules(repository)
    desk = [name for name in modules if name == "app.desk" or name.startswith("app.desk.")]
    assert len(modules) > len(desk), "the desk exists, so its widgets must"
    assert loaded_compilers(*modules) == ""


def test_that_the_board_and_the_rows_it_shares_do_not_load_numba(repository: Path) -> None:
    assert (repository / "app" / "board").exists()
    shared = ("units", "events", "layout", "schema", "errors", "universe")
    assert loaded_compilers("app.board", *(f"app.engine.{name}" for name in shared)) == ""


def test_that_the_doctor_and_the_kernels_folder_load_neither_qt_nor_numba() -> None:
    probe = PROBE.replace('{"numba", "llvmlite"}', '{"numba", "llvmlite", "PySide6", "numpy", "rich"}')
    words = [sys.executable, "-c", probe, "app.doctor", "app.kernel_cache"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() == ""


def test_that_a_process_with_the_compiler_is_seen() -> None:
    assert loaded_compilers("app.engine.jit") == "llvmlite,numba"


def _clock_reads(text: str) -> list[int]:
    """Lines that import a clock."""
    clocks = {"time", "datetime"}
    lines = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import) and any(alias.name in clocks for alias in node.names):
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module in clocks:
            lines.append(node.lineno)
    return lines


def test_that_nobody_below_the_runtime_reads_a_clock(repository: Path) -> None:
    app = repository / "app"
    sources = [*(app / "board").rglob("*.py"), *(app / "engine").rglob("*.py"), *app.glob("settings*.py")]
    assert len(sources) > 10
    reading = [source.name for source in sources if _clock_reads(source.read_text(encoding="utf-8"))]
    assert reading == []
    assert _clock_reads("import time") == [1]
    assert _clock_reads("from datetime import datetime") == [1]


# Parsing is pure: bytes and tables in, rows out; opening and connecting are the feed's.
OUTSIDE = {
    "asyncio",
    "logging",
    "open",
    "os",
    "random",
    "select",
    "shutil",
    "socket",
    "subprocess",
    "threading",
    "time",
}


def test_that_decoders_see_no_file_no_socket_and_no_clock(repository: Path) -> None:
    decoders = sorted((repository / "app" / "feeds" / "decode").rglob("*.py"))
    assert decoders
    assert [f"{source.name}: {name}" for source in decoders for name in _reaches(source) if name in OUTSIDE] == []


def _reaches(source: Path) -> list[str]:
    """Roots of what a source imports, and `open` where it calls it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.append(node.func.id)
    return names
