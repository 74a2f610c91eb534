"""Can a manager switch models by program, and does each caller see what it may know of them?"""

import pytest

from core.provider.registry import MODELS
from tests.api_client import Api, problem

DATABASES = ("sqlite",)
KONTEXT, FLUX_2 = "black-forest-labs/flux-kontext-pro", "black-forest-labs/flux-2-pro"


def switch(api: Api, name: str, **change: bool) -> dict[str, object]:
    answer = api.call("PATCH", "alice", f"/models/{name}", json=change)
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def test_a_manager_sees_every_model_with_its_price_and_limits(api: Api) -> None:
    items = api.get("alice", "/models").json()["items"]
    assert [one["name"] for one in items] == list(MODELS)
    assert items[2] == {
        "name": FLUX_2,
        "title": "FLUX.2 [pro]",
        "isOn": False,
        "isDefault": False,
        "costUsdMicros": 45_000,
        "pricedOn": "2025-11-25",
        "expectedSeconds": 17.0,
        "limits": {"imagesMax": 8, "inputPixelsMax": 4_194_304, "outputPixels": 1_048_576, "keepsAspect": True},
    }


@pytest.mark.parametrize("who", ["bob", "dora"])
def test_others_see_what_is_on_and_not_what_it_costs(api: Api, who: str) -> None:
    switch(api, FLUX_2, isOn=True)
    items = api.get(who, "/models").json()["items"]
    assert [(one["name"], one["isDefault"]) for one in items] == [(KONTEXT, True), (FLUX_2, False)]
    assert {(one["costUsdMicros"], one["pricedOn"]) for one in items} == {(None, None)}


def test_a_job_is_staged_with_the_model_that_is_named(api: Api) -> None:
    assert api.stage("bob").json()["job"]["model"] == KONTEXT
    problem(api.stage("bob", model=FLUX_2), 409, "model_switched_off")
    problem(api.stage("bob", model=f"{FLUX_2}:{'a' * 64}"), 422, "unknown_model")
    assert switch(api, FLUX_2, isOn=True)["isOn"] is True
    assert api.stage("bob", model=FLUX_2).json()["job"]["model"] == FLUX_2


def test_the_default_changes_for_all_and_the_last_one_stays_on(api: Api) -> None:
    changed = switch(api, FLUX_2, isOn=True, isDefault=True)
    assert (changed["isOn"], changed["isDefault"]) == (True, True)
    assert [api.stage(who).json()["job"]["model"] for who in ("bob", "charlie")] == [FLUX_2] * 2
    problem(api.call("PATCH", "alice", f"/models/{FLUX_2}", json={"isOn": False}), 409, "default_model_needed")
    assert switch(api, KONTEXT, isOn=False)["isOn"] is False


def test_a_version_can_not_be_switched(api: Api) -> None:
    answer = api.call("PATCH", "alice", f"/models/{KONTEXT}:{'a' * 64}", json={"isOn": True})
    assert "name the model itself" in problem(answer, 422, "unknown_model")["detail"].lower()
