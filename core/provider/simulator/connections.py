"""How is a connection broken off without an answer? By its transport, which ASGI does not show."""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connections:
    """The open connections of one server, by the client's address as ASGI scopes name it."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}

    def add(self, client: tuple[str, int] | None, transport: asyncio.Transport) -> None:
        """A connection was opened."""
        if client is not None:
            self._transports[client] = transport

    def discard(self, client: tuple[str, int] | None) -> None:
        """A connection is closed."""
        if client is not None:
            self._transports.pop(client, None)

    async def reset(self, client: tuple[str, int] | None) -> None:
        """Break a connection off with a TCP reset; the client reads an error, not an answer."""
        transport = self._transports.get(client) if client is not None else None
        if transport is None:
            return
        connection = transport.get_extra_info("socket")
        # Lingering for zero seconds is what makes closing a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
        await asyncio.sleep(0)


def protocol(connections: Connections) -> type[H11Protocol]:
    """The server's HTTP protocol, reporting its connections and without an access log."""

    class ReportingProtocol(H11Protocol):
        def __init__(self, *args: Any, **values: Any) -> None:
            super().__init__(*args, **values)
            # Switched off here alone: the option for it silences every other server of the process too.
            self.access_log = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections.add(self.client, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.discard(self.client)
            super().connection_lost(exc)

    return ReportingProtocol
