"""HTTP by the standard library, with a bound on bytes and time, and an end from outside. Each request has a connection of its own, so none
is sent on one that is about to close."""
import contextlib
import functools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import NamedTuple
from urllib.parse import urlsplit

from .errors import TimedOutError, UnexpectedAnswerError, UnreachableError

PIECE = 1 << 16

class Endpoint(NamedTuple):
    """Where a validator's API is; `connection` makes one, given a `timeout`."""
    url: str
    connection: Callable[..., HTTPConnection]
    prefix: str

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Raises ValueError unless `url` is like http://127.0.0.1:8080."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError(f"'{url}' is not the address of an HTTP API")
        connection: Callable[..., HTTPConnection] = functools.partial(HTTPConnection, parts.hostname, parts.port or 80)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = functools.partial(HTTPSConnection, parts.hostname, parts.port or 443, context=context)
        return cls(url, connection, parts.path.rstrip("/"))

class Request(NamedTuple):
    """What to send; at most `limit` bytes come back. All of it must be over when the monotonic clock shows `deadline`, and nothing may come
    for `idle` seconds at most."""
    method: str
    path: str
    deadline: float
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    limit: int = 64 << 20
    idle: float = 86_400

class Answer(NamedTuple):
    status: int
    retry_after: str
    body: bytes

class Transport:
    """The connections of one call, one after another. `stop` ends the call from another thread, at once where it waits."""
    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.endpoints, self.stopped = endpoints, threading.Event()
        self.connected: socket.socket | None = None

    def stop(self) -> None:
        self.stopped.set()
        if self.connected:
            _shut(self.connected)

    def pause(self, seconds: float) -> None:
        """Raises UnreachableError when stopped."""
        if self.stopped.wait(seconds):
            raise UnreachableError("the call was stopped")

    @contextlib.contextmanager
    def response(self, request: Request, attempt: int) -> Iterator[HTTPResponse]:
        """Sends a request; leaving the context closes the connection. Raises TimedOutError, UnreachableError, UnexpectedAnswerError, within
        the context too."""
        url, connect, prefix = self.endpoints[attempt % len(self.endpoints)]
        left = max(0.001, request.deadline - time.monotonic())
        with contextlib.ExitStack() as stack:
            try:
                connection = stack.enter_context(contextlib.closing(connect(timeout=min(left, request.idle))))
                connection.connect()
                # What waits for bytes starts again with each; when the time is over, the connection ends.
                timer = threading.Timer(min(left, threading.TIMEOUT_MAX), _shut, (connection.sock,))
                stack.callback(timer.cancel)
                timer.start()
                self.connected = connection.sock
                self.pause(0)
                connection.request(request.method, prefix + request.path, request.body, {"Connection": "close", **dict(request.headers)})
                yield stack.enter_context(connection.getresponse())
            except (OSError, EOFError, HTTPException) as error:
                if isinstance(error, TimeoutError) or time.monotonic() >= request.deadline:
                    raise TimedOutError(f"no answer from {url} in time") from None
                kind = UnreachableError if isinstance(error, (OSError, EOFError, IncompleteRead)) else UnexpectedAnswerError
                raise kind(f"no answer from {url}: {type(error).__name__}: {error}") from error

    def send(self, request: Request, attempt: int) -> Answer:
        """Sends a request and takes its answer whole."""
        with self.response(request, attempt) as response:
            return Answer(response.status, response.headers.get("Retry-After", ""), read_body(response, request.limit))

def read_body(response: HTTPResponse, limit: int) -> bytes:
    """Piece by piece, since a length that is announced is only a claim."""
    body = bytearray()
    while piece := response.read(PIECE):
        body += piece
        if len(body) > limit:
            raise UnexpectedAnswerError("the answer is larger than any answer can be")
    # Without a length, a head that was cut off looks like one.
    if response.length or (response.length is None and not body):
        raise EOFError("the connection broke")
    return bytes(body)

def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
