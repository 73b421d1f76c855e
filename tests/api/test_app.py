"""What the routes answer: every number with what belongs to it, rows of the caller alone, problems in one form."""

import math
import time

import pytest

from app.api import figures
from tests.api.made import MadeApi


def test_that_a_parent_has_every_number_with_unit_and_quality(api: MadeApi) -> None:
    found = api.get("/v1/parents/P0").json()
    assert set(found["figures"]) == set(figures.FIGURES)
    assert found["figures"]["filled_qty"] == {"value": 20, "unit": "shares", "quality": "reported"}
    assert found["figures"]["arrival_mid"] == {
        "value": 50.3, "unit": "price", "quality": "market good", "low": 50.29, "high": 50.31
    }  # fmt: skip
    assert found["facts"]["desk"] == "cash"
    assert found["quality"]["market"] == "good"


def test_that_what_is_undefined_is_null_with_a_reason_never_zero(api: MadeApi) -> None:
    found = api.get("/v1/parents/P0").json()["figures"]
    nulls = {name: told for name, told in found.items() if told["value"] is None}
    assert nulls
    assert all(told["reason"] for told in nulls.values())
    assert all("reason" not in told for name, told in found.items() if name not in nulls)
    assert found["leak_bps"]["reason"] == "not measured"


def test_that_infinities_and_nan_never_reach_the_wire(api: MadeApi) -> None:
    api.board.parent(0, is_bps=math.inf, cost_z=-math.inf, twap=math.nan)
    api.board.beat()
    api.service.look()
    found = api.get("/v1/parents/P0").json()["figures"]
    assert [found[name]["value"] for name in ("is_bps", "cost_z", "twap")] == [None, None, None]


def test_that_fills_and_children_are_in_it_and_can_be_paged(api: MadeApi) -> None:
    found = api.get("/v1/parents/P1").json()
    assert [fill["fill_id"] for fill in found["fills"]["newest"]] == ["F2", "F3"]
    assert found["children"]["total"] == 1
    assert [len(api.get(f"/v1/parents/P1?newest={n}").json()["fills"]["newest"]) for n in (0, 1, 200)] == [0, 1, 2]
    first = api.get("/v1/parents/P1/fills?limit=1").json()
    assert ([fill["fill_id"] for fill in first["fills"]], first["total"], first["next"]) == (["F2"], 2, 1)
    rest = api.get(f"/v1/parents/P1/fills?limit=1&after={first['next']}").json()
    assert ([fill["fill_id"] for fill in rest["fills"]], rest["next"]) == (["F3"], None)
    assert any("px" in columns for columns in rest["fills"][0]["undefined"].values())
    assert api.get("/v1/parents/P1/children").json()["children"][0]["child_id"] == "C1"


def test_that_evidence_says_what_may_be_said_and_why_not_more(api: MadeApi) -> None:
    found = api.get("/v1/parents/P0/evidence").json()["evidence"]
    assert (found["status"], found["reason"], found["level"]) == (None, "not measured", "GREEN")
    assert found["numbers"]["e_value"]["value"] is None
    assert found["reactions"] is None


def test_that_a_user_sees_the_rows_of_his_desks_alone(api: MadeApi) -> None:
    assert [p["parent_id"] for p in api.get("/v1/parents").json()["parents"]] == ["P0", "P1", "P2", "P3"]
    assert [p["parent_id"] for p in api.get("/v1/parents", "alice").json()["parents"]] == ["P0", "P2"]
    assert api.get("/v1/parents", "guest").json()["total"] == 0
    for path in ("", "/fills", "/children", "/evidence", "/menu"):
        assert api.get(f"/v1/parents/P1{path}", "alice").status_code == 404
        assert api.get(f"/v1/parents/none{path}", "alice").status_code == 404


def test_that_the_answer_does_not_tell_a_foreign_order_from_none(api: MadeApi) -> None:
    foreign, none = (api.get(f"/v1/parents/{name}", "alice").json() for name in ("P1", "PX"))
    assert foreign == none


def test_that_an_order_that_changes_its_desk_changes_its_readers(api: MadeApi) -> None:
    api.board.parent(1, desk="cash")
    api.board.beat()
    api.service.look()
    assert api.get("/v1/parents/P1", "alice").status_code == 200


def test_that_a_list_is_filtered_paged_and_shaped(api: MadeApi) -> None:
    first = api.get("/v1/parents?limit=1&desk=swaps&fields=parent_id,is_bps").json()
    assert first["parents"][0]["parent_id"] == "P1"
    assert set(first["parents"][0]) == {"parent_id", "is_bps", "undefined"}
    assert (first["total"], first["next"]) == (2, "P1")
    rest = api.get("/v1/parents?limit=1&desk=swaps&after=P1").json()
    assert ([p["parent_id"] for p in rest["parents"]], rest["next"]) == (["P3"], None)
    assert api.get("/v1/parents?state=done").json()["total"] == 0
    assert api.get("/v1/parents?instrument=TECH&level=GREEN").json()["total"] == 4


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/parents?fields=secret", "secret"), ("/v1/parents?limit=0", "limit"), ("/v1/parents?limit=x", "limit"),
        ("/v1/parents/P0?newest=201", "newest"), ("/v1/parents/P0?newest=-1", "newest"),
        ("/v1/parents?after=PX", "PX"), ("/v1/parents/P0/fills?after=-1", "after"),
    ],
)  # fmt: skip
def test_that_a_wrong_question_names_what_is_wrong(api: MadeApi, path: str, said: str) -> None:
    refused = api.get(path)
    assert refused.status_code == (404 if said == "PX" else 422)  # PX could be a parent: it is not there
    assert said in refused.json()["detail"]
    assert refused.headers["content-type"] == "application/problem+json"


def test_that_an_id_with_a_slash_is_found_and_one_with_a_space_too(api: MadeApi) -> None:
    api.board.parent(8, parent_id="US/7 a")
    api.board.beat()
    api.service.look()
    assert api.get("/v1/parents/US%2F7%20a").json()["parent_id"] == "US/7 a"
    assert api.get("/v1/parents/US%2f7%20a/fills").json()["fills"] == []


def test_that_an_unknown_path_or_method_is_a_problem_too(api: MadeApi) -> None:
    assert api.get("/v1/nothing").json()["status"] == 404
    refused = api.ask("PUT", "/v1/parents")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_that_an_answer_is_kept_until_the_parent_or_its_market_changes(api: MadeApi) -> None:
    before = api.get("/v1/parents/P0").json()
    api.board.member("fills", 90, 0)
    api.board.market("halt")
    api.board.beat()
    api.service.look()
    after = api.get("/v1/parents/P0").json()
    assert (before["fills"]["total"], after["fills"]["total"]) == (2, 3)
    assert (before["quality"]["market"], after["quality"]["market"]) == ("good", "halt")
    assert after["generation"] > before["generation"]


def test_that_a_new_engine_is_a_new_epoch_and_old_rows_are_gone(api: MadeApi) -> None:
    before = api.get("/v1/parents/P0").json()["epoch"]
    api.board.close()
    api.board = type(api.board)(api.folder / "board", 1)
    api.service.look()
    assert api.get("/v1/parents").json()["total"] == 1
    assert api.get("/v1/parents/P0").json()["epoch"] > before
    assert api.get("/v1/parents/P3").status_code == 404


def test_that_health_says_what_is_wrong_and_live_is_open_to_all(api: MadeApi) -> None:
    assert api.get("/v1/live", "").json() == {"status": "ok"}
    found = api.get("/v1/health", "guest").json()
    assert (found["status"], found["board"]["parents"], found["board"]["session"]) == ("ok", 4, "made")
    assert api.get("/v1/health", "").status_code == 401


def test_that_without_a_board_it_is_said_so_and_nothing_is_invented(api: MadeApi) -> None:
    api.service.view._reader, api.service.view.rows, api.service.view.fault = None, {}, "no board here yet"
    assert api.get("/v1/parents").status_code == 503
    refused = api.get("/v1/parents/P0")
    assert (refused.status_code, refused.json()["detail"]) == (503, "no board here yet")
    assert api.get("/v1/health").json()["status"] == "degraded"


def test_that_metrics_count_by_route_not_by_order(api: MadeApi) -> None:
    api.get("/v1/parents/P0")
    api.get("/v1/parents/P1")
    api.get("/v1/parents/P1", "")
    text = api.get("/v1/metrics").text
    assert 'scorecard_api_requests_total{method="GET",route="/v1/parents/{parent_id}",status="200"} 2' in text
    assert 'scorecard_api_refused_total{reason="401"} 1' in text
    assert "scorecard_api_parents 4" in text
    assert "P0" not in text


def test_that_columns_are_told_with_their_units(api: MadeApi) -> None:
    units = api.get("/v1/columns").json()["parents"]
    assert units["is_bps"] == "bps"
    assert set(units) == set(figures.COLUMNS)


def test_that_the_description_has_examples_and_every_reference_resolves(api: MadeApi) -> None:
    found = api.get("/v1/openapi.json").json()
    schemas = found["components"]["schemas"]

    def references(part: object) -> set[str]:
        if isinstance(part, dict):
            here = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
            return here.union(*(references(value) for value in part.values()))
        return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()

    assert references(found) <= set(schemas)
    assert schemas["PreflightBody"]["examples"]
    assert {"/v1/switch", "/v1/kill", "/v1/parents/{parent_id}"} <= set(found["paths"])


def test_that_a_parent_is_answered_in_far_less_than_a_millisecond_of_work(api: MadeApi) -> None:
    grants = api.people.of("chief")
    api.service.view.look()
    begun = time.process_time()
    for _ in range(200):
        api.service.hub._answers.parent("P0", grants)
    assert (time.process_time() - begun) / 200 < 0.001
