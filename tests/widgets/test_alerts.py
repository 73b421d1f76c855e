"""The life of an alert: raised, acknowledged, shelved, armed again, ended; silence, budget, digest, baskets."""

import pytest

from app.widgets.alerts import AGAIN, BUDGET, DIGEST, HOUR, MINUTE, SHELF, Alerts, Case

NOW = 10**18


def red(order: str = "P1", **more: object) -> Case:
    return Case(order, "RED", words="why", **more)  # type: ignore[arg-type]


def amber(order: str = "P1", **more: object) -> Case:
    return Case(order, "AMBER", **more)  # type: ignore[arg-type]


def green(order: str = "P1") -> Case:
    return Case(order, "GREEN")


def state(alerts: Alerts, order: str = "P1") -> str:
    return alerts.open[order].state


def test_that_amber_is_silent_and_red_says_one_toast() -> None:
    alerts = Alerts()
    assert alerts.step(NOW, [amber()]) == []
    assert alerts.unseen() == (1, 0)
    toasts = alerts.step(NOW + 1, [red()])
    assert [(toast.title, toast.words, toast.orders) for toast in toasts] == [("RED  P1", "why", ("P1",))]
    assert alerts.unseen() == (0, 1)
    assert alerts.step(NOW + 2, [red()]) == []


def test_that_an_alert_that_was_acknowledged_is_quiet_until_it_gets_worse() -> None:
    alerts = Alerts()
    alerts.step(NOW, [amber()])
    assert alerts.acknowledge("P1")
    assert not alerts.acknowledge("P1"), "there is nothing left to acknowledge"
    alerts.step(NOW + MINUTE, [amber()])
    assert state(alerts, "P1") == "seen"
    assert len(alerts.step(NOW + 2 * MINUTE, [red()])) == 1
    assert state(alerts, "P1") == "new"
    assert alerts.open["P1"].since == NOW + 2 * MINUTE


def test_that_a_shelved_alert_asks_again_when_its_time_is_over() -> None:
    alerts = Alerts()
    alerts.step(NOW, [red()])
    assert alerts.shelve("P1", NOW + SHELF)
    assert alerts.step(NOW + SHELF - 1, [red()]) == []
    assert state(alerts, "P1") == "shelved"
    assert alerts.step(NOW + SHELF, []) == [], "its toast was less than half an hour ago"
    assert state(alerts, "P1") == "new"
    assert not alerts.shelve("P9", NOW)


def test_that_a_shelved_alert_does_not_wake_by_getting_worse() -> None:
    alerts = Alerts()
    alerts.step(NOW, [amber()])
    alerts.shelve("P1", NOW + SHELF)
    assert alerts.step(NOW + MINUTE, [red()]) == []
    toasts = alerts.step(NOW + SHELF, [])
    assert [toast.title for toast in toasts] == ["RED  P1"], "it was shelved as amber, so it never had its toast"


def test_that_arming_again_brings_the_toast_back() -> None:
    alerts = Alerts()
    alerts.step(NOW, [red()])
    assert not alerts.rearm("P1"), "it has not been answered yet"
    alerts.acknowledge("P1")
    assert alerts.rearm("P1")
    assert state(alerts, "P1") == "new"
    alerts.step(NOW + 1, [green()])
    assert len(alerts.step(NOW + 2, [red()])) == 1


def test_that_a_level_that_recedes_ends_the_alert_and_its_return_is_a_new_one() -> None:
    alerts = Alerts()
    alerts.step(NOW, [red()])
    alerts.step(NOW + 1, [green()])
    assert alerts.open == {}
    assert alerts.step(NOW + AGAIN - 1, [red()]) == [], "one toast an order in half an hour"
    assert state(alerts, "P1") == "new"
    alerts.step(NOW + AGAIN, [green()])
    assert len(alerts.step(NOW + AGAIN + 1, [red()])) == 1


@pytest.mark.parametrize("case", [red(mine=False), red(live=False), red(remaining=0.049)])
def test_that_nothing_is_raised_for_what_nobody_here_can_act_on(case: Case) -> None:
    alerts = Alerts()
    assert alerts.step(NOW, [case]) == []
    assert alerts.open == {}
    assert len(alerts.step(NOW + 1, [red()])) == 1


def test_that_orders_of_a_basket_share_a_toast_and_count_once() -> None:
    alerts = Alerts()
    toasts = alerts.step(NOW, [red("P1", basket="B1"), red("P2", basket="B1"), red("P3")])
    assert [toast.title for toast in toasts] == ["RED  basket B1: 2 orders", "RED  P3"]
    assert toasts[0].orders == ("P1", "P2")
    assert alerts.per_hour(NOW) == 2


def test_that_what_is_over_the_budget_of_an_hour_goes_into_a_digest() -> None:
    alerts = Alerts()
    orders = [f"P{n}" for n in range(BUDGET + 3)]
    said = [toast for n, order in enumerate(orders) for toast in alerts.step(NOW + n, [red(order)])]
    assert [toast.digest for toast in said] == [False] * BUDGET + [True]
    assert alerts.per_hour(NOW + 10) == BUDGET
    assert said[-1].orders == (orders[BUDGET],)
    assert alerts.waiting() == 2
    later = alerts.step(NOW + BUDGET + DIGEST, [])
    assert [(toast.title, toast.orders) for toast in later] == [("RED  2 more orders", tuple(orders[-2:]))]
    assert alerts.waiting() == 0
    assert alerts.per_hour(NOW + HOUR + BUDGET) == 0
    assert len(alerts.step(NOW + HOUR + BUDGET, [red("P99")])) == 1


def test_that_a_red_that_recedes_leaves_the_digest() -> None:
    alerts = Alerts(budget=0)
    alerts.step(NOW, [red("P1")])
    alerts.step(NOW + 1, [red("P2"), red("P3")])
    alerts.step(NOW + 2, [green("P2")])
    assert [toast.orders for toast in alerts.step(NOW + DIGEST, [])] == [("P3",)]
