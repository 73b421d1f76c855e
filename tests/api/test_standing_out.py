"""The badge among the orders of whoever asks."""

from typing import Any

from app.api.standing_out import stands_out
from app.entitlements import Grants
from tests.api.made import NS, MadeApi

ALL = Grants("chief", everything=True)
CASH = Grants("alice", desks=frozenset({"cash"}))


def put(api: MadeApi, **e_values: Any) -> None:
    for name, columns in e_values.items():
        api.board.parent(int(name[1:]), **columns)
    api.board.beat()
    api.service.look()


def test_that_an_order_stands_out_among_the_orders_of_whoever_asks(api: MadeApi) -> None:
    put(api, P0={"e_value": 25.0}, P1={"e_value": 1.0}, P2={"e_value": 1.0}, P3={"e_value": 1.0})
    view = api.service.view
    assert stands_out(view, view.rows["P0"], CASH) is True  # one of two
    assert stands_out(view, view.rows["P0"], ALL) is False  # one of four
    assert stands_out(view, view.rows["P2"], CASH) is False


def test_that_only_orders_alive_with_an_e_count(api: MadeApi) -> None:
    put(api, P0={"e_value": 25.0}, P1={"e_value": 1.0, "end_ts": NS}, P2={"e_value": 1.0, "end_ts": NS})
    view = api.service.view
    assert stands_out(view, view.rows["P0"], ALL) is True  # of the others two are over, one has no E
    assert [stands_out(view, view.rows[name], ALL) for name in ("P1", "P3")] == [None, None]


def test_that_the_answer_about_evidence_says_so(api: MadeApi) -> None:
    put(api, P0={"e_value": 25.0}, P1={"e_value": 1.0}, P2={"e_value": 1.0}, P3={"e_value": 1.0})
    assert api.get("/v1/parents/P0/evidence", "alice").json()["evidence"]["among_yours"] is True
    assert api.get("/v1/parents/P0/evidence", "chief").json()["evidence"]["among_yours"] is False
