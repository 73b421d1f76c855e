"""The kernels' folder: another build never finds this one's machine code."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import kernel_cache


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """The engine's folder of a small app: a kernel, what it reaches in two steps, and what it does not."""
    folder = tmp_path / "app" / "engine"
    (folder / "book").mkdir(parents=True)
    texts = {
        "__init__.py": "",
        "jit.py": "import numba\n",
        "bits.py": "ONE = 1\n",
        "units.py": "from app.engine import bits\n",
        "core.py": "from app.engine.book.kernel import TWO\n",
        "book/__init__.py": "",
        "book/kernel.py": "from app.engine.jit import jit\nfrom app.engine import (\n    units,\n)\nTWO = 2\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def build_hash(engine: Path) -> str:
    """The hash of the small app."""
    return kernel_cache.build_hash(engine.parent)


def test_that_a_kernels_sources_are_those_it_reaches(engine: Path) -> None:
    reached = kernel_cache.kernel_sources(engine.parent)
    names = {"__init__.py", "jit.py", "bits.py", "units.py", "book/kernel.py"}
    assert set(reached) == {f"engine/{name}" for name in names}
    assert reached["engine/bits.py"] == b"ONE = 1\n"


def test_that_a_change_no_kernel_reaches_keeps_the_name(engine: Path) -> None:
    before = build_hash(engine)
    (engine / "core.py").write_text("THREE = 3\n", encoding="utf-8")
    assert build_hash(engine) == before


def test_that_every_kernel_of_the_application_counts() -> None:
    reached = kernel_cache.kernel_sources(kernel_cache.APP)
    binding = {
        path.relative_to(kernel_cache.APP).as_posix()
        for path in kernel_cache.APP.rglob("*.py")
        if "import jit" in path.read_text(encoding="utf-8") or "njit" in path.read_text(encoding="utf-8")
    }
    assert binding
    assert binding <= set(reached)
    assert "engine/units.py" in reached  # constants that kernels hold
    assert "desk.py" not in reached


def test_that_the_same_sources_give_the_same_name(engine: Path) -> None:
    assert build_hash(engine) == build_hash(engine)


def test_that_a_changed_line_in_a_kernels_module_gives_another_name(engine: Path) -> None:
    before = build_hash(engine)
    (engine / "bits.py").write_text("ONE = 3\n", encoding="utf-8")
    assert build_hash(engine) != before


def test_that_a_moved_line_gives_another_name(engine: Path) -> None:
    before = build_hash(engine)
    (engine / "bits.py").write_text("", encoding="utf-8")
    (engine / "units.py").write_text("ONE = 1\nfrom app.engine import bits\n", encoding="utf-8")
    assert build_hash(engine) != before


def test_that_a_renamed_module_gives_another_name(engine: Path) -> None:
    before = build_hash(engine)
    (engine / "book" / "kernel.py").rename(engine / "book" / "kernels.py")
    assert build_hash(engine) != before


def test_that_another_numba_gives_another_name(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_hash(engine)
    monkeypatch.setattr(kernel_cache, "_version", lambda name: "9.9" if name == "numba" else "1.0")
    other = build_hash(engine)
    monkeypatch.setattr(kernel_cache, "_version", lambda name: "9.8" if name == "numba" else "1.0")
    assert len({before, other, build_hash(engine)}) == 3


def test_that_another_cpu_gives_another_name(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_hash(engine)
    monkeypatch.setattr(kernel_cache, "_cpu", lambda: "model name=Other")
    assert build_hash(engine) != before


def test_that_files_that_are_no_sources_do_not_count(engine: Path) -> None:
    before = build_hash(engine)
    (engine / "notes.txt").write_text("words", encoding="utf-8")
    assert build_hash(engine) == before


def test_that_the_override_names_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernel_cache.OVERRIDE, str(tmp_path))
    folder = kernel_cache.kernel_cache_dir()
    assert folder.parent == tmp_path
    assert folder.name == f"kernels-{kernel_cache.build_hash(kernel_cache.APP)[:16]}"
    assert not folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="XDG is not Windows")
def test_that_without_it_the_users_cache_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(kernel_cache.OVERRIDE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernel_cache.cache_root() == tmp_path / "leakage-scorecard"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert kernel_cache.cache_root() == Path.home() / ".cache" / "leakage-scorecard"


@pytest.mark.slow
def test_that_numba_compiles_into_the_folder(tmp_path: Path) -> None:
    code = (
        "from app.kernel_cache import is_warm, note_warm, use_kernel_cache\n"
        "folder = use_kernel_cache()\n"
        "assert not is_warm(folder)\n"
        "import numba\n"
        "assert numba.config.CACHE_DIR == str(folder), numba.config.CACHE_DIR\n"
        "(folder / 'app.x' ).mkdir()\n"
        "(folder / 'app.x' / 'k.nbi').write_bytes(b'')\n"
        "assert not is_warm(folder)\n"
        "note_warm(folder)\n"
        "assert is_warm(folder)\n"
    )
    environment = {**os.environ, kernel_cache.OVERRIDE: str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert [path.name[:8] for path in tmp_path.iterdir()] == ["kernels-"]


@pytest.mark.slow
def test_that_a_process_that_loaded_numba_first_is_turned_too(tmp_path: Path) -> None:
    code = (
        "import numba\n"
        "from app.kernel_cache import use_kernel_cache\n"
        "folder = use_kernel_cache()\n"
        "assert numba.config.CACHE_DIR == str(folder), numba.config.CACHE_DIR\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, kernel_cache.OVERRIDE: str(tmp_path)})


def test_that_only_folders_of_old_builds_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernel_cache.OVERRIDE, str(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.environ["NUMBA_CACHE_DIR"])  # put back afterwards
    numba_config = sys.modules.get("numba.core.config")
    if numba_config is not None:
        monkeypatch.setattr(numba_config, "CACHE_DIR", os.environ["NUMBA_CACHE_DIR"])
    old, fresh, foreign = (tmp_path / name for name in ("kernels-" + "0" * 16, "kernels-" + "1" * 16, "mine"))
    for folder in (old, fresh, foreign):
        folder.mkdir()
        (folder / "file").write_text("x", encoding="utf-8")
    long_ago = time.time() - (kernel_cache.UNUSED_DAYS + 1) * 86_400
    for folder in (old, foreign):
        os.utime(folder, (long_ago, long_ago))
    current = kernel_cache.use_kernel_cache()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([fresh.name, foreign.name, current.name])
    assert os.environ["NUMBA_CACHE_DIR"] == str(current)


def test_that_the_tests_themselves_compile_into_a_folder_of_a_build() -> None:
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.is_dir()
    assert folder.name.startswith("kernels-")
    assert folder.parent == kernel_cache.cache_root()
