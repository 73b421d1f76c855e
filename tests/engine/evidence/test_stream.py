"""The residual stream: a second one in plain Python gives the same, and what the market can do to it."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.evidence.reference import Kernels
from app.engine.evidence.rows import CHECKS, OWN, RESET, RING, STEP_NS
from app.engine.evidence.states import States
from app.engine.evidence.steps import CHECK_NS, LEAST_Q, spread_class
from app.engine.evidence.stream import ASLEEP_NS, Glance, glance, stays
from app.engine.evidence.symbol import Symbol
from app.engine.state import State
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import in_time, last_ts
from tests.engine.evidence.made import KERNEL, MS, TICK, S, level_of, market_sheet, model

MODEL = model()


def heard(sheet: Sheet, until: int, cuts: tuple[int, ...] = (), **changes: Any) -> Symbol:
    """A symbol that has heard the sheet's market before T0 + until, stopping on the way at `cuts`."""
    symbol = told(sheet, **changes)
    assert symbol.start()
    for t in (*cuts, until):
        symbol.advance(T0 + t)
    return symbol


def told(sheet: Sheet, **changes: Any) -> Symbol:
    """A symbol whose history knows the whole sheet."""
    universe = sheet.universe()
    state = State(universe, EngineConfig())
    market = sheet.market_rows(universe)
    state.history.take(state.books.run(market, False))
    state.history.advance(last_ts(sheet) + 1, np.array(universe.sources.ranks(), np.int64))
    fields: dict[str, Any] = {"size": 0.0, "beta": 0.0, "market": -1, "silence": ASLEEP_NS} | changes
    told_of = (fields[name] for name in ("size", "beta", "market", "silence"))
    kernels = Kernels(np.array(KERNEL.g), np.array(KERNEL.signs), *told_of)
    states = States(state.history, MODEL)
    return Symbol(universe.instruments.index("INST"), fields.get("tick", TICK), kernels, states)


def steps_of(symbol: Symbol) -> list[Any]:
    """The steps in the ring, oldest first."""
    last = int(symbol.stream["end"][0]) // STEP_NS - 1  # the step in the making
    first = max(last - RING, int(symbol.stream["began"][0]) // STEP_NS - 1)
    return [symbol.ring[n % RING] for n in range(first, last)]


class Plain:
    """The stream written plainly: trades and quotes of a sheet, one step after the other."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.s, self.e = [0.0] * 4, [0.0] * 3
        self.lam120 = self.lam30 = self.seen120 = self.seen30 = self.flow10 = 0.0
        self.size, self.sizes = 0.0, 0
        self.rows = sheet.in_order()
        self.quote: dict[str, Any] | None = None
        self.anchor = 0
        self.raw = self.told = self.both = self.square = self.pairs = 0.0
        self.gain, self.mark = 1.0, (0, 0.0, 0.0)  # step, pressure and price the next change is measured from

    def run(self, steps: int) -> list[tuple[float, float, float]]:
        """(r, rate, P(buy)) of the first steps from the first row on."""
        begin = self.rows[0]["ts_event"] // STEP_NS
        out = []
        for n in range(begin, begin + steps):
            lam, p_buy = self._expected()
            buys, sells = self._trades((n + 1) * STEP_NS)
            r = self._residual()
            out.append((r, lam, p_buy))
            if buys + sells:
                self._compare(n, r + self.told)
            self.s = [value * math.exp(-0.05 / tau) for value, tau in zip(self.s, (1, 20, 200, math.inf), strict=True)]
            self.lam120 = self.lam120 * math.exp(-0.05 / 120) + (buys + sells) / 120
            self.lam30 = self.lam30 * math.exp(-0.05 / 30) + (buys + sells) / 30
            self.seen120 = self.seen120 * math.exp(-0.05 / 120) + 0.05 / 120
            self.seen30 = self.seen30 * math.exp(-0.05 / 30) + 0.05 / 30
            self.flow10 = self.flow10 * math.exp(-0.05 / 10) + buys - sells
        return out

    def _expected(self) -> tuple[float, float]:
        slow = self.lam120 / self.seen120 if self.seen120 else 0.0
        fast = self.lam30 / self.seen30 if self.seen30 else 0.0
        z = sum(b * e for b, e in zip(KERNEL.signs, self.e, strict=True))
        return max(slow, fast - 1.5 * math.sqrt(fast / 60), 0.05), 1 / (1 + math.exp(-z))

    def _trades(self, end: int) -> tuple[int, int]:
        buys = sells = 0
        while self.rows and self.rows[0]["ts_event"] < end:
            row = self.rows.pop(0)
            if row["action"] == "Q":
                self.quote = row
                continue
            sign = 1 if row["side"] == "B" else -1
            self.sizes += 1
            self.size += (row["size"] - self.size) / min(self.sizes, 1000)
            self.s = [value + sign * math.sqrt(row["size"] / self.size) for value in self.s]
            self.e = [e + (sign - e) / n for e, n in zip(self.e, (4, 16, 64), strict=True)]
            buys, sells = buys + (sign > 0), sells + (sign < 0)
        return buys, sells

    def _residual(self) -> float:
        quote = self.quote
        assert quote is not None
        bid, ask, b, a = quote["bid_price"], quote["ask_price"], quote["bid_size"], quote["ask_size"]
        self.anchor = self.anchor or (bid + ask) // 2
        ref = ((ask - self.anchor) * b + (bid - self.anchor) * a) / (a + b) / self.anchor * 1e4
        raw = math.fsum(g * s for g, s in zip(KERNEL.g, self.s, strict=True))
        self.told += self.gain * (raw - self.raw)
        self.raw = raw
        return float(ref - self.told)

    def _compare(self, step: int, price: float) -> None:
        before, raw, known = self.mark
        if before and step - before < 20:
            return
        if before:
            self.both, self.square = self.both * 3599 / 3600, self.square * 3599 / 3600
            self.pairs = self.pairs * 3599 / 3600 + 1
            self.both += (self.raw - raw) * min(8.0, max(-8.0, price - known))
            self.square += (self.raw - raw) ** 2
            share = self.pairs / (self.pairs + 100)
            self.gain = min(1.5, max(0.0, share * self.both / self.square + 1 - share))
        self.mark = (step, self.raw, price)


def test_that_the_stream_is_the_one_written_plainly() -> None:
    sheet = market_sheet(3, 8)
    symbol = heard(sheet, 8 * S)
    mine, plain = steps_of(symbol), Plain(sheet)
    theirs = plain.run(len(mine))
    assert len(mine) > 150
    for name, column in (("r", 0), ("lam", 1), ("p_buy", 2)):
        wanted = [step[column] for step in theirs]
        assert [float(step[name]) for step in mine] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    assert symbol.stream["flow10"][0] == pytest.approx(plain.flow10, rel=1e-9)


@pytest.mark.parametrize(("shown", "low", "high"), [(0.0, 0.0, 0.35), (1.0, 0.8, 1.2), (9.0, 1.5, 1.5)])
def test_that_a_market_says_how_much_of_the_kernel_it_shows(shown: float, low: float, high: float) -> None:
    sheet, draw, pressed = Sheet(), np.random.default_rng(7), np.zeros(4)
    for n in range(400):
        bid = 10_000 + round(shown * float(np.dot(KERNEL.g, pressed)))  # a tick is a bp
        sheet.quote(n * S + 1, f"{bid / 100:.2f}", f"{(bid + 2) / 100:.2f}")
        buys = draw.random() < 0.5
        sheet.trade(n * S + 990 * MS, f"{(bid + 2 * buys) / 100:.2f}", 100, side="B" if buys else "A")
        pressed = pressed * np.exp(-0.01 / np.array([1.0, 20.0, 200.0, math.inf])) + (1 if buys else -1)
        bid = 10_000 + round(shown * float(np.dot(KERNEL.g, pressed)))
        sheet.quote(n * S + 992 * MS, f"{bid / 100:.2f}", f"{(bid + 2) / 100:.2f}")
        pressed *= np.exp(-0.99 / np.array([1.0, 20.0, 200.0, math.inf]))
    assert low <= heard(sheet, 400 * S).stream["gain"][0] <= high


@pytest.mark.parametrize(("shown", "low", "high"), [(0.0, 0.0, 0.25), (1.0, 0.8, 1.2), (9.0, 1.5, 1.5)])
def test_that_a_market_says_how_much_of_an_impact_lasts(shown: float, low: float, high: float) -> None:
    sheet, draw, pressed = Sheet(), np.random.default_rng(8), np.zeros(4)
    showing = np.array(KERNEL.g) * [1.0, 1.0, shown, shown]
    for n in range(1_800):  # 900 s do not outweigh what is believed beforehand
        bid = 10_000 + round(float(np.dot(showing, pressed)))
        buys = draw.random() < 0.5 + 0.4 * math.sin(n / 100)
        sheet.trade(n * S, f"{(bid + 2 * buys) / 100:.2f}", 100, side="B" if buys else "A")
        pressed = (pressed + (1 if buys else -1)) * np.exp(-1.0 / np.array([1.0, 20.0, 200.0, math.inf]))
        sheet.quote(n * S + 2 * MS, f"{bid / 100:.2f}", f"{(bid + 2) / 100:.2f}")
    early, late = (heard(sheet, seconds * S).stream[0] for seconds in (50, 1_800))
    assert stays(early) == pytest.approx(early["gain"])  # nothing of it yet
    assert low <= stays(late) <= high


def test_that_it_does_not_matter_where_one_stops() -> None:
    sheet = market_sheet(4, 20)
    once = heard(sheet, 19 * S)
    often = heard(sheet, 19 * S, tuple(range(S, 19 * S, 333 * MS + 7)))
    assert often.stream.tobytes() == once.stream.tobytes()
    assert often.ring.tobytes() == once.ring.tobytes()
    assert often.checks.tobytes() == once.checks.tobytes()


def test_that_the_filter_follows_the_price_and_learns_its_noise() -> None:
    symbol = heard(market_sheet(5, 60), 59 * S)
    x = symbol.stream[0]
    assert abs(x["m"] - x["r"]) < 3
    assert 0.005 <= x["noise"].min() <= x["noise"].max() <= 4
    assert x["noise"][0] != MODEL.tables.noise[0]
    assert x["q"] >= LEAST_Q
    assert x["q"] != x["q_fast"]


def test_that_an_own_print_is_no_flow_of_others_but_moves_the_tape() -> None:
    sheet = market_sheet(6, 4)
    sheet.trade(2 * S, "100.00", 400, side="B")
    others, ours = told(sheet), told(sheet)
    prints = ours.history.prints.rows(0)
    ours.own = prints["number"][prints["ts"] == T0 + 2 * S]
    for symbol in (others, ours):
        symbol.start()
        symbol.advance(T0 + 2 * S + 200 * MS)
    slot = (T0 + 2 * S) // STEP_NS % RING
    assert ours.ring["flags"][slot] == OWN
    assert ours.ring["buys"][slot] == others.ring["buys"][slot] - 1
    assert ours.stream["s"].tolist() == others.stream["s"].tolist()
    assert level_of(ours) > 0 == level_of(others)


def test_that_a_market_without_two_sides_holds_its_last_reference() -> None:
    sheet = market_sheet(7, 4)
    sheet.quote(4 * S + 200 * MS, None, "100.01")
    sheet.quote(5 * S, "99.99", "100.00", venue="XTWO")
    sheet.quote(6 * S, "100.02", "100.03")
    symbol = heard(sheet, 5 * S)
    x = symbol.stream[0].copy()
    assert x["frozen"] == 16
    assert x["in_block"] == 0
    assert symbol.ring["r"][(T0 + 5 * S) // STEP_NS % RING - 1] == x["r"]
    symbol.advance(T0 + 7 * S)
    assert symbol.stream["frozen"][0] in (0, 20, 40)


def test_that_a_jump_beyond_belief_starts_the_filter_again() -> None:
    sheet = market_sheet(9, 5)
    sheet.quote(5 * S + 100 * MS, "101.00", "101.01")
    symbol = heard(sheet, 5 * S + 200 * MS)
    jumped = [step for step in steps_of(symbol) if step["flags"] & RESET]
    assert len(jumped) == 1
    assert jumped[0]["m"] == jumped[0]["r"] > 80


def test_that_a_long_silence_is_a_closed_market() -> None:
    sheet = market_sheet(11, 3)
    silence, late = 5 * S, 60 * S
    for n in range(40):
        sheet.quote(late + n * 100 * MS, "105.00", "105.01", (100 + n, 100))
    sheet.trade(late + 20 * MS, "105.01", 100, side="B")
    once = heard(sheet, late + 3 * S, silence=silence)
    cuts = (7 * S, silence + 10 * S, late - S, late + 5 * MS, late + S)
    often = heard(sheet, late + 3 * S, cuts, silence=silence)
    assert once.stream.tobytes() == often.stream.tobytes()
    assert once.stream["anchor"][0] == 105_005_000_000
    assert once.stream["began"][0] > T0 + late
    assert once.stream["asleep"][0] == 0
    assert heard(sheet, 30 * S, silence=silence).stream["asleep"][0] == 1
    assert heard(sheet, 30 * S).stream["asleep"][0] == 0


def test_that_the_state_just_before_a_moment_is_that_of_the_rows_before_it() -> None:
    sheet = market_sheet(12, 5)
    sheet.quote(5 * S, "100.03", "100.05", (900, 100))
    symbol = heard(sheet, 5 * S)
    out = np.zeros(5)
    glance(Glance(symbol.inputs(), T0 + 5 * S, out))
    before = out.copy()
    symbol.advance(T0 + 5 * S + 1)
    glance(Glance(symbol.inputs(), T0 + 5 * S + 1, out))
    assert before[4] == out[4] == 1.0
    assert (before[3], out[3]) == (0.0, 1.0)
    assert out[2] == pytest.approx(0.8)
    assert out[0] > before[0]
    assert math.isfinite(before[1])


def test_that_a_moment_of_surprise_starts_the_filter_again_for_it() -> None:
    sheet = market_sheet(13, 5)
    sheet.quote(5 * S + MS, "103.00", "103.01")
    symbol = heard(sheet, 5 * S + 2 * MS)
    out = np.zeros(5)
    glance(Glance(symbol.inputs(), T0 + 5 * S + 2 * MS, out))
    assert out[0] > 200
    assert out[1] == MODEL.tables.noise[0] + 0.2 or out[1] > 0.2


def test_that_before_the_first_two_sided_market_nothing_is_known() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", None)
    symbol = heard(sheet, S)
    out = np.zeros(5)
    glance(Glance(symbol.inputs(), T0 + S, out))
    assert out[4] == 0.0
    assert symbol.stream["anchor"][0] == symbol.stream["began"][0] == NULL


@pytest.mark.parametrize(
    ("spread", "tick", "kind"), [(1, 1, 0), (10, 10, 0), (20, 10, 1), (24, 10, 1), (25, 10, 2), (90, 10, 2), (5, 0, 0)]
)
def test_that_spreads_are_told_apart_in_ticks(spread: int, tick: int, kind: int) -> None:
    assert spread_class(spread, tick) == kind


def test_that_states_to_go_back_to_are_kept_for_a_minute_and_a_half() -> None:
    symbol = heard(market_sheet(14, 20), 120 * S)
    kept = np.sort(symbol.checks["cursor"])
    assert len(kept) == CHECKS
    assert (np.diff(kept) == CHECK_NS).all()
    assert kept[-1] > T0 + 112 * S


def test_that_shares_and_parts_of_a_print_are_not_heard_twice() -> None:
    sheet = market_sheet(15, 2)
    sheet.trade(S, "100.00", 100, side="B", condition="off_exchange")
    counted = heard(market_sheet(15, 2), 2 * S).stream["sizes"][0]
    assert heard(sheet, 2 * S).stream["sizes"][0] == counted


def test_that_a_trade_at_nobodys_initiative_is_no_sign() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    sheet.trade(100 * MS, "100.01", 100)
    symbol = heard(sheet, S)
    assert symbol.stream["sizes"][0] == 1
    assert symbol.stream["memory"][0].tolist() == [0.0, 0.0, 0.0]
    assert symbol.stream["lam120"][0] == 0.0


def test_that_an_order_that_met_several_is_one_trade() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    for _ in range(3):
        sheet.trade(960 * MS, "100.02", 100, side="B")
    symbol = heard(sheet, 990 * MS)
    assert symbol.stream["buys"][0] == 1
    assert symbol.stream["sizes"][0] == 3  # each moves the tape
    assert symbol.stream["hot"][0].tolist() == [4.0, 0.0]


def test_that_a_trade_is_expected_to_be_followed_for_a_moment() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    sheet.trade(100 * MS, "100.02", 100, side="B")
    sheet.trade(350 * MS, "100.00", 100, side="A")
    sheet.trade(600 * MS, "100.01", 100)
    hot = heard(sheet, 900 * MS).stream["hot"][0]
    assert hot.tolist() == pytest.approx([4.0 * math.exp(-2.0), 4.0 * math.exp(-1.0)])


def test_that_a_unit_of_flow_is_the_models_where_it_says_one() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.01")
    sheet.trade(990 * MS, "100.01", 400, side="B")
    assert heard(sheet, S, size=100.0).stream["s"][0][3] == 2.0
    assert heard(sheet, S).stream["s"][0][3] == 1.0
    assert [len(block.market) for block in in_time(sheet, sheet.universe(), 8)] == [2]
