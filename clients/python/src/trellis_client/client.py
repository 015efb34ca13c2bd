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
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeAlias, TypedDict, TypeVar, Unpack, cast

from trellis_crypto import LatticeKey, PrivateKey, demand

from .access import Credential, base64_text
from .codec import byte_string, items
from .errors import BadProofError, ClientError, ProblemError, ProofError, TimedOutError, UnexpectedAnswerError, UnreachableError
from .genesis import Genesis
from .http import Request, Transport, members_of
from .ledger import PROPOSAL, RECORD, Proposal, Record, fields_of, nonce_of
from .proof import VerifiedDecision, VerifiedRecord, receipt_bytes_maximum, verify_receipt
from .sealing import Sealing, read_sealing_keys, seal_proposal, sealing_keys_maximum

RECORDS_TYPE, WAIT_MAXIMUM, EVENT_MAXIMUM, IDLE_MAXIMUM = "application/vnd.trellis.records", 300, 32 << 20, 45
Wait: TypeAlias = Literal["decided", "certified"] | None
T = TypeVar("T")
P = ParamSpec("P")

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

class Draft(NamedTuple):
    """A proposal as it is sent, under its idempotency key, as often as it takes: signed or sealed anew it is another one. The reply key
    opens the answers to one that is sealed."""
    proposal: Proposal
    key: str
    reply_key: PrivateKey | None = None

    @property
    def body(self) -> bytes:
        proposal, proposer = self.proposal, self.proposal.proposer
        fields = {one.name: one.value for one in proposal.fields}
        members: dict[str, object] = {"kind": proposal.kind, "council": proposal.council, "fields": fields}
        if sealed := proposal.sealed:
            members["sealed"] = {"recipients": sealed.recipients, "outcome": sealed.outcome, "envelope": base64_text(sealed.envelope)}
        else:
            members["text"] = proposal.text
        if proposer and proposer.scheme:
            signed = {"key": base64_text(proposer.key), "signature": base64_text(proposer.signature)}
            members["proposer"] = {"scheme": proposer.scheme} | signed
        return json.dumps(members).encode()

class Wording(TypedDict, total=False):
    """What a proposal says beside its text: `sealing` for whom it is sealed, if it is."""
    kind: str
    council: str
    fields: Mapping[str, str] | None
    sealing: Sealing | None
    idempotency_key: str | None

class Client:
    """Asks one validator, or the next of several when one does not answer; holds no connection. A request is repeated when the connection
    broke or the validator was busy; what is submitted carries an idempotency key, from which its identifier follows, so that it enters the
    ledger once however often it is sent. Threads may share it."""
    def __init__(
        self, endpoint: str | Sequence[str], genesis: Genesis, *, timeout: float = 60, retries: int = 5, token: str | None = None,
        key: LatticeKey | None = None,
    ) -> None:  # fmt: skip
        """`token`: a bearer token, which names the proposer; or `key`, which signs requests and proposals. Raises ValueError."""
        demand(not (token and key), ValueError("a client shows a token or a key, not both"))
        self.transport = Transport([endpoint] if isinstance(endpoint, str) else endpoint, Credential(token, key))
        self.genesis, self.timeout, self.retries = genesis, timeout, retries

    def draft(self, text: str, **wording: Unpack[Wording]) -> Draft:
        """A proposal, sealed and signed: to be kept where it may have to be sent again, or answers are to be opened."""
        key, fields = wording.get("idempotency_key") or uuid.uuid4().hex, fields_of(wording.get("fields") or {})
        kind, council = wording.get("kind", "text"), wording.get("council", "default")
        proposal, reply = Proposal(PROPOSAL, nonce_of(key), council, kind, text, fields), None
        if sealing := wording.get("sealing"):
            proposal, reply = seal_proposal(proposal, sealing, self.genesis.chain)
        return Draft(self.transport.credential.proposer(proposal, self.genesis.chain), key, reply)

    def propose(self, what: str | Draft, *, timeout: float | None = None, **wording: Unpack[Wording]) -> VerifiedDecision:
        """Puts a text or a draft to its council, waits for the decision and its receipt, and verifies it."""
        deadline = self._deadline(timeout)
        said = self.submit(what, wait="certified", timeout=timeout, **wording)
        return self.decision(said.identifier, timeout=deadline - time.monotonic())

    def submit(
        self, what: str | Draft, *, wait: Wait = None, timeout: float | None = None, **wording: Unpack[Wording]
    ) -> UnverifiedDecision:
        """Puts a text or a draft to its council, and returns what the validator says of it, once it is as far as `wait`."""
        demand(isinstance(what, str) or not wording, ValueError("a draft is worded already"))
        draft = self.draft(what, **wording) if isinstance(what, str) else what
        with _about(draft.proposal.identifier.hex()) as identifier:
            return _unverified(self._post("/v1/proposals", draft.key, draft.body, "application/json", wait, timeout), identifier)

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
        key = idempotency_key or uuid.uuid4().hex
        identifiers = [Record(RECORD, nonce_of(key, place), data).identifier for place, data in enumerate(records)]
        answer = self._post("/v1/records", key, items([byte_string(data) for data in records]), RECORDS_TYPE, wait, timeout)
        demand(answer == items(identifiers), UnexpectedAnswerError("the validator answered for other records"))
        return [one.hex() for one in identifiers]

    def sealing_keys(self) -> dict[int, bytes]:
        """Public keys to seal to, by their validators' places in genesis, each signed by its validator."""
        with _believed("file of sealing keys"):
            limit = sealing_keys_maximum(self.genesis)
            return read_sealing_keys(self._exchange(Request("GET", "/v1/keys", self._deadline(None), limit=limit)), self.genesis)

    def events(self, start: int | None = None) -> Iterator[Event]:
        """Events from log index `start`, or from now on, for ever. Where the connection breaks it goes on; the first one must succeed."""
        attempt, has_connected = 0, False
        while True:
            path = "/v1/events" if start is None else f"/v1/events?from={start}"
            request = Request("GET", path, math.inf, (("Accept", "text/event-stream"),), idle=IDLE_MAXIMUM)
            try:
                with self.transport.response(request, attempt) as answer:
                    demand(answer.status == 200, ProblemError("no-events", answer.status, "the validator opens no event stream"))
                    for event in _events(iter(functools.partial(answer.readline, EVENT_MAXIMUM + 1), b"")):
                        start, has_connected = start if event.log_index is None else event.log_index + 1, True
                        yield event
            except (UnreachableError, TimedOutError, ProblemError):
                if not has_connected:
                    raise
            attempt += 1
            self.transport.pause(1)

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self.timeout if timeout is None else timeout)

    def _exchange(self, request: Request, wait: Wait = None) -> bytes:
        """The answer to a request that may be repeated: `retries` times when the connection breaks or the validator is busy, and up to the
        deadline while what was asked for is not there yet, or not as far as `wait`. What is no success is raised."""
        failures = 0
        while True:
            pause, error = random.uniform(0.05, 0.1) * 2**failures, cast(ClientError, TimedOutError("not there in time"))
            try:
                status, body = self.transport.send(request, failures)
                if status != 202 or not wait:
                    return body
            except (UnreachableError, ProblemError) as caught:
                if isinstance(caught, ProblemError):
                    demand(caught.status in (404, 429, 503) and (caught.status != 404 or caught.retry_after is not None), caught)
                    pause = caught.retry_after or pause
                if not isinstance(caught, ProblemError) or caught.status != 404:
                    error, failures = caught, failures + 1
            demand(failures <= self.retries and time.monotonic() + pause < request.deadline, error)
            self.transport.pause(pause)

    def _post(self, path: str, key: str, body: bytes, content: str, wait: Wait, timeout: float | None) -> bytes:
        """Sends until what was submitted is as far as `wait`: the same key and body again are the same submission."""
        demand(re.fullmatch("[!-~]{1,255}", key), ValueError("an idempotency key is 1 to 255 visible ASCII characters"))
        deadline, headers = self._deadline(timeout), (("Content-Type", content), ("Accept", content), ("Idempotency-Key", key))
        # The validator's wait ends a little before ours, so that its answer arrives.
        seconds = max(1, min(WAIT_MAXIMUM, math.floor(deadline - time.monotonic() - 0.5)))
        query = f"?wait={wait}&timeout={seconds}" if wait else ""
        return self._exchange(Request("POST", path + query, deadline, headers, body), wait)

    def _proven(self, what: str, identifier: str, form: type[T], timeout: float | None) -> T:
        path, limit = f"/v1/{what}/{_path(identifier)}/receipt", receipt_bytes_maximum(self.genesis)
        with _about(identifier), _believed("receipt"):
            proven = verify_receipt(self._exchange(Request("GET", path, self._deadline(timeout), limit=limit)), self.genesis)
            is_asked = isinstance(proven, form) and proven.identifier == identifier
            demand(is_asked, BadProofError("the validator sent the receipt of another entry"))
            return cast(T, proven)

@contextlib.contextmanager
def _thread(client: Client) -> Iterator[tuple[Client, Callable[..., Awaitable[Any]]]]:
    """The client with a transport of its own, and what runs its methods in a thread, which does not outlive the context by much."""
    own, executor = copy.copy(client), ThreadPoolExecutor(1)
    own.transport = Transport([one.geturl() for one in client.transport.endpoints], client.transport.credential)
    try:
        yield own, functools.partial(asyncio.get_running_loop().run_in_executor, executor)
    finally:
        own.transport.stop()
        executor.shutdown(wait=False)

def _asynchronous(operation: Callable[Concatenate[Client, P], T]) -> Callable[Concatenate["AsyncClient", P], Coroutine[Any, Any, T]]:
    """An operation of the blocking client as a method of the one for asyncio."""
    async def call(client: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        with _thread(client.client) as (own, run):
            return cast(T, await run(functools.partial(operation, own, *args, **kwargs)))
    call.__doc__ = operation.__doc__
    return call

class AsyncClient:
    """The same for asyncio: each call runs in a thread of its own. Cancelling it closes its connection; what was submitted stays so."""
    def __init__(
        self, endpoint: str | Sequence[str], genesis: Genesis, *, timeout: float = 60, retries: int = 5, token: str | None = None,
        key: LatticeKey | None = None,
    ) -> None:  # fmt: skip
        self.client = Client(endpoint, genesis, timeout=timeout, retries=retries, token=token, key=key)

    draft, propose, submit = _asynchronous(Client.draft), _asynchronous(Client.propose), _asynchronous(Client.submit)
    state, decision, record = _asynchronous(Client.state), _asynchronous(Client.decision), _asynchronous(Client.record)
    submit_records, sealing_keys = _asynchronous(Client.submit_records), _asynchronous(Client.sealing_keys)

    async def events(self, start: int | None = None) -> AsyncIterator[Event]:
        """Events from log index `start`, or from now on, for ever, as Client.events gives them."""
        with _thread(self.client) as (own, run):
            events = own.events(start)
            while True:
                yield await run(next, events)

def _events(lines: Iterator[bytes]) -> Iterator[Event]:
    """Server-sent events (WHATWG HTML §9.2), with one line of data each, as validators write them."""
    fields: dict[bytes, bytes] = {}
    for line in lines:
        demand(len(line) <= EVENT_MAXIMUM, UnexpectedAnswerError("an endless event"))
        name, _, value = line.rstrip(b"\r\n").partition(b": ")
        if not name and b"data" in fields:
            number = fields.get(b"id", b"")
            index = int(number) if number.isdigit() and len(number) <= 20 else None
            yield Event(fields.get(b"event", b"").decode(errors="replace"), index, members_of(fields[b"data"]))
        fields = fields | {name: value} if name else {}

def _unverified(body: bytes, identifier: str) -> UnverifiedDecision:
    members = members_of(body)
    is_of_it = members.get("id") == identifier and isinstance(members.get("status"), str)
    demand(is_of_it, UnexpectedAnswerError("the validator answered for another proposal, or with no status"))
    return UnverifiedDecision(identifier, members["status"], members)

def _path(identifier: str) -> str:
    demand(re.fullmatch("[0-9a-f]{64}", identifier), ValueError(f"'{identifier[:80]}' is no identifier of 64 hexadecimal digits"))
    return identifier

@contextlib.contextmanager
def _about(identifier: str) -> Iterator[str]:
    """Says in errors what they are about."""
    try:
        yield identifier
    except ClientError as error:
        error.identifier = identifier
        raise

@contextlib.contextmanager
def _believed(what: str) -> Iterator[None]:
    """Says that it is the validator that handed out what proves nothing."""
    try:
        yield
    except ProofError as error:
        raise BadProofError(f"the validator sent a bad {what}: {error}", error.fault) from error
