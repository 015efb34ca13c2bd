"""Signed requests and proposals: what is signed, that both sides of the project agree on it, and that a draft stays what it was."""

import asyncio
import base64
import hashlib
import json
import os
import pathlib
import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from forge import LATTICES, Network
from repository import vectors
from test_client import Exchange, busy, lose, serving
from trellis_crypto.signatures import LATTICES as PUBLIC

from trellis_client import Client, TrellisError
from trellis_client.access import Credential, signature_base
from trellis_client.ledger import Proposal, Proposer, nonce_of

NETWORK = Network()
KEY = LATTICES["ML-DSA-65"].generate()
FILES = ("requests_swift.json", "requests_python.json")
VECTORS = [(name, request) for name in FILES for request in vectors("TrellisModelTests", name)]


def verify(request: dict[str, Any]) -> None:
    """As RFC 9421 says, with the standard library: raises InvalidSignature."""
    fields = {name.lower(): value for name, value in request["headers"].items()}
    parameters = fields["signature-input"].removeprefix("trellis=")
    path, _, query = request["target"].partition("?")
    known = fields | {"@method": request["method"], "@authority": request["authority"], "@path": path, "@query": "?" + query}
    covered = {name: known[name] for name in re.findall(r'"([^"]*)"', parameters.partition(")")[0])}
    assert list(covered)[:4] == ["@method", "@authority", "@path", "@query"]
    if request.get("body") is not None:
        digest = base64.b64encode(hashlib.sha256(request["body"].encode()).digest()).decode()
        assert fields["content-digest"] == f"sha-256=:{digest}:" and {"content-type", "content-digest"} <= set(covered)
    assert ("idempotency-key" in covered) == (request["method"] == "POST")
    public = bytes.fromhex(request["key"])
    assert f'keyid="{hashlib.sha256(public).hexdigest()}"' in parameters and f"created={request['created']}" in parameters
    signature = base64.b64decode(re.fullmatch("trellis=:(.*):", fields["signature"])[1])  # type: ignore[index]
    PUBLIC[request["scheme"]].from_public_bytes(public).verify(signature, signature_base(covered, parameters))


@pytest.mark.parametrize(("name", "request_"), VECTORS, ids=[f"{name[9:-5]} {one['comment']}" for name, one in VECTORS])
def test_requests_that_either_side_signed(name: str, request_: dict[str, Any]) -> None:
    verify(request_)
    for changed in ({"method": "PUT"}, {"authority": "localhost:1"}, {"target": "/v1/other"}, {"created": 9}):
        with pytest.raises((InvalidSignature, AssertionError)):
            verify(request_ | changed)


def made(scheme: str, comment: str, target: str, headers: dict[str, str], body: str | None) -> dict[str, Any]:
    key, method, created = LATTICES[scheme].generate(), "GET" if body is None else "POST", 1_795_000_000
    signed = Credential(key=key).headers(method, "127.0.0.1:8080", target, headers, body.encode() if body is not None else None, created)
    about = {"comment": comment, "scheme": scheme, "key": key.public_key().public_bytes_raw().hex(), "method": method, "created": created}
    return about | {"authority": "127.0.0.1:8080", "target": target, "headers": headers | signed, "body": body}


@pytest.mark.skipif("TRELLIS_MAKE_VECTORS" not in os.environ, reason="TRELLIS_MAKE_VECTORS names the folder to write files to")
def test_files_for_other_readers() -> None:
    posted = {"Content-Type": "application/json", "Idempotency-Key": "7f3a"}
    requests = [
        made("ML-DSA-65", "proposal", "/v1/proposals?wait=certified&timeout=30", posted, '{"text": "größe"}'),
        made("ML-DSA-44", "empty body", "/v1/records", posted, ""),
        made("ML-DSA-87", "question", "/v1/status", {"Accept": "application/json"}, None),
    ]
    text = json.dumps(requests, indent=2, ensure_ascii=False) + "\n"
    (pathlib.Path(os.environ["TRELLIS_MAKE_VECTORS"]) / "requests_python.json").write_text(text)


def test_a_base_of_the_rfc() -> None:
    """RFC 9421, appendix B.2.6."""
    covered = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT", "@method": "POST", "@path": "/foo", "@authority": "example.com",
        "content-type": "application/json", "content-length": "18",
    }  # fmt: skip
    names = " ".join(f'"{name}"' for name in covered)
    base = signature_base(covered, f'({names});created=1618884473;keyid="test-key-ed25519"')
    assert base == (
        b'"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n'
        b'"content-type": application/json\n"content-length": 18\n'
        b'"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
        b';created=1618884473;keyid="test-key-ed25519"'
    )


def proposal_of(exchange: Exchange) -> Proposal:
    said = json.loads(exchange.body)["proposer"]
    key, signature = base64.b64decode(said["key"]), base64.b64decode(said["signature"])
    plain = Proposal(b"\x01", nonce_of(exchange.key), "default", "text", "ls", ())
    return replace(plain, tag=b"\x05", proposer=Proposer(said["scheme"], key, signature))


def test_a_draft_is_sent_as_it_was_made() -> None:
    """Signed anew it would be another proposal; the request around it is signed each time."""

    async def run() -> None:
        async def decide(exchange: Exchange) -> None:
            await exchange.say(201, {"id": proposal_of(exchange).identifier.hex(), "status": "approved"})

        async with serving(lose, busy, decide) as server:
            asker = Client(f"http://127.0.0.1:{server.port}/api", NETWORK.genesis, key=KEY)
            draft = asker.draft("ls")
            said = await asyncio.to_thread(asker.submit, draft, wait="decided")
            assert said.identifier == draft.proposal.identifier.hex() and {one.body for one in server.seen} == {draft.body}
            assert proposal_of(server.seen[0]).is_proposed(NETWORK.genesis.chain)
            assert not proposal_of(server.seen[0]).is_proposed(bytes(32))
            for one in server.seen:
                line, *lines = one.head.split("\r\n")
                headers = dict(text.split(": ", 1) for text in lines if text)
                created = re.search(r"created=(\d+)", headers["Signature-Input"])
                assert created and headers["Host"] == f"127.0.0.1:{server.port}"
                about = {"method": "POST", "authority": headers["Host"], "target": line.split()[1], "created": created[1]}
                public = {"scheme": "ML-DSA-65", "key": KEY.public_key().public_bytes_raw().hex()}
                verify(about | public | {"headers": headers, "body": one.body.decode()})
            assert len({one.head for one in server.seen}) == 3
        assert asker.draft("ls").proposal.identifier != asker.draft("ls").proposal.identifier

    asyncio.run(run())


def test_hosts() -> None:
    """As they stand in Host and are signed: small, without the scheme's own port."""
    seen: list[str] = []

    class Noted(Credential):
        def headers(self, method: str, authority: str, *_: Any) -> dict[str, str]:
            seen.append(authority)
            raise OSError("enough")

    for endpoint in ("http://LOCALHOST", "http://localhost:80", "http://[::1]:8080", "http://[::1]"):
        client = Client(endpoint, NETWORK.genesis, retries=0)
        client.transport.credential = Noted()
        with pytest.raises(TrellisError):
            client.state("0" * 64)
    assert set(seen) <= {"localhost", "[::1]:8080", "[::1]"}


def test_one_credential() -> None:
    with pytest.raises(ValueError, match="not both"):
        Client("http://127.0.0.1:1", NETWORK.genesis, token="t", key=KEY)
    client = Client("http://127.0.0.1:1", NETWORK.genesis)
    assert not client.draft("ls", sealing=None).proposal.proposer
    with pytest.raises(ValueError, match="worded"):
        client.submit(client.draft("ls"), kind="command")
