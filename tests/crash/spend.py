"""What does one process buy when it is told to go? `python -m tests.crash.spend DATABASE FILES GO THREADS TRIES`.

It waits for the file GO, stages as fast as its threads can, and writes how often each answer came as JSON.
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core import errors
from core.db.session import Database
from core.jobs import service
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.jobs.service import StageRequest
from core.storage.backend import ObjectStorage
from tests import factories, pictures_to_send
from tests.fake_provider import FakeProvider

READY, SOLD, REFUSED = "ready", "sold", "insufficient_credits"


def main(database_url: str, files_url: str, go: str, threads: str, tries: str) -> None:
    """Buy until every thread has tried so often."""
    database = Database(database_url)
    desk = Desk(
        database=database,
        storage=ObjectStorage(files_url),
        provider=FakeProvider(),
        webhook_base_url=None,
        timeout_seconds=300,
        creates_per_minute=600,
        create_burst=60,
    )
    request = StageRequest(
        uploads=[Upload(file_name="room.jpg", data=pictures_to_send.photo())],
        room_type="living_room",
        style="modern",
        account=factories.BELLEVUE,
    )

    def buy(_number: int) -> str:
        try:
            service.submit(desk, factories.manager(), request)
        except errors.InsufficientCredits as refused:
            return refused.code
        except Exception as unexpected:
            return repr(unexpected)
        return SOLD

    Path(f"{go}-{READY}-{sys.argv[-1]}").touch()
    while not Path(go).exists():
        time.sleep(0.01)
    with ThreadPoolExecutor(int(threads)) as pool:
        answers = Counter(pool.map(buy, range(int(threads) * int(tries))))
    database.close()
    sys.stdout.write(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:6])
