"""What do the peers' workflows do at the provider? Two steps, as a user of a workflow engine would write them.

The simulator's address and the folder of the results come from the environment: `PEER_PROVIDER` and `PEER_RESULTS`.
"""

import os
import time
from pathlib import Path
from typing import Any

import httpx

_HEADERS = {"Authorization": "Bearer peer"}
_MODEL = "black-forest-labs/flux-kontext-pro"
_POLL_SECONDS = 0.5
_ENDED = ("succeeded", "failed", "canceled", "aborted")


def results() -> Path:
    """The folder that the pictures are put into."""
    return Path(os.environ["PEER_RESULTS"])


def create(number: int, image_url: str) -> str:
    """Buy the prediction of one variant; its id."""
    inputs: dict[str, Any] = {"prompt": "Furnish this living room.", "input_image": image_url, "seed": number}
    answer = httpx.post(
        f"{os.environ['PEER_PROVIDER']}/v1/models/{_MODEL}/predictions",
        json={"input": inputs},
        headers=_HEADERS,
        timeout=30,
    )
    return str(answer.raise_for_status().json()["id"])


def collect(number: int, prediction_id: str) -> None:
    """Wait for the prediction's end and keep its picture, under its name only when it is whole."""
    url = f"{os.environ['PEER_PROVIDER']}/v1/predictions/{prediction_id}"
    while (found := httpx.get(url, headers=_HEADERS, timeout=30).raise_for_status().json())["status"] not in _ENDED:
        time.sleep(_POLL_SECONDS)
    if found["status"] != "succeeded":
        raise RuntimeError(f"the prediction {found['status']}: {found['error']}")
    unfinished = results() / f"{number}-{prediction_id}.part"
    unfinished.write_bytes(httpx.get(found["output"], headers=_HEADERS, timeout=30).raise_for_status().content)
    unfinished.replace(results() / f"{number}.png")
