"""The table and the closing line of the long commands."""

from pathlib import Path

import pytest

from scripts import setup, stages
from scripts.stages import Outcome, Stage

pytestmark = pytest.mark.slow  # processes, whole days or whole windows


def test_that_the_last_line_counts_everything(capsys: pytest.CaptureFixture[str]) -> None:
    code = stages.finish([Stage("tests", Outcome(5, 0, 2), 1.25), Stage("checks", Outcome(3), 0.5)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "8 passed, 0 failed, 2 skipped"
    assert code == 0
    assert lines[1].split() == ["stage", "passed", "failed", "skipped", "seconds"]
    assert lines[3].split() == ["tests", "5", "0", "2", "1.2"]
    assert lines[5].split() == ["1.8"]


@pytest.mark.parametrize("outcomes", [[Outcome(5, 1, 0)], [Outcome(5), Outcome(failed=1)], [], [Outcome(skipped=3)]])
def test_that_a_failure_and_an_empty_run_end_badly(outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    assert stages.finish([Stage("x", outcome, 0.0) for outcome in outcomes]) == 1
    assert capsys.readouterr().out.splitlines()[-1].count(",") == 2


def test_that_columns_line_up_under_long_names() -> None:
    lines = stages.table(
        [Stage("a very long name of a stage", Outcome(1), 1.0), Stage("b", Outcome(2), 2.0)]
    ).splitlines()
    assert len({line.rindex(".") for line in lines[2:]}) == 1


def test_that_a_report_of_pytest_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3"/></testsuites>', encoding="utf-8"
    )
    assert stages.count(report) == Outcome(passed=3, failed=3, skipped=3)


def test_that_a_tool_that_fails_is_a_failure() -> None:
    assert stages.command("true") == Outcome(passed=1)
    assert stages.command("false") == Outcome(failed=1)
    assert stages.command("sh", "-c", 'test "$A" = b', env={"A": "b"}) == Outcome(passed=1)


@pytest.mark.slow
def test_that_a_run_without_tests_is_a_failure(tmp_path: Path) -> None:
    assert stages.run_tests("none", str(tmp_path)) == Outcome(failed=1)


def test_that_the_setup_notices_a_changed_lock(tmp_path: Path) -> None:
    lock = tmp_path / "py311.txt"
    lock.write_text("a", encoding="utf-8")
    before = setup.fingerprint(lock)
    assert before == setup.fingerprint(lock)
    lock.write_text("b", encoding="utf-8")
    assert before != setup.fingerprint(lock)


def test_that_a_user_who_is_not_root_is_told_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "missing_packages", lambda: ["libegl1", "xvfb"])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    setup.system_libraries()
    assert "sudo apt-get install -y --no-install-recommends libegl1 xvfb" in capsys.readouterr().out


def test_that_root_gets_them_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(setup, "missing_packages", lambda: ["xvfb"])
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: "found")
    monkeypatch.setattr(setup, "run", lambda *words: called.append(words))
    monkeypatch.setenv("DEBIAN_FRONTEND", "")
    setup.system_libraries()
    assert called == [
        ("apt-get", "update", "-q"),
        ("apt-get", "install", "-y", "--no-install-recommends", "xvfb"),
    ]


def test_that_what_the_broker_needs_is_installed_with_the_rest_or_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(setup, "missing_packages", list)
    monkeypatch.setattr("shutil.which", lambda name: None if name in {"java", "mvn"} else name)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(setup, "run", lambda *words: called.append(words))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("DEBIAN_FRONTEND", "")
    setup.system_libraries()
    assert called[1][-2:] == ("default-jre-headless", "maven")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    setup.system_libraries()
    assert "the tests' broker needs what is missing here. Run: sudo apt-get" in capsys.readouterr().out


def test_that_a_build_server_fetches_the_brokers_jars_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[object]] = []
    monkeypatch.setattr("subprocess.run", lambda words, **_: called.append(words))
    monkeypatch.setenv("CI", "false")
    setup.broker_jars()
    assert called == []
    monkeypatch.setenv("CI", "true")
    setup.broker_jars()
    assert [str(word) for word in called[0][1:]] == [str(setup.ROOT / "scripts" / "kafka.py"), "fetch"]


def test_that_nothing_is_installed_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "missing_packages", list)
    monkeypatch.setattr(setup, "missing_for_broker", list)
    monkeypatch.setattr(setup, "run", lambda *words: pytest.fail(f"ran {words}"))
    setup.system_libraries()
