"""Paired runs in processes: the same figures however they are shared, kept in a file that knows its world."""

from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError, SettingsError
from app.feeds.simulator import load_world
from app.feeds.simulator.paired import Switch, savings, split_of
from app.session import paired
from app.session.paired import PairedRequest, days_of, figures_of, world_hash
from app.session.paired_figures import read_figures, shipped_path, write_figures
from tests.session.tech_morning import SWITCH_AT, morning


@pytest.fixture
def request_(tmp_path: Path) -> PairedRequest:
    """Five days of a short world with a switch in their middle."""
    return PairedRequest(world=str(morning(tmp_path)), seeds=5, at=SWITCH_AT)


@pytest.mark.slow
def test_that_two_processes_give_the_days_one_gives_and_a_file_keeps_them(
    request_: PairedRequest, tmp_path: Path
) -> None:
    heard: list[int] = []
    days = days_of(request_, heard.append)
    world = load_world(request_.world)
    alone = savings(world, Switch(at=SWITCH_AT), range(1, 6))
    assert days == alone
    assert heard == [1, 2, 3, 4, 5]
    figures = figures_of(request_, days)
    split = split_of(world, alone)
    assert {name: part.mean for name, part in figures.parts.items()} == {n: p.mean for n, p in split.parts.items()}
    assert (figures.days, figures.first_seed, figures.words) == (5, 1, split.words)
    assert sum(figures.totals) / 5 == pytest.approx(figures.parts["total"].mean, abs=1e-4)
    path = tmp_path / "deep" / "figures.json"
    write_figures(path, figures)
    assert read_figures(path) == figures


def test_that_a_process_that_fails_is_told(request_: PairedRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "_MODULE", "app.nothing_of_this_name")
    with pytest.raises(FeedError, match="a process ended with 1"):
        days_of(request_)


def test_that_what_cannot_be_run_is_refused_before_anything_starts(request_: PairedRequest) -> None:
    for changes, words in (
        ({"seeds": 1}, "--seeds"),
        ({"at": "20:00"}, "--switch-at"),
        ({"at": "noon"}, "--switch-at"),
        ({"strategy": "MAGIC"}, "--strategy: strategy = 'MAGIC'"),
    ):
        with pytest.raises(SettingsError, match=words):
            days_of(msgspec.structs.replace(request_, **changes))


def test_that_the_shipped_figures_are_those_of_the_shipped_world() -> None:
    figures = read_figures(shipped_path("tech"))
    assert figures is not None
    assert figures.world_hash == world_hash(load_world("tech"))
    assert figures.parts["total"].low > 4.0
    assert figures.parts["leak_avoided"].mean >= 4.0
    assert abs(figures.parts["timing_luck"].mean) < 3 * figures.parts["timing_luck"].error
    assert len(figures.totals) == figures.days


def test_that_the_hash_of_a_world_is_of_what_its_figures_depend_on() -> None:
    tech = load_world("tech")
    words = msgspec.structs.replace(tech, title="another", noise_seed=7)
    leak = msgspec.structs.replace(tech, agent=msgspec.structs.replace(tech.agent, post=0.5))
    assert world_hash(words) == world_hash(tech) != world_hash(leak)


def test_that_a_file_that_holds_no_figures_says_so(tmp_path: Path) -> None:
    assert read_figures(tmp_path / "none.json") is None
    (tmp_path / "wrong.json").write_text('{"world": 1}')
    with pytest.raises(FeedError, match=r"wrong\.json: no figures of paired runs"):
        read_figures(tmp_path / "wrong.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedError, match="cannot be written"):
        write_figures(tmp_path / "file" / "figures.json", read_figures(shipped_path("tech")))  # type: ignore[arg-type]
