"""What the official client does not send: broken lines, other origins, cancellations, other revisions."""

import contextlib
import json
import pathlib
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import Network
from local_network import running

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Pipe:
    """A conversation line by line."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def send(self, message: object) -> None:
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, line: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def receive(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


@contextmanager
def pipe(network: Network, endpoint: str | None = None) -> Iterator[Pipe]:
    arguments = ["mcp", "--genesis", str(network.genesis), "--endpoint", endpoint or network.endpoint]
    with subprocess.Popen([str(network.binary), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Pipe(process)
            assert process.stdin
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(("asked", "given"), [("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("1999-01-01", "2025-11-25")])
def test_the_revision_is_negotiated(network: Network, asked: str, given: str) -> None:
    parameters = {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    with pipe(network) as line:
        line.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": parameters})
        assert line.receive()["result"]["protocolVersion"] == given
        line.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        line.send(PING)
        assert line.receive() == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_broken_lines_are_answered_and_the_next_is_read(network: Network) -> None:
    with pipe(network) as line:
        for text, code in (
            (b"{", -32700),
            (b"\xff\xfe", -32700),
            (b"[" * 100_000, -32700),
            (b"[]", -32600),
            (b'{"jsonrpc":"2.0","id":1}', -32600),
            (b"x" * (17 << 20), -32600),
            (b'{"jsonrpc":"2.0","id":1,"method":"server/discover"}', -32602),
            (b'{"jsonrpc":"2.0","id":1,"method":"resources/list"}', -32601),
            (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', -32602),
            (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_decision","arguments":[]}}', -32602),
        ):
            line.send_bytes(text + b"\n")
            assert line.receive()["error"]["code"] == code
        line.send_bytes(b"\n  \r\n")
        line.send(PING)
        assert line.receive()["result"] == {}


def test_a_cancelled_call_is_not_answered(network: Network) -> None:
    # Nobody ever answers on a socket that only listens.
    with socket.create_server(("127.0.0.1", 0)) as silent, pipe(network, f"http://127.0.0.1:{silent.getsockname()[1]}") as line:
        call = {"name": "propose_decision", "arguments": {"command": "ls", "timeout": 300}}
        line.send({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": call})
        line.send({"jsonrpc": "2.0", "id": "slow", "method": "ping"})
        assert line.receive()["error"]["code"] == -32600
        line.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "slow"}})
        line.send({"jsonrpc": "2.0", "id": "slow", "method": "ping"})
        assert line.receive() == {"jsonrpc": "2.0", "id": "slow", "result": {}}


def test_a_validator_that_does_not_answer_is_an_error_of_the_tool(network: Network) -> None:
    with pipe(network, "http://127.0.0.1:1") as line:
        line.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_decision", "arguments": {"id": "0" * 64}}})
        result = line.receive()["result"]
        assert result["isError"] and "no answer" in result["content"][0]["text"]


class Liar(BaseHTTPRequestHandler):
    """A validator that answers every question with the decision on another one."""

    endpoint: str
    said: bytes

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(201, self.said)

    def do_GET(self) -> None:
        with urllib.request.urlopen(self.endpoint + self.path, timeout=30) as answer:
            self.reply(answer.status, answer.read())

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_an_approval_of_another_question_is_refused(network: Network) -> None:
    body, named = json.dumps({"command": "ls"}).encode(), {"Content-Type": "application/json", "Idempotency-Key": "monday"}
    asked = urllib.request.Request(f"{network.endpoint}/v1/proposals?wait=certified", body, named)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        handler = type("Handler", (Liar,), {"endpoint": network.endpoint, "said": answer.read()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as liar:
        threading.Thread(target=liar.serve_forever, daemon=True).start()
        with pipe(network, f"http://127.0.0.1:{liar.server_port}") as line:
            # The same words asked anew are another question, too.
            for command, key, is_refused in (("ls", "monday", False), ("ls", "friday", True), ("rm -rf /", "monday", True)):
                call = {"name": "propose_decision", "arguments": {"command": command, "idempotency_key": key}}
                line.send({"jsonrpc": "2.0", "id": command, "method": "tools/call", "params": call})
                result = line.receive()["result"]
                assert result["isError"] is is_refused
                assert is_refused == ("another" in result["content"][0]["text"] and "structuredContent" not in result)
        liar.shutdown()


def post(url: str, body: bytes, **headers: str) -> tuple[int, Any]:
    named = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, named, method="POST"), timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_http_rules(url: str) -> None:
    ping = json.dumps(PING).encode()
    assert post(url, ping) == (200, {"jsonrpc": "2.0", "id": 1, "result": {}})
    assert post(url, b'{"jsonrpc":"2.0","method":"notifications/initialized"}') == (202, None)
    assert post(url, ping, Origin="http://localhost:3000", MCP_Protocol_Version="2025-06-18")[0] == 200
    for status, headers in (
        (403, {"Origin": "https://example.org"}),
        (403, {"Origin": "http://localhost.example.org"}),
        (403, {"Origin": "null"}),
        (400, {"MCP_Protocol_Version": "1999-01-01"}),
        (415, {"Content_Type": "text/plain"}),
        (406, {"Accept": "text/html"}),
    ):
        assert post(url, ping, **headers)[0] == status, headers
    assert post(url, b"{")[1]["error"]["code"] == -32700
    assert post(url, b"[]")[0] == 400
    assert post(url.replace("/mcp", "/"), ping)[0] == 404
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url, timeout=30)
    assert caught.value.code == 405 and caught.value.headers["Allow"] == "POST"


META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def stateless(method: str, meta: object = META, **parameters: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta} | parameters}).encode()


def test_a_connection_speaks_every_revision(network: Network) -> None:
    """A request says for itself which it is of."""
    with pipe(network) as line:
        line.send_bytes(stateless("server/discover") + b"\n")
        found = line.receive()["result"]
        assert found["supportedVersions"][0] == "2026-07-28" and found["resultType"] == "complete" and found["ttlMs"] >= 0
        line.send(PING)
        assert line.receive()["result"] == {}
        for meta, method, code in (
            (META, "ping", -32601),
            ({}, "server/discover", -32602),
            (META | {"io.modelcontextprotocol/protocolVersion": "1900-01-01"}, "tools/list", -32022),
        ):
            line.send_bytes(stateless(method, meta) + b"\n")
            assert line.receive()["error"]["code"] == code


def test_http_headers_of_stateless_requests(url: str) -> None:
    named = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/list"}
    status, answer = post(url, stateless("tools/list"), **named)
    assert status == 200 and answer["result"]["resultType"] == "complete"
    assert answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "trellis"
    called = named | {"Mcp_Method": "tools/call", "Mcp_Name": "verify_receipt"}
    call = stateless("tools/call", name="verify_receipt", arguments={"receipt": ""})
    assert post(url, call, **called)[1]["result"]["structuredContent"]["valid"] is False
    assert post(url, call, **called | {"Mcp_Name": "=?base64?dmVyaWZ5X3JlY2VpcHQ=?="})[0] == 200
    unknown = stateless("tools/call", name="run_command")
    old = META | {"io.modelcontextprotocol/protocolVersion": "1900-01-01"}
    for body, headers, expected in (
        (stateless("tools/list"), {}, (400, -32020)),
        (stateless("tools/list"), {"MCP_Protocol_Version": "2026-07-28"}, (400, -32020)),
        (stateless("tools/list"), named | {"MCP_Protocol_Version": "2025-11-25"}, (400, -32020)),
        (stateless("tools/list"), named | {"Mcp_Method": "tools/call"}, (400, -32020)),
        (call, called | {"Mcp_Name": "get_decision"}, (400, -32020)),
        (call, named | {"Mcp_Method": "tools/call"}, (400, -32020)),
        (stateless("tools/list", old), named | {"MCP_Protocol_Version": "1900-01-01"}, (400, -32022)),
        (json.dumps(PING).encode(), {"MCP_Protocol_Version": "1900-01-01"}, (400, -32022)),
        (stateless("tools/list", {}), named, (400, -32602)),
        (stateless("tools/list", 7), named, (400, -32602)),
        (unknown, called | {"Mcp_Name": "run_command"}, (400, -32602)),
        (stateless("resources/list"), named | {"Mcp_Method": "resources/list"}, (404, -32601)),
        (stateless("ping"), named | {"Mcp_Method": "ping"}, (404, -32601)),
    ):
        status, answer = post(url, body, **headers)
        assert (status, answer["error"]["code"], answer["id"]) == (*expected, 1), (body, headers)
    notification = b'{"jsonrpc":"2.0","method":"notifications/x"}'
    assert post(url, notification, MCP_Protocol_Version="2026-07-28") == (202, None)
    assert post(url, notification, MCP_Protocol_Version="1900-01-01")[0] == 400


def test_a_connection_ends_with_the_answer_and_says_so(url: str) -> None:
    """Lest a client asks on it again, just when it ends."""
    host = url.split("/")[2]
    named = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list", "Content-Type": "application/json"}
    with contextlib.closing(HTTPConnection(host, timeout=30)) as connection:
        connection.request("POST", "/mcp", stateless("tools/list"), named)
        answer = connection.getresponse()
        assert answer.headers["Connection"] == "close" and json.loads(answer.read())["result"]["tools"]


def test_a_client_that_goes_cancels_its_stateless_call(network: Network, tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [str(network.binary), "mcp", "--genesis", str(network.genesis), "--endpoint", endpoint, "--http", "0"]
        with running(command, tmp_path, lambda words: "serves http://" in words) as log:
            port = int(log.read_text().split("serves ")[1].split()[0].split(":")[2].split("/")[0])
            body = stateless("tools/call", name="propose_decision", arguments={"command": "ls", "timeout": 300})
            head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            mirrored = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: propose_decision\r\n\r\n"
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall((head + mirrored).encode() + body)
                asked, _ = silent.accept()
            with asked:
                asked.settimeout(60)
                while asked.recv(1 << 16):
                    pass


def test_http_takes_no_larger_message(url: str) -> None:
    try:
        status, _ = post(url, b" " * (17 << 20))
    except (urllib.error.URLError, ConnectionError):
        return  # Cut off while it still sent.
    assert status == 413
