"""Worked examples published by others, through our functions, to half a unit of their last published digit."""

import json
from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from app.engine.metrics.figure import Exact, Figure, Scale
from app.engine.metrics.identity import Execution, Shortfall
from app.engine.metrics.shortfall import splits
from app.engine.metrics.slippage import exact_bps
from app.engine.metrics.volume import Window, twap, vwap
from app.engine.units import ORDER_SIDES, PRICE_SCALE

Case = dict[str, Any]
Results = dict[str, Fraction | list[Fraction]]
UNIT: Final = Scale().fee_grains(PRICE_SCALE)  # one unit of currency in grains
# published for a reason that is none of ours: the last trade is not the quote's bid
EXCLUDED: Final = {("kx_asof_mid", "last_trade")}
# which split each shortfall example uses
SPLIT: Final = {
    "cfa_is_700of1000_40": "delay on filled, missed against decision",
    "nextera_is": "delay on filled, per filled share",
    "xyz_sell_5000": "delay on filled, missed against decision",
    "udacity_capture": "Wagner, no delay and nothing left",
}


def nano(price: Decimal | str | int) -> int:
    """A published price in 1e-9."""
    return int(Decimal(price) * PRICE_SCALE)


def ccy(part: Figure[Exact]) -> Fraction:
    assert part.value is not None, part.reason
    return Fraction(part.value) / UNIT


def account_of(inputs: Case) -> Shortfall:
    """The order of an example: fills, and its costs as the fee of the first fill."""
    qty, price = inputs["fills"][0]
    release = next(inputs[key] for key in ("benchmark_px_at_release", "release_px", "decision_px") if key in inputs)
    account = Shortfall(ORDER_SIDES[inputs["side"]], inputs["order_qty"], 2 * nano(release))
    cost = inputs.get("commission_usd", inputs.get("commission_per_share", Decimal(0)) * qty)
    account.fill(Execution(qty, nano(price), fee=nano(cost)))
    for more, at in inputs["fills"][1:]:
        account.fill(Execution(more, nano(at)))
    return account


def shortfall(inputs: Case) -> Results:
    """The CFA split in money and per cent of paper value, and Wagner's total beside it."""
    account, decision = account_of(inputs), nano(inputs["decision_px"])
    end2 = 2 * nano(inputs["cancel_px"]) if "cancel_px" in inputs else None
    parts = splits(account, Scale(), end2, decision)
    named = {"explicit": parts.fees, "realized": parts.trading, "delay": parts.delay_filled, "missed": parts.missed}
    money = {name: ccy(part) for name, part in named.items()}
    assert (
        sum(money.values())
        == ccy(parts.total)
        == sum(map(ccy, (parts.delay, parts.trading, parts.opportunity, parts.fees)))
    )
    money["total"] = ccy(parts.total)
    paper = Fraction(inputs["order_qty"]) * Fraction(inputs["decision_px"])
    results: Results = {f"{name}_usd": value for name, value in money.items()}
    return results | {f"{name}_pct": 100 * value / paper for name, value in money.items()}


def per_filled_share(inputs: Case) -> Results:
    account, decision = account_of(inputs), nano(inputs["decision_px"])
    parts = splits(account, Scale(), 2 * nano(inputs["cancel_px"]), decision)
    paper = account.filled * Fraction(inputs["decision_px"])
    named = {"delay": parts.delay_filled, "trading": parts.trading, "commission": parts.fees}
    return {f"{name}_pct_per_filled_share": 100 * ccy(part) / paper for name, part in named.items()}


def capture(inputs: Case) -> Results:
    account, decision = account_of(inputs), nano(inputs["decision_px"])
    parts = splits(account, Scale(), None, decision)
    assert ccy(parts.trading) == ccy(parts.total)
    return {"capture_usd": Fraction(account.notional, PRICE_SCALE), "is_usd": ccy(parts.total)}


def as_of_mid(inputs: Case) -> Results:
    def minutes(clock: str) -> int:
        return int(clock[:2]) * 60 + int(clock[3:])

    times = [minutes(inputs["quotes_start"]) + i * inputs["quotes_step_min"] for i in range(inputs["n"])]
    i = bisect_right(times, minutes(inputs["exec_time"])) - 1
    quote = {}
    for name in ("bid", "ask"):
        start, step = inputs[name].split("+")
        quote[name] = nano(start) + i * nano(step.removesuffix("*i"))
    moment = twap(Window(0, 0, quote["bid"] + quote["ask"], 1)).value
    assert moment is not None
    return {name: Fraction(price) / PRICE_SCALE for name, price in (quote | {"mid": moment}).items()}


def parent_vwap(inputs: Case) -> Results:
    results: Results = {}
    for number in (0, 1):
        fills = [(nano(price), qty) for price, qty in inputs[f"order{number}"]]
        price = vwap(Window(sum(q for _, q in fills), sum(p * q for p, q in fills))).value
        assert price is not None
        results[f"vwap{number}"] = price / PRICE_SCALE
    return results


def effective_spread(inputs: Case) -> Results:
    side, spreads = ORDER_SIDES[inputs["side"]], []
    for trade in inputs["trades"]:
        mid2 = nano(trade["bid"]) + nano(trade["ask"])
        effective_bps = 2 * exact_bps(side, 2 * nano(trade["px"]), mid2, mid2)
        spreads.append(effective_bps / 10_000 * mid2 / (2 * PRICE_SCALE))
    return {"eff": spreads, "avg": sum(spreads, Fraction(0)) / len(spreads)}


def slippage_table(inputs: Case) -> Results:
    side = ORDER_SIDES[inputs["side"]]
    arrival2 = 2 * nano(inputs["arrival_mid"])
    results: Results = {
        name: exact_bps(side, 2 * nano(inputs[key]), arrival2, arrival2)
        for name, key in (("drift_bps_child", "child_mid"), ("post_bps", "last_mid"))
    }
    for number, (_, price) in enumerate(inputs["fills"], start=1):
        results[f"fill{number}_bps"] = exact_bps(side, 2 * nano(price), arrival2, arrival2)
    first = Shortfall(side, inputs["fills"][0][0], arrival2)
    first.fill(Execution(inputs["fills"][0][0], nano(inputs["fills"][0][1])))
    executed = first.executed().value
    assert executed is not None
    results["fill1_usd_per_share"] = Fraction(executed, 2 * PRICE_SCALE * first.filled)
    return results


CASES: Final[dict[str, Callable[[Case], Results]]] = {
    "kx_asof_mid": as_of_mid,
    "kx_parent_vwap": parent_vwap,
    "cfa_is_700of1000_40": shortfall,
    "nextera_is": per_filled_share,
    "xyz_sell_5000": shortfall,
    "gaodun_eff_spread": effective_spread,
    "udacity_capture": capture,
    "product_source_table": slippage_table,
}


@pytest.fixture(scope="module")
def published(shared_data: Path) -> dict[str, Case]:
    text = (shared_data / "golden_tca_dev.json").read_text(encoding="utf-8")
    return {case["id"]: case for case in json.loads(text, parse_float=Decimal)}


def half_a_unit(printed: Decimal | int) -> Fraction:
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(10) ** exponent / 2


@pytest.mark.parametrize("name", CASES)
def test_that_a_published_example_comes_out_to_half_a_unit_of_its_last_digit(
    published: dict[str, Case], name: str
) -> None:
    case = published[name]
    results = CASES[name](case["inputs"])
    checked = 0
    for key, printed in case["published"].items():
        if (name, key) in EXCLUDED:
            continue
        got = results[key]
        pairs = zip(got, printed, strict=True) if isinstance(got, list) else [(got, printed)]
        for ours, theirs in pairs:
            assert abs(ours - Fraction(theirs)) <= half_a_unit(theirs), (name, key, float(ours), theirs)
            checked += 1
    assert checked >= 2


def test_that_every_published_example_is_here_and_every_shortfall_names_its_split(published: dict[str, Case]) -> None:
    assert set(published) == set(CASES)
    assert set(SPLIT) == {name for name, case in published.items() if "decision_px" in case["inputs"]}
