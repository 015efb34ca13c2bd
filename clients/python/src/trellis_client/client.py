"""Clients of a validator's HTTP API, blocking and for asyncio (docs/api.md). They pin a genesis: what they return as verified was verified
with it, and what a validator merely says is of another type."""
import asyncio
import contextlib
import copy
import functools
import json
import math
import random
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, Generic, Literal, NamedTuple, ParamSpec, TypeAlias, TypeVar, cast

from .errors import BadProofError, ClientError, ProblemError, ProofError, TimedOutError, UnexpectedAnswerError, UnreachableError
from .genesis import Genesis
from .http import PIECE, Answer, Endpoint, Request, Transport
from .ledger import PROPOSAL, RECORD, Field, Proposal, Record, nonce_of
from .proof import VerifiedDecision, VerifiedReceipt, VerifiedRecord, receipt_bytes_maximum, verify_receipt

RECORDS_TYPE, WAIT_MAXIMUM, EVENT_MAXIMUM, IDLE_MAXIMUM = "application/vnd.trellis.records", 300, 32 << 20, 45
Wait: TypeAlias = Literal["decided", "certified"] | None
T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R", bound=VerifiedReceipt)

class UnverifiedDecision(NamedTuple):
    """What a validator says of a proposal, without proof: `status` is submitted, pending, approved, rejected or expired; `answer` is all
    of it, as in docs/api.md."""
    identifier: str
    status: str
    answer: dict[str, Any]

class Event(NamedTuple):
    """What a validator says that happened, without proof. `log_index` is there for what is in the log."""
    name: str
    log_index: int | None
    data: dict[str, Any]

class Client:
    """Asks one validator, or the next of several when one does not answer; holds no connection. A request is repeated when the connection
    broke or the validator was busy; what is submitted carries an idempotency key, from which its identifier follows, so that it enters the
    ledger once however often it is sent. Threads may share it."""
    def __init__(self, endpoint: str | Sequence[str], genesis: Genesis, *, timeout: float = 60, retries: int = 5) -> None:
        endpoints = [endpoint] if isinstance(endpoint, str) else endpoint
        self.transport = Transport([Endpoint.parse(one) for one in endpoints])
        self.genesis, self.timeout, self.retries = genesis, timeout, retries

    def propose(
        self, text: str, *, kind: str = "text", council: str = "default", fields: Mapping[str, str] | None = None,
        idempotency_key: str | None = None, timeout: float | None = None,
    ) -> VerifiedDecision:  # fmt: skip
        """Puts a proposal to a council, waits for the decision and its receipt, and verifies it."""
        deadline, key = self._deadline(timeout), idempotency_key
        said = self.submit(text, kind=kind, council=council, fields=fields, idempotency_key=key, wait="certified", timeout=timeout)
        return self.decision(said.identifier, timeout=deadline - time.monotonic())

    def submit(
        self, text: str, *, kind: str = "text", council: str = "default", fields: Mapping[str, str] | None = None,
        idempotency_key: str | None = None, wait: Wait = None, timeout: float | None = None,
    ) -> UnverifiedDecision:  # fmt: skip
        """Puts a proposal to a council, and returns what the validator says of it, once it is as far as `wait`."""
        key, ordered = idempotency_key or uuid.uuid4().hex, sorted((fields or {}).items(), key=lambda one: one[0].encode())
        proposal = Proposal(PROPOSAL, nonce_of(key), council, kind, text, tuple(Field(*one) for one in ordered))
        body = json.dumps({"kind": kind, "text": text, "council": council, "fields": dict(ordered)}).encode()
        with _about(proposal.identifier.hex()) as identifier:
            return _unverified(self._post("/v1/proposals", key, body, "application/json", wait, timeout), identifier)

    def state(self, identifier: str) -> UnverifiedDecision:
        """Where the validator says that a proposal stands."""
        return _unverified(self._exchange(Request("GET", f"/v1/proposals/{_path(identifier)}", self._deadline(None))), identifier)

    def decision(self, identifier: str, *, timeout: float | None = None) -> VerifiedDecision:
        """The decision on a proposal by its receipt, verified; waits while the validator says that there will be one."""
        return self._proven("decisions", identifier, VerifiedDecision, timeout)

    def record(self, identifier: str, *, timeout: float | None = None) -> VerifiedRecord:
        """A record by its receipt, verified; waits likewise."""
        return self._proven("records", identifier, VerifiedRecord, timeout)

    def submit_records(
        self, records: Sequence[bytes], *, idempotency_key: str | None = None, wait: Wait = None, timeout: float | None = None
    ) -> list[str]:
        """Puts opaque entries into the log, all or none. Returns their identifiers, by the client's own reckoning."""
        key, count = idempotency_key or uuid.uuid4().hex, len(records).to_bytes(4, "little")
        identifiers = [Record(RECORD, nonce_of(key, place), data).identifier for place, data in enumerate(records)]
        body = count + b"".join(len(data).to_bytes(4, "little") + data for data in records)
        answer = self._post("/v1/records", key, body, RECORDS_TYPE, wait, timeout)
        if answer.body != count + b"".join(identifiers):
            raise UnexpectedAnswerError("the validator answered for other records")
        return [one.hex() for one in identifiers]

    def events(self, start: int | None = None) -> Iterator[Event]:
        """Events from log index `start`, or from now on, for ever. Where the connection breaks it goes on; the first one must succeed."""
        attempt, has_connected = 0, False
        while True:
            path = "/v1/events" if start is None else f"/v1/events?from={start}"
            request = Request("GET", path, math.inf, (("Accept", "text/event-stream"),), idle=IDLE_MAXIMUM)
            try:
                with self.transport.response(request, attempt) as answer:
                    if answer.status != 200:
                        raise ProblemError("no-events", answer.status, "the validator opens no event stream")
                    for event in _events(iter(functools.partial(answer.read1, PIECE), b"")):
                        start, has_connected = start if event.log_index is None else event.log_index + 1, True
                        yield event
            except (UnreachableError, TimedOutError, ProblemError):
                if not has_connected:
                    raise
            attempt += 1
            self.transport.pause(1)

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self.timeout if timeout is None else timeout)

    def _exchange(self, request: Request) -> Answer:
        """The answer to a request that may be repeated; what is no success is raised."""
        attempt = 0
        while True:
            pause = random.uniform(0.05, 0.1) * 2**attempt
            try:
                answer = self.transport.send(request, attempt)
                if answer.status < 300:
                    return answer
                raise _problem(answer)
            except (UnreachableError, ProblemError) as error:
                if isinstance(error, ProblemError):
                    pause = error.retry_after or pause if error.status in (429, 503) else math.inf
                if attempt >= self.retries or time.monotonic() + pause >= request.deadline:
                    raise
            attempt += 1
            self.transport.pause(pause)

    def _post(self, path: str, key: str, body: bytes, content: str, wait: Wait, timeout: float | None) -> Answer:
        """Sends until what was submitted is as far as `wait`: the same key and body again are the same submission."""
        if not re.fullmatch("[!-~]{1,255}", key):
            raise ValueError("an idempotency key is 1 to 255 visible ASCII characters")
        deadline, headers = self._deadline(timeout), (("Content-Type", content), ("Accept", content), ("Idempotency-Key", key))
        while True:
            # The validator's wait ends a little before ours, so that its answer arrives.
            seconds = max(1, min(WAIT_MAXIMUM, math.floor(deadline - time.monotonic() - 0.5)))
            query = f"?wait={wait}&timeout={seconds}" if wait else ""
            answer = self._exchange(Request("POST", path + query, deadline, headers, body))
            if answer.status != 202 or not wait:
                return answer
            if time.monotonic() + 1 >= deadline:
                raise TimedOutError(f"not {wait} in time")

    def _proven(self, what: str, identifier: str, form: type[R], timeout: float | None) -> R:
        path, limit = f"/v1/{what}/{_path(identifier)}/receipt", receipt_bytes_maximum(self.genesis)
        request = Request("GET", path, self._deadline(timeout), limit=limit)
        with _about(identifier):
            while True:
                try:
                    proven = verify_receipt(self._exchange(request).body, self.genesis)
                    break
                except ProofError as error:
                    raise BadProofError(f"the validator sent a bad receipt: {error}", error.fault) from error
                except ProblemError as problem:
                    if problem.status != 404 or problem.retry_after is None:
                        raise
                    if time.monotonic() + problem.retry_after >= request.deadline:
                        raise TimedOutError("no receipt in time") from problem
                    self.transport.pause(problem.retry_after)
            if not isinstance(proven, form) or proven.identifier != identifier:
                raise BadProofError("the validator sent the receipt of another entry")
            return proven

@contextlib.contextmanager
def _thread(client: Client) -> Iterator[tuple[Client, Callable[..., Awaitable[Any]]]]:
    """The client with a transport of its own, and what runs its methods in a thread, which does not outlive the context by much."""
    own, executor = copy.copy(client), ThreadPoolExecutor(1)
    own.transport = Transport(client.transport.endpoints)
    try:
        yield own, functools.partial(asyncio.get_running_loop().run_in_executor, executor)
    finally:
        own.transport.stop()
        executor.shutdown(wait=False)

class _Asynchronous(Generic[P, T]):
    """An operation of the blocking client as a method of the one for asyncio."""
    def __init__(self, operation: Callable[Concatenate[Client, P], T]) -> None:
        self.operation, self.__doc__ = operation, operation.__doc__

    def __get__(self, client: "AsyncClient", owner: object = None) -> Callable[P, Coroutine[Any, Any, T]]:
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            with _thread(client.client) as (own, run):
                return cast(T, await run(functools.partial(self.operation, own, *args, **kwargs)))
        return call

class AsyncClient:
    """The same for asyncio: each call runs in a thread of its own. Cancelling it closes its connection; what was submitted stays so."""
    def __init__(self, endpoint: str | Sequence[str], genesis: Genesis, *, timeout: float = 60, retries: int = 5) -> None:
        self.client = Client(endpoint, genesis, timeout=timeout, retries=retries)

    propose, submit, state = _Asynchronous(Client.propose), _Asynchronous(Client.submit), _Asynchronous(Client.state)
    decision, record = _Asynchronous(Client.decision), _Asynchronous(Client.record)
    submit_records = _Asynchronous(Client.submit_records)

    async def events(self, start: int | None = None) -> AsyncIterator[Event]:
        """Events from log index `start`, or from now on, for ever, as Client.events gives them."""
        with _thread(self.client) as (own, run):
            events = own.events(start)
            while True:
                yield await run(next, events)

def _events(pieces: Iterator[bytes]) -> Iterator[Event]:
    """Server-sent events (WHATWG HTML §9.2), with line feeds and one line of data each, as validators write them."""
    buffer = b""
    for piece in pieces:
        *blocks, buffer = (buffer + piece).split(b"\n\n")
        if len(buffer) > EVENT_MAXIMUM:
            raise UnexpectedAnswerError("an endless event")
        for block in blocks:
            fields = dict(line.partition(b": ")[::2] for line in block.split(b"\n"))
            number = fields.get(b"id", b"")
            if b"data" in fields:
                index = int(number) if number.isdigit() and len(number) <= 20 else None
                yield Event(fields.get(b"event", b"").decode(errors="replace"), index, _members(fields[b"data"]))

def _members(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises UnexpectedAnswerError."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UnexpectedAnswerError("the answer is no JSON object")
    return value

def _unverified(answer: Answer, identifier: str) -> UnverifiedDecision:
    members = _members(answer.body)
    if members.get("id") != identifier or members.get("status") not in ("submitted", "pending", "approved", "rejected", "expired"):
        raise UnexpectedAnswerError("the validator answered for another proposal, or with no status")
    return UnverifiedDecision(identifier, members["status"], members)

def _problem(answer: Answer) -> ProblemError:
    try:
        members = _members(answer.body)
    except UnexpectedAnswerError:
        members = {}
    after = answer.retry_after
    name, detail = str(members.get("type", "")).rpartition(":")[2], str(members.get("detail", f"status {answer.status}"))
    return ProblemError(name, answer.status, detail, min(float(after), 60.0) if after.isascii() and after.isdigit() else None)

def _path(identifier: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", identifier):
        raise ValueError(f"'{identifier[:80]}' is no identifier of 64 hexadecimal digits")
    return identifier

@contextlib.contextmanager
def _about(identifier: str) -> Iterator[str]:
    """Says in errors what they are about."""
    try:
        yield identifier
    except ClientError as error:
        error.identifier = identifier
        raise
