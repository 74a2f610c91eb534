"""What do open Monitor pages ask of a server? Sessions that speak Streamlit's own protocol, as browsers do.

    python -m tests.bench.watchers --port P --pages 10 [--page monitor] [--whole]

Each opens the page's socket, runs the page once, and from then on does what the page's timer does in a browser: every
two seconds it reruns the fragment that the timer stands in, or, with `--whole`, the whole page. A browser's own work
is left out, since it would be done on other machines. Told to stop by the end of its standard input, it writes what
it saw as JSON.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

_TIMER = "streamlit_autorefresh"
_REFRESH_SECONDS = 2.0
_PATIENCE_SECONDS = 60.0


@dataclass
class Page:
    """One open page: its timer, once the server has drawn it, and how long each refresh took."""

    socket: ClientConnection
    name: str = "monitor"
    timer_id: str = ""
    fragment_id: str = ""
    is_whole: bool = False
    load_seconds: float = 0.0
    ticks: int = 0
    ended_as: int = ForwardMsg.FINISHED_SUCCESSFULLY
    seconds: list[float] = field(default_factory=list)

    async def load(self) -> None:
        """Run the page for the first time."""
        started = time.perf_counter()
        await self._run(BackMsg())
        self.load_seconds = time.perf_counter() - started
        if not self.timer_id:
            raise RuntimeError("the page shows no timer: is anything in flight?")

    async def refresh(self) -> None:
        """Do what the timer does: rerun its fragment, and wait until the server says that it has."""
        self.ticks += 1
        message = BackMsg()
        if not self.is_whole:
            message.rerun_script.fragment_id = self.fragment_id
        message.rerun_script.widget_states.widgets.append(WidgetState(id=self.timer_id, json_value=str(self.ticks)))
        started = time.perf_counter()
        await self._run(message)
        expected = (
            ForwardMsg.FINISHED_SUCCESSFULLY if self.is_whole else ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        )
        if self.ended_as != expected:
            raise RuntimeError("the server did not rerun what was asked for")
        self.seconds.append(time.perf_counter() - started)

    async def _run(self, message: BackMsg) -> None:
        message.rerun_script.page_name = self.name
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not self._is_end(ForwardMsg.FromString(await self.socket.recv(decode=False))):
                pass

    def _is_end(self, message: ForwardMsg) -> bool:
        kind = message.WhichOneof("type")
        element = message.delta.new_element
        if kind == "delta" and element.HasField("exception"):
            raise RuntimeError(f"the page failed: {element.exception.type} {element.exception.message}")
        if kind == "delta" and element.HasField("component_instance"):
            component = element.component_instance
            if component.component_name.startswith(_TIMER):
                self.timer_id, self.fragment_id = component.id, message.delta.fragment_id
        # A run that gives way to the next, as the first does when it finds the page's address, is no end.
        if kind != "script_finished" or message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return False
        self.ended_as = message.script_finished
        return True


async def _end_of_input() -> None:
    # Not in a thread: one that waits for input would keep a failed process from ending.
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def open_page(port: int, name: str, *, is_whole: bool = False) -> Page:
    """A page's socket; nothing is drawn yet."""
    socket = await connect(f"ws://127.0.0.1:{port}/_stcore/stream", max_size=None)
    return Page(socket, name=name, is_whole=is_whole)


async def watch(port: int, pages: int, *, name: str, is_whole: bool) -> list[Page]:
    """Keep the pages open, refreshing evenly spread over the two seconds, until standard input ends."""
    stopped = asyncio.create_task(_end_of_input())
    opened = [await open_page(port, name, is_whole=is_whole) for _ in range(pages)]
    for page in opened:
        await page.load()
    sys.stdout.write("open\n")
    sys.stdout.flush()

    async def keep_refreshing(page: Page, delay_seconds: float) -> None:
        await asyncio.wait([stopped], timeout=delay_seconds)
        while not stopped.done():
            started = time.perf_counter()
            await page.refresh()
            left = _REFRESH_SECONDS - (time.perf_counter() - started)
            await asyncio.wait([stopped], timeout=max(0.0, left))

    await asyncio.gather(
        *(keep_refreshing(page, number * _REFRESH_SECONDS / pages) for number, page in enumerate(opened))
    )
    for page in opened:
        await page.socket.close()
    return opened


def main() -> None:
    """Watch as the arguments say and write the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--page", default="monitor")
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    pages = asyncio.run(watch(given.port, given.pages, name=given.page, is_whole=given.whole))
    seconds = [taken for page in pages for taken in page.seconds]
    figures = {
        "refreshes": len(seconds),
        "fewest": min(len(page.seconds) for page in pages),
        "p50_ms": 1_000 * statistics.median(seconds) if seconds else None,
        "p99_ms": 1_000 * sorted(seconds)[int(0.99 * len(seconds))] if seconds else None,
        "load_ms": 1_000 * statistics.median(page.load_seconds for page in pages),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
