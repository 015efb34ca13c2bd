"""HTTP/1.1 as far as a validator speaks it (RFC 9112): requests, and responses decoded piece by piece with a bound on everything. Each
request has a connection of its own, so none is sent on one that is about to close."""
import asyncio
import contextlib
import math
import re
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple
from urllib.parse import urlsplit

from .errors import TimedOutError, UnexpectedAnswerError, UnreachableError

PIECE = 1 << 16

class Endpoint(NamedTuple):
    """Where a validator's API is."""
    host: str
    port: int
    tls: ssl.SSLContext | None
    prefix: str

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Raises ValueError unless `url` is like http://127.0.0.1:8080."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError(f"'{url}' is not the address of an HTTP API")
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, parts.path.rstrip("/"))

class Request(NamedTuple):
    """What to send; at most `limit` bytes come back. All of it must be over when the monotonic clock shows `deadline`, and nothing may come
    for `idle` seconds at most. `attempt` counts from 0."""
    method: str
    path: str
    deadline: float
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    limit: float = 64 << 20
    idle: float = 86_400
    attempt: int = 0

    def left(self) -> float:
        """Seconds until something must have happened. Raises TimeoutError where none are left."""
        seconds = min(self.deadline - time.monotonic(), self.idle)
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def encoded(self, endpoint: Endpoint) -> bytes:
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        length = (("Content-Length", str(len(self.body))),) if self.method == "POST" else ()
        fields = (("Host", f"{host}:{endpoint.port}"), ("Connection", "close"), *length, *self.headers)
        lines = [f"{self.method} {endpoint.prefix}{self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
        return "\r\n".join(lines).encode("ascii") + self.body

class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

class Response:
    """An answer that arrives: its head, then its body piece by piece. Raises UnexpectedAnswerError, and what its reader raises."""
    def __init__(self, reader: asyncio.StreamReader, request: Request) -> None:
        self.reader, self.request, self.status, self.headers = reader, request, 0, dict[str, str]()

    async def read_head(self) -> None:
        while self.status < 200:
            head = await self._until(b"\r\n\r\n")
            self.status = int(_matched(r"HTTP/1\.[01] ([1-5][0-9][0-9])(?s:[ \r].*)?", head))
            self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body: in chunks, of a length, or up to the end of the connection."""
        is_chunked, allowed = "transfer-encoding" in self.headers, self.request.limit
        left = await self._chunk_size() if is_chunked else float(_matched("([0-9]{1,15}|inf)", self.headers.get("content-length", "inf")))
        while left:
            piece = await self._read(int(min(left, PIECE)))
            if not piece and left < math.inf:
                raise EOFError("the connection broke")
            left, allowed = left - len(piece) if piece else 0, allowed - len(piece)
            if allowed < 0:
                raise UnexpectedAnswerError("the answer is larger than any answer can be")
            yield piece
            if is_chunked and not left:
                _matched("()", await self._until(b"\r\n"))
                left = await self._chunk_size()

    async def _chunk_size(self) -> float:
        _matched("((?i:chunked))", self.headers["transfer-encoding"])
        return int(_matched("([0-9a-fA-F]{1,8})(?: *;.*)?", await self._until(b"\r\n")), 16)

    async def _read(self, count: int) -> bytes:
        async with asyncio.timeout(self.request.left()):
            return await self.reader.read(count)

    async def _until(self, end: bytes) -> str:
        async with asyncio.timeout(self.request.left()):
            return (await self.reader.readuntil(end))[: -len(end)].decode("latin-1")

def _matched(pattern: str, text: str) -> str:
    match = re.fullmatch(pattern, text)
    if match is None:
        raise UnexpectedAnswerError("the answer is not HTTP/1.1 as expected")
    return match[1]

@contextlib.asynccontextmanager
async def response(endpoint: Endpoint, request: Request) -> AsyncIterator[Response]:
    """Sends a request; leaving the context, or being cancelled in it, closes the connection. Raises TimedOutError, UnreachableError,
    UnexpectedAnswerError, within the context too."""
    with contextlib.ExitStack() as stack:
        try:
            async with asyncio.timeout(request.left()):
                reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=endpoint.tls, limit=PIECE)
                stack.callback(writer.transport.abort)
                writer.write(request.encoded(endpoint))
                await writer.drain()
            answer = Response(reader, request)
            await answer.read_head()
            yield answer
        except TimeoutError:
            raise TimedOutError(f"no answer from {endpoint.host}:{endpoint.port} in time") from None
        except asyncio.LimitOverrunError:
            raise UnexpectedAnswerError("the answer has an endless line") from None
        except (OSError, EOFError) as error:
            raise UnreachableError(f"no answer from {endpoint.host}:{endpoint.port}: {error}") from error

async def send(endpoint: Endpoint, request: Request) -> Answer:
    """Sends a request and takes its answer whole."""
    async with response(endpoint, request) as answer:
        return Answer(answer.status, answer.headers, b"".join([piece async for piece in answer.pieces()]))
