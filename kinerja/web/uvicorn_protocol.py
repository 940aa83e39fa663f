"""Uvicorn protocol with single-write responses.

A whole response leaves in one write to the socket, past uvicorn's handling of responses in pieces.
"""

from collections.abc import Sequence
from itertools import chain

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from kinerja.web import http_request


class SingleWriteProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, with a writer for whole responses in the request scope.

    ASGI takes a response in two messages, each a coroutine, and uvicorn writes each apart.
    """

    def on_headers_complete(self) -> None:
        """Start to serve a request."""
        super().on_headers_complete()
        if getattr(self.cycle, "scope", None) is self.scope:  # else the connection is upgraded to a WebSocket
            self.scope[http_request.RESPONSE_WRITER_KEY] = self.write_response

    def write_response(
        self, request: http_request.HttpRequest, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> bool:
        """Write a whole response; false if not possible.

        Not possible for a response out of turn, and for the last one of a connection. Names and values of headers are
        written unchecked: callers pass trusted or validated ones only.
        """
        cycle = self.cycle
        if (
            cycle.scope is not request.scope
            or cycle.response_started
            or cycle.disconnected
            or not cycle.keep_alive
            or self.flow.write_paused
            or request.method == "HEAD"
        ):
            return False
        parts = [STATUS_LINE[status]]
        for name, value in chain(self.server_state.default_headers, headers):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", body)
        self.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True
