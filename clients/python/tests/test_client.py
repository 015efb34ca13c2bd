"""The client against a server that follows a script: connections that break, validators that are busy, lie, stall or never end."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from forge import Network

from trellis_client import (
    AsyncClient,
    BadProofError,
    ProblemError,
    TimedOutError,
    UnexpectedAnswerError,
    UnreachableError,
    VerifiedDecision,
)
from trellis_client.ledger import Field, Proposal, Proposer, nonce_of

NETWORK = Network()
Step = Callable[["Exchange"], Awaitable[None]]


@dataclass
class Exchange:
    """One request as it came, and what to say to it."""

    head: str
    body: bytes
    writer: asyncio.StreamWriter

    @property
    def key(self) -> str:
        found = re.search(r"Idempotency-Key: (\S+)", self.head)
        assert found
        return found[1]

    @property
    def proposal(self) -> Proposal:
        asked = json.loads(self.body)
        fields = tuple(Field(*one) for one in asked["fields"].items())
        plain = Proposal(b"\x01", nonce_of(self.key), asked["council"], asked["kind"], asked["text"], fields)
        if not (token := re.search(r"Authorization: Bearer (\S+)", self.head)):
            return plain
        kept = hashlib.sha256(token[1].encode()).digest()
        return replace(plain, tag=b"\x05", proposer=Proposer("", hashlib.sha256(b"\x0ftrellis/token/1" + kept).digest(), b""))

    async def say(self, status: int, body: object = None, *headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}", *headers, "", ""]
        await self.raw("\r\n".join(lines).encode() + data)

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()


@dataclass
class Server:
    """Takes one step of the script for each connection; the last one over and over."""

    script: list[Step]
    seen: list[Exchange] = field(default_factory=list)
    closed: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"Content-Length: (\d+)", head)
            exchange = Exchange(head, await reader.readexactly(int(length[1])) if length else b"", writer)
            self.seen.append(exchange)
            await self.script[min(len(self.seen), len(self.script)) - 1](exchange)
        except (ConnectionError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self.closed += 1
            writer.close()


@contextlib.asynccontextmanager
async def serving(*script: Step) -> AsyncIterator[Server]:
    server = Server(list(script))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


def client(server: Server, timeout: float = 10, retries: int = 4) -> AsyncClient:
    return AsyncClient(f"http://127.0.0.1:{server.port}", NETWORK.genesis, timeout=timeout, retries=retries)


async def lose(exchange: Exchange) -> None:
    exchange.writer.transport.abort()


async def decide(exchange: Exchange) -> None:
    await exchange.say(201, {"id": exchange.proposal.identifier.hex(), "status": "approved"})


async def busy(exchange: Exchange) -> None:
    problem = {"type": "urn:trellis:problem:overloaded", "title": "Overloaded", "status": 429, "detail": "the pool is full"}
    await exchange.say(429, problem, "Retry-After: 0", "Content-Type: application/problem+json")


async def pend(exchange: Exchange) -> None:
    await exchange.say(202, {"id": exchange.proposal.identifier.hex(), "status": "pending"})


async def uncertified(exchange: Exchange) -> None:
    await exchange.say(404, {"type": "urn:trellis:problem:not-certified", "detail": "not yet"}, "Retry-After: 0")


def receipt_of(proposal: Proposal, network: Network = NETWORK) -> bytes:
    entry = replace(network.decision(), proposal=proposal)
    return network.receipt_file(network.receipt(entry), entry)


def test_repeats_with_one_key_until_it_is_decided() -> None:
    async def run() -> None:
        async with serving(lose, busy, lose, pend, decide) as server:
            said = await client(server).submit("ls", kind="command", fields={"b": "ü", "a": "1"}, wait="decided")
            assert said.status == "approved"
            assert len({(one.key, one.body) for one in server.seen}) == 1 and len(server.seen) == 5

    asyncio.run(run())


def test_proposes_and_verifies() -> None:
    async def run() -> None:
        proposals: list[Proposal] = []

        async def certify(exchange: Exchange) -> None:
            proposals.append(exchange.proposal)
            await decide(exchange)

        async def receipt(exchange: Exchange) -> None:
            await exchange.say(200, receipt_of(proposals[0]))

        async with serving(certify, uncertified, lose, receipt) as server:
            proven = await client(server).propose("ls", kind="command", idempotency_key="k")
            assert isinstance(proven, VerifiedDecision) and proven.decision.proposal == proposals[0]
            assert server.seen[0].key == "k" and "wait=certified" in server.seen[0].head

    asyncio.run(run())


def test_a_token_names_the_proposer() -> None:
    async def run() -> None:
        async with serving(lose, decide) as server:
            asker = AsyncClient(f"http://127.0.0.1:{server.port}", NETWORK.genesis, token="trellis_00")
            said = await asker.submit("ls", wait="decided")
            named = server.seen[0].proposal
            assert said.identifier == named.identifier.hex() and named.proposer and not named.proposer.signature
            assert all("Authorization: Bearer trellis_00\r\n" in one.head for one in server.seen)

    asyncio.run(run())


@pytest.mark.parametrize("lie", ["another proposal", "another network", "edited", "not JSON"])
def test_lies(lie: str) -> None:
    async def run() -> None:
        async def receipt(exchange: Exchange) -> None:
            proposal = Proposal(b"\x01", nonce_of("other" if lie == "another proposal" else "k"), "default", "text", "ls", ())
            file = receipt_of(proposal, Network() if lie == "another network" else NETWORK)
            await exchange.say(200, {"edited": file.replace(b"approve", b"reject "), "not JSON": b"x"}.get(lie, file))

        async with serving(decide, receipt) as server:
            with pytest.raises(BadProofError) as caught:
                await client(server).propose("ls", idempotency_key="k")
            assert caught.value.identifier == Proposal(b"\x01", nonce_of("k"), "default", "text", "ls", ()).identifier.hex()

    asyncio.run(run())


@pytest.mark.parametrize("body", [b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"id": "x", "status": "approved"}'])
def test_answers_that_are_none(body: bytes) -> None:
    async def run() -> None:
        async with serving(lambda exchange: exchange.say(201, body)) as server:
            with pytest.raises(UnexpectedAnswerError):
                await client(server).submit("ls")
            with pytest.raises(UnexpectedAnswerError):
                await client(server).submit_records([b"x"])

    asyncio.run(run())


def test_problems_are_raised_and_not_repeated() -> None:
    async def run() -> None:
        problem = {"type": "urn:trellis:problem:idempotency-key-reused", "title": "T", "status": 422, "detail": "another body"}
        async with serving(lambda exchange: exchange.say(422, problem)) as server:
            with pytest.raises(ProblemError, match="another body") as caught:
                await client(server).submit("ls")
            assert (caught.value.fault, caught.value.status, len(server.seen)) == ("idempotency-key-reused", 422, 1)
        async with serving(busy) as server:
            with pytest.raises(ProblemError) as caught:
                await client(server, retries=2).submit("ls")
            assert caught.value.status == 429 and len(server.seen) == 3
        async with serving(lambda exchange: exchange.say(502, b"<html>")) as server:
            with pytest.raises(ProblemError):
                await client(server).submit("ls")
        async with serving(lose) as server:
            with pytest.raises(UnreachableError):
                await client(server, retries=1).submit("ls")
            assert len(server.seen) == 2

    asyncio.run(run())


def test_another_validator_is_asked() -> None:
    async def run() -> None:
        async with serving(lose) as dead, serving(decide) as alive:
            endpoints = [f"http://127.0.0.1:{one.port}" for one in (dead, alive)]
            said = await AsyncClient(endpoints, NETWORK.genesis).submit("ls", wait="decided")
            assert said.status == "approved" and dead.seen[0].key == alive.seen[0].key

    asyncio.run(run())


def test_deadlines_hold_whatever_drips() -> None:
    async def run() -> None:
        async def drip(exchange: Exchange) -> None:
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b" " * 100_000:
                await exchange.raw(bytes([byte]))
                await asyncio.sleep(0.01)

        async def stall(exchange: Exchange) -> None:
            await asyncio.sleep(60)

        for step in (drip, stall, pend):
            async with serving(step) as server:
                with pytest.raises(TimedOutError) as caught:
                    await asyncio.wait_for(client(server, timeout=1.2).submit("ls", wait="decided"), 30)
                assert caught.value.identifier

    asyncio.run(run())


def test_answers_without_end_are_cut() -> None:
    async def run() -> None:
        async def endless(exchange: Exchange) -> None:
            await exchange.raw(b"HTTP/1.1 200 OK\r\n\r\n")
            while not exchange.writer.transport.is_closing():
                await exchange.raw(bytes(1 << 20))

        async def endless_head(exchange: Exchange) -> None:
            await exchange.raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000)

        for step in (endless, endless_head):
            async with serving(step) as server:
                with pytest.raises(UnexpectedAnswerError):
                    await client(server, timeout=60).state("0" * 64)

    asyncio.run(run())


def test_cancelling_closes_the_connection() -> None:
    async def run() -> None:
        arrived = asyncio.Event()
        gone = asyncio.Event()

        async def wait(exchange: Exchange) -> None:
            arrived.set()
            while not exchange.writer.transport.is_closing():
                await exchange.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
                await asyncio.sleep(0.01)
            gone.set()

        async with serving(wait) as server:
            task = asyncio.create_task(client(server, timeout=300).submit("ls"))
            await asyncio.wait_for(arrived.wait(), 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 30)

    asyncio.run(run())


def test_events_go_on_where_they_were() -> None:
    async def run() -> None:
        async def some(exchange: Exchange) -> None:
            start = int(re.search(r"from=(\d+)", exchange.head)[1])  # type: ignore[index]
            await exchange.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            event = f'event: recorded\nid: {start}\ndata: {{"log_index": {start}}}\n\n'.encode()
            await exchange.raw(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            await lose(exchange)

        async with serving(some) as server:
            seen = []
            async for event in client(server).events(3):
                seen.append((event.name, event.log_index, event.data["log_index"]))
                if len(seen) == 3:
                    break
            assert seen == [("recorded", 3, 3), ("recorded", 4, 4), ("recorded", 5, 5)]
        async with serving(lambda exchange: exchange.say(503, b"{}")) as server:
            with pytest.raises(ProblemError):
                await anext(client(server).events())

    asyncio.run(run())


def test_addresses() -> None:
    for bad in ("", "ftp://x", "http://", "127.0.0.1:8080", "http://x/?q", "http://user@x", "http://x:99999"):
        with pytest.raises(ValueError):
            AsyncClient(bad, NETWORK.genesis)
    for key in ("a b", "a\r\nX: y", "ü", "x" * 256):
        with pytest.raises(ValueError):
            asyncio.run(AsyncClient("http://127.0.0.1:1", NETWORK.genesis).submit("ls", idempotency_key=key))
    for identifier in ("", "x" * 64, "../../../v1/status", "A" * 64):
        with pytest.raises(ValueError):
            asyncio.run(AsyncClient("http://127.0.0.1:1", NETWORK.genesis).state(identifier))
