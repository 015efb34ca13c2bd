"""HTTP by the standard library, with a bound on bytes and time, and an end from outside. Each request has a connection of its own, so none
is sent on one that is about to close."""
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from trellis_crypto import demand

from .access import Credential
from .errors import ProblemError, TimedOutError, UnexpectedAnswerError, UnreachableError

PIECE = 1 << 16
CONNECTIONS: dict[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}

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

class Transport:
    """The connections of one call, one after another. `stop` ends the call from another thread, at once where it waits."""
    def __init__(self, urls: Sequence[str], credential: Credential) -> None:
        """Raises ValueError unless the addresses of validators' APIs are like http://127.0.0.1:8080, and a token stays private."""
        self.endpoints, self.credential, self.stopped = [urlsplit(url) for url in urls], credential, threading.Event()
        for one in self.endpoints:
            is_one = one.scheme in CONNECTIONS and one.hostname and one.port != 0 and not (one.query or one.fragment or one.username)
            demand(is_one, ValueError(f"'{one.geturl()}' is not the address of an HTTP API"))
            is_private = not credential.token or one.scheme == "https" or one.hostname in ("127.0.0.1", "::1", "localhost")
            demand(is_private, ValueError("a token is sent over https only, or to this machine"))
        self.connected: socket.socket | None = None

    def stop(self) -> None:
        self.stopped.set()
        if self.connected:
            _shut(self.connected)

    def pause(self, seconds: float) -> None:
        """Raises UnreachableError when stopped."""
        demand(not self.stopped.wait(seconds), UnreachableError("the call was stopped"))

    @contextlib.contextmanager
    def response(self, request: Request, attempt: int) -> Iterator[HTTPResponse]:
        """Sends a request; leaving the context closes the connection. Raises TimedOutError, UnreachableError, UnexpectedAnswerError, within
        the context too."""
        endpoint = self.endpoints[attempt % len(self.endpoints)]
        url, connect = endpoint.geturl(), CONNECTIONS[endpoint.scheme]
        left = max(0.001, request.deadline - time.monotonic())
        with contextlib.ExitStack() as stack:
            try:
                connection = stack.enter_context(contextlib.closing(connect(endpoint.netloc, timeout=min(left, request.idle))))
                connection.connect()
                # What waits for bytes starts again with each; when the time is over, the connection ends.
                timer = threading.Timer(min(left, threading.TIMEOUT_MAX), _shut, (connection.sock,))
                timer.daemon = True
                stack.callback(timer.cancel)
                timer.start()
                self.connected = connection.sock
                self.pause(0)
                path, headers = endpoint.path.rstrip("/") + request.path, dict(request.headers)
                host, now = _authority(endpoint), int(time.time())
                headers |= self.credential.headers(request.method, host, path, headers, request.body, now)
                connection.request(request.method, path, request.body, {"Host": host, "Connection": "close"} | headers)
                yield stack.enter_context(connection.getresponse())
            except (OSError, EOFError, HTTPException) as error:
                if isinstance(error, TimeoutError) or time.monotonic() >= request.deadline:
                    raise TimedOutError(f"no answer from {url} in time") from None
                kind = UnreachableError if isinstance(error, (OSError, EOFError, IncompleteRead)) else UnexpectedAnswerError
                raise kind(f"no answer from {url}: {type(error).__name__}: {error}") from error

    def send(self, request: Request, attempt: int) -> tuple[int, bytes]:
        """Sends a request and takes its answer whole, status and body. Raises ProblemError where it is no success."""
        with self.response(request, attempt) as response:
            status, after, body = response.status, response.headers.get("Retry-After", ""), read_body(response, request.limit)
        if status >= 300:
            members = members_of(body)
            name, detail = str(members.get("type", "")).rpartition(":")[2], str(members.get("detail", f"status {status}"))
            raise ProblemError(name, status, detail, min(float(after), 60.0) if after.isascii() and after.isdigit() else None)
        return status, body

def _authority(endpoint: SplitResult) -> str:
    """The host, with a port unless it is the scheme's own."""
    host = f"[{endpoint.hostname}]" if ":" in (endpoint.hostname or "") else endpoint.hostname or ""
    return host if endpoint.port in (None, CONNECTIONS[endpoint.scheme].default_port) else f"{host}:{endpoint.port}"

def members_of(body: bytes) -> dict[str, Any]:
    """Of a JSON object; none of what is none."""
    with contextlib.suppress(ValueError, RecursionError):
        if isinstance(value := json.loads(body.decode()), dict):
            return value
    return {}

def read_body(response: HTTPResponse, limit: int) -> bytes:
    """Piece by piece, since a length that is announced is only a claim."""
    body = bytearray()
    while piece := response.read(PIECE):
        body += piece
        demand(len(body) <= limit, UnexpectedAnswerError("the answer is larger than any answer can be"))
    # Without a length, a head that was cut off looks like one.
    if response.length or (response.length is None and not body):
        raise EOFError("the connection broke")
    return bytes(body)

def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
