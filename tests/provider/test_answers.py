"""Does each answer of the provider become the error that tells us what to do next?"""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.provider import answers
from core.provider.contract import PredictionStatus, parse_prediction, parse_time
from core.provider.registry import DEFAULT_MODEL, MODELS, SEED_MAX
from tests.settable_clock import NOON

# Status, on a create, on another call.
TABLE = [
    (400, errors.ProviderRefused, errors.ProviderRefused),
    (401, errors.ProviderUnauthorized, errors.ProviderUnauthorized),
    (402, errors.ProviderPaymentRequired, errors.ProviderPaymentRequired),
    (403, errors.ProviderUnauthorized, errors.ProviderUnauthorized),
    (404, errors.ProviderRefused, errors.PredictionNotFound),
    (422, errors.ProviderRefused, errors.ProviderRefused),
    (429, errors.ProviderThrottled, errors.ProviderThrottled),
    (500, errors.ProviderAmbiguous, errors.ProviderUnavailable),
    (502, errors.ProviderAmbiguous, errors.ProviderUnavailable),
    (503, errors.ProviderAmbiguous, errors.ProviderUnavailable),
    (504, errors.ProviderAmbiguous, errors.ProviderUnavailable),
]


@pytest.mark.parametrize(("status", "on_create", "otherwise"), TABLE)
def test_each_status_has_its_error(status: int, on_create: type[Exception], otherwise: type[Exception]) -> None:
    assert type(answers.error_for(status, {}, {}, is_create=True)) is on_create
    assert type(answers.error_for(status, {}, {}, is_create=False)) is otherwise


WAITS: list[tuple[dict[str, str], dict[str, object], float]] = [
    ({"retry-after": "12"}, {}, 12),
    ({"retry-after": "1.5"}, {"retry_after": 9}, 1.5),
    ({"retry-after": format_datetime(NOON + timedelta(seconds=20), usegmt=True)}, {}, 20),
    ({"retry-after": format_datetime(NOON - timedelta(seconds=20), usegmt=True)}, {}, 0),
    ({"retry-after": "Mon, 01 Mar 2027 12:00:20 -0000"}, {}, 5),
    ({"retry-after": "soon"}, {"retry_after": 7}, 7),
    ({}, {"retry_after": "8"}, 8),
    ({}, {"detail": "Request was throttled. Your rate limit resets in ~30s."}, 30),
    ({}, {"detail": "rate limit reset in 2.5 s"}, 2.5),
    ({}, {"detail": "no figure"}, 5),
    ({}, {}, 5),
    ({"retry-after": "-3"}, {}, 5),
    ({"retry-after": "nan"}, {}, 5),
    ({"retry-after": "inf"}, {}, 5),
    ({"retry-after": "1" * 400}, {}, 5),
    ({"retry-after": "86400"}, {}, 300),
    ({}, {"retry_after": True}, 5),
    ({}, {"retry_after": 10**400}, 5),
    ({}, {"retry_after": None, "detail": None}, 5),
]


@pytest.mark.parametrize(("headers", "body", "seconds"), WAITS, ids=range(len(WAITS)))
def test_how_long_to_wait_is_read_wherever_it_stands(
    headers: dict[str, str], body: dict[str, object], seconds: float
) -> None:
    assert answers.wait_seconds(headers, body, now=NOON) == pytest.approx(seconds)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    status=st.integers(400, 599),
    header=st.text(max_size=30),
    body=json_values | st.dictionaries(st.sampled_from(["detail", "title", "retry_after"]), json_values),
    is_create=st.booleans(),
)
def test_any_answer_becomes_an_error_of_ours(status: int, header: str, body: object, is_create: bool) -> None:
    error = answers.error_for(status, {"retry-after": header}, body, is_create=is_create)
    assert isinstance(error, errors.ProviderError)
    if isinstance(error, errors.ProviderThrottled):
        assert 0 <= error.retry_after_seconds <= 300


# ---- predictions ---------------------------------------------------------------------------------

MINIMAL = {"id": "p1", "status": "starting", "created_at": "2027-03-01T12:00:00.123Z"}


def test_a_prediction_is_read_with_and_without_its_optional_fields() -> None:
    bare = parse_prediction(MINIMAL)
    assert (bare.status, bare.output_url, bare.input, bare.predict_seconds) == ("starting", None, None, None)
    full = parse_prediction(
        {
            **MINIMAL,
            "status": "succeeded",
            "output": "https://replicate.delivery/a.png",
            "input": {"seed": 1},
            "metrics": {"predict_time": 5.25},
            "started_at": "2027-03-01T12:00:01",
            "completed_at": "2027-03-01T14:00:06+02:00",
            "data_removed": False,
        }
    )
    assert full.output_url == "https://replicate.delivery/a.png"
    assert full.predict_seconds == 5.25
    assert (full.completed_at or NOON) - (full.started_at or NOON) == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("output", "url"),
    [(["https://a/1", "https://a/2"], "https://a/1"), ([], None), ("", None), ({}, None), (7, None)],
)
def test_the_output_is_one_address_or_none(output: object, url: str | None) -> None:
    assert parse_prediction({**MINIMAL, "output": output}).output_url == url


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "dreaming"},
        {"status": None},
        {"status": []},
        {"id": None},
        {"id": 7},
        {"created_at": None},
        {"created_at": "yesterday"},
        {"created_at": "0001-01-01T00:00:00+14:00"},
        {"completed_at": []},
    ],
    ids=str,
)
def test_a_prediction_that_can_not_be_read_is_an_error_of_ours(wrong: dict[str, object]) -> None:
    with pytest.raises(errors.ProviderError):
        parse_prediction({**MINIMAL, **wrong})


fields = st.dictionaries(
    st.sampled_from(
        ["output", "error", "logs", "metrics", "input", "started_at", "completed_at", "data_removed", "status", "id"]
    ),
    json_values,
)


@given(fields)
def test_no_prediction_whatever_raises_anything_else(found: dict[str, object]) -> None:
    try:
        prediction = parse_prediction({**MINIMAL, **found})
    except errors.ProviderError:
        return
    for text in (prediction.error, prediction.logs):
        assert text is None or "\x00" not in text.encode().decode()


def test_only_two_statuses_are_under_way() -> None:
    assert {status for status in PredictionStatus if not status.is_terminal} == {"starting", "processing"}
    assert parse_time(None) is None


def test_the_default_model_is_asked_by_its_name_and_within_its_limits() -> None:
    assert DEFAULT_MODEL.name in MODELS
    built = DEFAULT_MODEL.build_input("Furnish.", "https://a/room.jpg", SEED_MAX)
    assert built["input_image"] == "https://a/room.jpg"
    assert built["seed"] == 2**31 - 1
    assert built["safety_tolerance"] <= 2
    assert built["output_format"] in ("jpg", "png")
    assert built["aspect_ratio"] == "match_input_image"
    assert DEFAULT_MODEL.cost_usd_micros == 40_000
