"""The doctor: what is wrong is named, and with the command that mends it."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from app import doctor
from app.doctor import Finding
from app.kernel_cache import is_warm, note_warm


class Usage(NamedTuple):
    """What the system says of a disk, in bytes."""

    total: int
    used: int
    free: int


def the(findings: list[Finding], what: str) -> Finding:
    """The finding of that name."""
    (found,) = [finding for finding in findings if finding.what == what]
    return found


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    """One look at this machine."""
    return doctor.examine()


def test_that_every_part_is_looked_at(findings: list[Finding]) -> None:
    looked_at = {finding.what for finding in findings}
    wanted = {"Python", "packages", "PySide6", "Qt system libraries", "fonts", "display", "resources", "kernels"}
    wanted |= {"disk here", "extra kafka", "extra kdb", "extra fix", "extra research", "java", "mvn"}
    assert wanted <= looked_at
    assert len(looked_at) == len(findings)


def test_that_what_is_missing_or_wrong_names_what_mends_it(findings: list[Finding]) -> None:
    for finding in findings:
        if finding.state in {"missing", "wrong"}:
            assert finding.remedy, finding
        if finding.state == "ok":
            assert not finding.remedy, finding
        assert finding.detail, finding


def test_that_this_pair_of_python_and_pyside_is_found_sound(findings: list[Finding]) -> None:
    assert the(findings, "PySide6").state == "ok"
    assert the(findings, "Python").state == "ok"


def test_that_looking_loads_neither_qt_nor_numba() -> None:
    code = (
        "import sys\nfrom app import doctor\ndoctor.report(doctor.examine())\n"
        "print(sorted(m for m in sys.modules if m in {'PySide6', 'numba', 'numpy', 'shiboken6'}))"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"


def test_that_a_python_out_of_range_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PYTHONS", ((3, 9),))
    finding = next(doctor._python())
    assert finding.state == "wrong"
    assert "PYTHON=" in finding.remedy


def test_that_a_package_that_differs_from_the_lock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "locked", lambda: {"numpy": "0.1", "no-such-thing": "1.0"})
    finding = next(doctor._packages())
    assert finding.state == "wrong"
    assert "(lock: 0.1)" in finding.detail
    assert "no-such-thing absent (lock: 1.0)" in finding.detail
    assert finding.remedy == "make setup"


def test_that_the_lock_of_this_python_is_read() -> None:
    pins = doctor.locked()
    assert {"numpy", "numba", "pyside6-essentials"} <= set(pins)
    assert pins["numba"].startswith("0.")


def test_that_without_a_lock_the_pinned_packages_are_still_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    assert doctor.locked() == {}
    assert [finding.what for finding in doctor._packages()] == list(doctor.PINNED)


@pytest.mark.parametrize(("dropped", "state"), [(0, "ok"), (3, "ok"), (500, "wrong")])
def test_that_dropped_references_to_none_make_the_pair_wrong(
    dropped: int, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "dropped_none_references", lambda: dropped)
    assert next(doctor._qt_pair()).state == state


def test_that_a_qt_that_cannot_be_loaded_is_wrong_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CANARY", "raise ImportError('libEGL.so.1: cannot open shared object file')")
    finding = next(doctor._qt_pair())
    assert finding.state == "wrong"
    assert "libEGL.so.1" in finding.detail


def test_that_an_abort_is_told_by_its_first_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Fatal Python error: none_dealloc: deallocating None\\n<no Python frame>\\n"
    monkeypatch.setattr(doctor, "CANARY", f"import os, sys; print('{words}', file=sys.stderr); os.abort()")
    assert next(doctor._qt_pair()).detail.endswith("Fatal Python error: none_dealloc: deallocating None")


def test_that_a_canary_that_dies_is_told_by_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CANARY", "import os; os._exit(9)")
    with pytest.raises(RuntimeError, match="exit code 9"):
        doctor.dropped_none_references()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packages of Debian")
class TestSystemLibraries:
    """Debian packages, judged by whether their library loads."""

    def test_that_a_library_that_does_not_load_names_its_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(doctor.LIBRARIES, "libnowhere1", "libnowhere.so.1")
        assert "libnowhere1" in doctor.missing_packages()
        finding = next(doctor._qt_libraries())
        assert finding.state == "missing"
        assert "libnowhere.so.1" in finding.detail
        assert "apt-get install -y libnowhere1" in finding.remedy

    def test_that_a_missing_font_and_x_server_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "_has_font", lambda: False)
        monkeypatch.setattr(shutil, "which", lambda _: None)
        assert doctor.missing_packages()[-2:] == ["fonts-dejavu-core", "xvfb"]
        assert next(doctor._fonts()).state == "missing"

    def test_that_ldd_names_what_the_loader_does_not_find(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ldd = tmp_path / "ldd"
        ldd.write_text("#!/bin/sh\necho 'libxcb-cursor.so.0 => not found'\necho 'libc.so.6 => /lib/libc.so.6'\n")
        ldd.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        assert doctor._unresolved(Path("libqxcb.so")) == ["libxcb-cursor.so.0"]
        finding = next(doctor._qt_libraries())
        assert "libxcb-cursor.so.0" in finding.detail
        assert doctor._unresolved(None) == []

    def test_that_other_systems_have_no_debian_packages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert doctor.missing_packages() == []

    def test_that_a_user_who_is_not_root_is_told_sudo(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert doctor._apt(["xvfb"]) == "sudo apt-get install -y xvfb"
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert doctor._apt(["xvfb"]) == "apt-get install -y xvfb"


@pytest.mark.parametrize(("display", "state"), [("", "optional"), (":7", "ok")])
def test_that_a_missing_display_is_told_but_not_a_fault(
    display: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    assert next(doctor._display()).state == state


@pytest.mark.parametrize(("free", "state"), [(1_999_999_999, "wrong"), (2_000_000_000, "ok")])
def test_that_a_full_disk_is_wrong(free: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert {finding.state for finding in doctor._disk()} == {state}


def test_that_absent_resources_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "RESOURCES", tmp_path / "resources")
    assert next(doctor._resources()).state == "missing"


def test_that_cold_kernels_are_told_and_warm_ones_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "kernel_cache_dir", lambda: tmp_path)
    assert next(doctor._kernels()).state == "optional"
    (tmp_path / "k.nbi").write_bytes(b"")  # a run was here, and needed some of them
    assert next(doctor._kernels()).state == "optional"
    note_warm(tmp_path)
    assert next(doctor._kernels()).state == "ok"


def test_that_an_absent_extra_is_optional_and_quickfix_is_built_with_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    found = {finding.what: finding for finding in doctor._extras()}
    assert {finding.state for finding in found.values()} == {"optional"}
    assert "-DHAVE_SSL=1" in found["extra fix"].remedy
    assert found["extra research"].detail.startswith("duckdb, polars not installed")
    assert found["extra kafka"].remedy.endswith("[kafka]'")


class TestReport:
    """The printed table."""

    GOOD = Finding("Python", "ok", "3.12.1")
    LACKING = Finding("Xvfb", "missing", "absent " * 30, "apt-get install -y xvfb")
    EXTRA = Finding("extra kdb", "optional", "pykx not installed", "pip install pykx")

    def test_that_a_remedy_stands_on_its_own_line_uncut(self) -> None:
        lines = doctor.report([self.GOOD, self.LACKING]).splitlines()
        assert lines[0].split() == ["ok", "Python", "3.12.1"]
        assert "-> apt-get install -y xvfb" in {line.strip() for line in lines}
        assert lines[-1] == "1 to mend"

    def test_that_lines_keep_the_width(self) -> None:
        lines = doctor.report([self.GOOD, self.LACKING], width=60).splitlines()
        assert max(map(len, lines)) <= 60
        assert len(lines) > 4

    def test_that_what_is_optional_is_no_fault(self) -> None:
        assert doctor.report([self.GOOD, self.EXTRA]).endswith("everything needed is there")
        assert doctor.is_sound([self.GOOD, self.EXTRA])
        assert not doctor.is_sound([self.GOOD, self.LACKING])

    def test_that_nothing_found_is_a_table_too(self) -> None:
        assert doctor.report([]) == "everything needed is there"


class TestWarm:
    """Kernels are compiled by a small run and by replaying what is shipped."""

    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A Python that notes its arguments, one shipped session, cold kernels; the file with the notes."""
        session = tmp_path / "resources" / "sessions" / "inst"
        session.mkdir(parents=True)
        (session / "market.parquet").write_bytes(b"")
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\necho "$1 $2 $3 $4" | tail -n 1 >> {tmp_path}/calls\nexit ${{CODE:-0}}\n')
        python.chmod(0o755)
        monkeypatch.setattr(doctor, "RESOURCES", tmp_path / "resources")
        monkeypatch.setattr(doctor, "kernel_cache_dir", lambda: tmp_path / "kernels")
        monkeypatch.setattr(sys, "executable", str(python))
        return tmp_path / "calls"

    def test_that_a_small_run_and_each_shipped_session_are_played(self, calls: Path, tmp_path: Path) -> None:
        assert doctor.warm() == 0
        assert is_warm(tmp_path / "kernels")
        assert calls.read_text().splitlines()[-1] == f"-m app replay {tmp_path / 'resources' / 'sessions' / 'inst'}"
        assert len(calls.read_text().splitlines()) == 2

    def test_that_a_failure_is_passed_on_and_ends_it(
        self, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CODE", "3")
        assert doctor.warm() == 3
        assert not is_warm(tmp_path / "kernels")
        assert len(calls.read_text().splitlines()) == 1

    def test_that_warm_kernels_are_left_alone(self, calls: Path, tmp_path: Path) -> None:
        note_warm(tmp_path / "kernels")
        assert doctor.warm() == 0
        assert not calls.exists()

    @pytest.mark.slow
    def test_that_the_small_run_leaves_warm_kernels(self) -> None:
        subprocess.run([sys.executable, "-c", doctor.WARM_UP], check=True, cwd=doctor.ROOT)
        assert next(doctor._kernels()).state == "ok"


def test_that_what_a_build_of_quickfix_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(doctor, "HEADERS", (tmp_path,))
    assert {"g++", "libssl-dev"} <= set(doctor.missing_for_fix())
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    remedy = {finding.what: finding for finding in doctor._extras()}["extra fix"].remedy
    assert remedy.index("libssl-dev") < remedy.index("pip install quickfix")
    (tmp_path / "openssl").mkdir()
    (tmp_path / "openssl" / "ssl.h").touch()
    assert "libssl-dev" not in doctor.missing_for_fix()
    monkeypatch.setattr(sys, "platform", "win32")
    assert doctor.missing_for_fix() == []
