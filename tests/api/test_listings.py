"""Does a program get a whole listing staged, exactly charged, and its results in one file?"""

import io
import zipfile

import pytest

from core.storage import links
from tests import factories, pictures_to_send
from tests.api_client import Api, problem
from tests.factories import CREDITS
from tests.images import pictures
from tests.listings import desk_listings

DATABASES = ("sqlite",)


def opened(api: Api) -> str:
    answer = api.post("bob", "/listings", json={"reference": "12 Elm Street", "style": "coastal"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_zip_of_24_with_two_broken_files_a_duplicate_and_a_heic_is_charged_exactly(api: Api) -> None:
    photos = [(f"kitchen-{number}.jpg", pictures_to_send.photo(number)) for number in range(20)]
    files = [*photos, ("bedroom.heic", pictures.heic()), ("again.jpg", photos[0][1])]
    files += [("broken.jpg", photos[1][1][:2_000]), ("empty.jpg", b"")]
    assert len(files) == 24
    listing_id = opened(api)
    sent = {"image": ("photos.zip", zipped(*files), "application/zip")}
    added = api.post("bob", f"/listings/{listing_id}/photos", files=sent)
    assert added.status_code == 200, added.text
    refused = {one["fileName"]: one["error"]["code"] for one in added.json()["outcomes"] if one["error"]}
    assert refused == {"again.jpg": "photo_repeated", "broken.jpg": "photo_unreadable", "empty.jpg": "photo_empty"}
    assert len(added.json()["listing"]["photos"]) == 21
    staged = api.post("bob", f"/listings/{listing_id}/stage", json={"expectedCredits": 840})
    assert staged.status_code == 202, staged.text
    body = staged.json()
    assert (len(body["jobs"]), body["creditsUsed"], body["balance"]) == (21, 840, CREDITS - 840)
    assert {job["job"]["style"] for job in body["jobs"]} == {"coastal"}
    found = api.get("bob", f"/listings/{listing_id}").json()
    assert found["progress"] | {"secondsLeft": None} == {
        "done": 0,
        "partial": 0,
        "running": 0,
        "waiting": 21,
        "failed": 0,
        "percent": 0,
        "secondsLeft": None,
    }


def test_a_listing_is_set_right_staged_judged_and_fetched(api: Api) -> None:
    listing_id = opened(api)
    files = [
        ("image", ("kitchen.jpg", pictures_to_send.photo(0), "image/jpeg")),
        ("image", ("IMG_1.jpg", pictures_to_send.photo(1), "image/jpeg")),
    ]
    outcomes = api.post("bob", f"/listings/{listing_id}/photos", files=files).json()["outcomes"]
    assert [one["roomType"] for one in outcomes] == ["kitchen", None]
    problem(api.post("bob", f"/listings/{listing_id}/stage", json={}), 422, "room_missing")
    path = f"/listings/{listing_id}/photos/{outcomes[1]['photoId']}"
    changed = api.call("PATCH", "bob", path, json={"roomType": "bedroom", "style": "modern"}).json()
    assert [(one["roomType"], one["style"]) for one in changed["photos"]] == [
        ("kitchen", "coastal"),
        ("bedroom", "modern"),
    ]
    job_ids = [job["jobId"] for job in api.post("bob", f"/listings/{listing_id}/stage").json()["jobs"]]
    for job_id in job_ids:
        desk_listings.finish_job(api.desk, api.provider, job_id)
    assert api.call("PUT", "bob", f"/jobs/{job_ids[0]}/favorite", json={"variant": 1}).status_code == 204
    assert api.call("PUT", "bob", f"/jobs/{job_ids[0]}/ratings/1", json={"stars": 4}).status_code == 204
    found = api.get("bob", f"/listings/{listing_id}").json()
    assert [(one["variant"], one["favorite"], one["stars"]) for one in found["photos"][0]["results"]] == [
        (0, False, None),
        (1, True, 4),
    ]
    assert api.get("bob", found["photos"][0]["results"][0]["url"]).status_code == 200
    answer = api.get("bob", f"/listings/{listing_id}/results.zip", params={"favorites": True})
    assert answer.headers["content-disposition"] == 'attachment; filename="12-Elm-Street_favorites.zip"'
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 2
    for job_id in job_ids:
        assert api.call("PUT", "bob", f"/jobs/{job_id}/favorite", json={"variant": None}).status_code == 204


def test_the_same_work_again_costs_nothing_and_says_so(api: Api) -> None:
    first = api.stage("bob", 0).json()
    desk_listings.finish_job(api.desk, api.provider, first["jobId"])
    again = api.stage("bob", 0)
    body = again.json()
    assert (again.status_code, body["jobId"], body["reused"], body["creditsUsed"]) == (200, first["jobId"], True, 0)
    assert (body["balance"], body["status"]) == (CREDITS - 40, "completed")
    anew = api.stage("bob", 0, newSeeds="true").json()
    assert (anew["reused"], anew["creditsUsed"], anew["balance"]) == (False, 40, CREDITS - 80)
    some = api.stage("bob", 0, 1)
    assert (some.status_code, [job["reused"] for job in some.json()["jobs"]]) == (202, [True, False])


@pytest.mark.parametrize("wrong", ["expired", "other listing", "no signature", "other choice"])
def test_the_link_to_the_zip_opens_only_what_it_was_made_for(api: Api, wrong: str) -> None:
    listing_id, other = opened(api), desk_listings.opened(api.desk, factories.manager(), reference="other")
    secret = api.runtime.settings.signing_secret
    link = links.signed_listing_zip_path(listing_id, secret=secret)
    # It opens: there is nothing yet to download.
    problem(api.get(None, link), 409, "nothing_to_download")
    picked = links.signed_listing_zip_path(listing_id, secret=secret, favorites_only=True)
    assert "favorite" in problem(api.get(None, picked), 409, "nothing_to_download")["detail"]
    told = {
        "expired": link.replace("expires=", "expires=1"),
        "other listing": link.replace(listing_id, other),
        "no signature": link.partition("&")[0],
        "other choice": f"{link}&favorites=true",
    }[wrong]
    assert api.get(None, told).status_code in (401, 403)
