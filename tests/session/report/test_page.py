"""The page of an order: its figures are the tables', its parts sum, nothing comes from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.engine.errors import FeedError
from app.session.replay import replay
from app.session.report import parents, write_report
from app.session.report.chart import Chart, padded, round_ticks, time_ticks
from app.session.report.page import page
from app.session.report.sections import costs, thinned
from app.session.report.source import Source, read
from app.session.report.text import UNDEFINED, bps, clock, money, said
from app.session.request import ReplayRequest
from app.settings import RESOURCES


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a shipped session."""
    folder = tmp_path_factory.mktemp("report") / "out"
    replay(ReplayRequest(path=str(RESOURCES / "sessions" / "inst"), out=str(folder)))
    return folder


class Checked(HTMLParser):
    """Every tag that is opened is closed, in order; remembers what is referred to."""

    VOID = frozenset({"meta", "br", "i"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "action", "data"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_that_the_page_stands_alone_and_is_whole(out: Path, tmp_path: Path) -> None:
    for parent in parents(out):
        write_report(out, parent, tmp_path / "deep" / "report.html")
        text = (tmp_path / "deep" / "report.html").read_text("utf-8")
        checked = Checked()
        checked.feed(text)
        assert checked.open == []
        assert checked.links == []
        assert not re.search(r"url\(|@import|<script|https?:", text)


def test_that_its_figures_are_those_of_the_tables_and_the_run(out: Path) -> None:
    for parent in parents(out):
        source = read(out, parent)
        text = page(source)
        line = {row["parent_id"]: row for row in pq.read_table(out / "parents.parquet").to_pylist()}[parent]
        for name in ("is_bps", "slip_arrival_bps", "slip_vwap_bps"):
            assert bps(line[name]) in text
        assert money(line["is_ccy"]) in text
        assert source.run.output_hash in text
        assert source.run.settings_hash in text


def amounts(text: str) -> list[tuple[str, str, str]]:
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", text)
    return [(title, re.sub("<.*?>", "", value), re.sub("<.*?>", "", in_bps)) for title, value, in_bps in rows]


def cents(text: str) -> int:
    return round(100 * float(text.replace(",", "")))


def test_that_the_parts_sum_to_the_shortfall_as_printed(out: Path) -> None:
    for parent in parents(out):
        source = read(out, parent)
        if source.parent["is_ccy"] is None:
            continue
        rows = amounts(costs(source))
        parts = [row for row in rows if "undefined" not in row[1] and "measured" not in row[1]]
        total = parts.pop()
        assert "Shortfall" in total[0]
        assert sum(cents(row[1]) for row in parts) == cents(total[1])
        if "undefined" not in total[2] and source.parent["is_ccy"]:
            assert sum(cents(row[2]) for row in parts) == cents(total[2])


def test_that_what_is_not_known_is_said_to_be_undefined_or_not_measured(out: Path) -> None:
    source = read(out, parents(out)[0])
    empty = Source(dict.fromkeys(source.parent), [], [], source.run)
    text = page(empty)
    assert text.count(UNDEFINED) > 20
    assert "not measured yet" in text
    assert "no fills" in text
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text).lower().replace("financ", "")
    assert (said(None), said(float("nan")), bps(None), clock(None)) == (UNDEFINED,) * 4


def test_that_nothing_of_a_run_becomes_markup(out: Path) -> None:
    source = read(out, parents(out)[0])
    text = page(Source({**source.parent, "trader": "<script>x</script>"}, [], [], source.run))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_that_a_folder_without_the_order_is_one_sentence(out: Path, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="not the output of a run"):
        read(tmp_path, "P")
    with pytest.raises(FeedError, match=r"no order 'NONE'; there are"):
        read(out, "NONE")
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedError, match="the report cannot be written"):
        write_report(out, parents(out)[0], tmp_path / "file" / "report.html")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.0, 10.0, [0, 2, 4, 6, 8, 10]), (-0.3, 0.3, [-0.2, 0, 0.2]), (0, 0, [0]), (3.1, 3.9, [3.2, 3.4, 3.6, 3.8])],
)
def test_that_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high) == pytest.approx(ticks)


def test_that_a_chart_puts_things_where_they_belong() -> None:
    chart = Chart((0.0, 10.0), (0.0, 100.0), height=200)
    assert chart.place_x(0.0) < chart.place_x(10.0)
    assert chart.place_y(100.0) < chart.place_y(0.0)
    chart.line([(0, 0), (10, 100)], "slip")
    chart.point(5, 50, None, "n too small")
    chart.point(5, 50, 3.0, "+-")
    drawn = chart.svg([(5.0, "five")])
    assert f"{chart.place_x(10):.1f},{chart.place_y(100):.1f}" in drawn
    assert drawn.count("hollow") == 1
    assert drawn.count("whisker") == 1
    assert padded([2.0, 5.0]) == pytest.approx((0.0, 5.4))
    assert padded([-5.0]) == pytest.approx((-5.4, 0.4))


def test_that_times_are_ticked_at_whole_minutes_and_long_lines_thinned_to_their_end() -> None:
    hour = 3_600 * 10**9
    ticks = time_ticks(0.5 * hour, 7.2 * hour, lambda ns: clock(ns, "%H:%M"))
    assert [words for _, words in ticks] == ["01:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00"]
    long = [(float(n), 0.0) for n in range(10_000)]
    assert len(thinned(long)) == 1500
    assert thinned(long)[-1] == long[-1]
    assert thinned(long[:10]) == long[:10]
