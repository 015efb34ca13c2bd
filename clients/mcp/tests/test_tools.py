"""The tools, called by the official client, which holds every structured answer against the tool's output schema."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from conftest import Server
from mcp import Client, MCPError

HARMLESS, HARMFUL = "ls -la", "sudo rm -rf /srv/data"


def use(server: Server, body: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Client(server.target, mode=server.mode) as client:
            await client.list_tools()
            await body(client)

    asyncio.run(run())


async def call(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def refusal(client: Client, name: str, **arguments: Any) -> str:
    result = await client.call_tool(name, arguments)
    assert result.is_error and result.structured_content is None
    return str(result.content[0].text)  # type: ignore[union-attr]


def test_tools_are_listed_with_their_schemas(server: Server) -> None:
    async def body(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"propose_decision", "get_decision", "verify_receipt", "check_capability"}
        assert all(tool.output_schema and tool.input_schema["additionalProperties"] is False for tool in tools.values())
        assert client.protocol_version == server.revision
        assert client.server_info is not None and client.server_info.name == "trellis"

    use(server, body)


def test_decisions_are_verified(server: Server) -> None:
    async def body(client: Client) -> None:
        good = await call(client, "propose_decision", command=HARMLESS, fields={"agent": "coder"}, include_receipt=True)
        assert (good["status"], good["verified"], good["text"], good["fields"]) == ("approved", True, HARMLESS, {"agent": "coder"})
        assert good["tally"][0]["approve"] >= good["tally"][0]["needed"] and good["proof"]["post_quantum"]
        bad = await call(client, "propose_decision", command=HARMFUL)
        assert (bad["status"], bad["verified"]) == ("rejected", True) and "receipt" not in bad
        assert any("/srv/data" in vote["reason"] for vote in bad["votes"])
        seen = await call(client, "get_decision", id=good["id"])
        assert seen["verified"] and (seen["votes"], seen["tally"]) == (good["votes"], good["tally"])

        proven = await call(client, "verify_receipt", receipt=good["receipt"])
        assert proven["valid"] and proven["id"] == good["id"] and proven["decision"]["status"] == "approved"
        for forged in (
            good["receipt"].replace('"approved"', '"rejected"'),
            good["receipt"].replace(HARMLESS, HARMFUL),
            good["receipt"].replace("A", "B", 1),
            good["receipt"][:-20],
            "{}",
            "",
        ):
            answer = await call(client, "verify_receipt", receipt=forged)
            assert not answer["valid"] and answer["error"] and "decision" not in answer

    use(server, body)


def test_a_decision_without_a_receipt_is_marked(server: Server) -> None:
    async def body(client: Client) -> None:
        said = await call(client, "propose_decision", text="Merge?", kind="question", wait="decided")
        assert said["status"] == "rejected" and isinstance(said["verified"], bool)
        if not said["verified"]:
            assert "proof" not in said

    use(server, body)


def test_the_same_key_asks_once(server: Server) -> None:
    async def body(client: Client) -> None:
        key = f"once-{type(server.target).__name__}-{server.mode}"
        same = [call(client, "propose_decision", command="uptime", idempotency_key=key) for _ in range(4)]
        assert len({answer["id"] for answer in await asyncio.gather(*same)}) == 1
        assert "idempotency" in (await refusal(client, "propose_decision", command="date", idempotency_key=key)).lower()

    use(server, body)


def test_capabilities(server: Server) -> None:
    async def body(client: Client) -> None:
        granted = await call(client, "check_capability", capabilities=["network", "write-files"], council="guards")
        assert granted["permitted"] and granted["verified"] and granted["text"] == "network,write-files"
        refused = await call(client, "check_capability", capabilities=["network", "privileges"], council="guards")
        assert not refused["permitted"] and refused["status"] == "rejected" and refused["verified"]
        assert any("privileges" in vote["reason"] for vote in refused["votes"])
        # The standard policy has no rule for capabilities alone, and judges a command by what it does.
        assert not (await call(client, "check_capability", capabilities=["network"]))["permitted"]
        assert (await call(client, "check_capability", capabilities=["write-files"], command="mkdir -p build"))["permitted"]
        assert not (await call(client, "check_capability", capabilities=["delete-files"], command=HARMFUL))["permitted"]

    use(server, body)


def test_bad_calls(server: Server) -> None:
    async def body(client: Client) -> None:
        for name, arguments, words in (
            ("propose_decision", {}, "needs 'command' or 'text'"),
            ("propose_decision", {"command": "ls", "text": "ls"}, "give it alone"),
            ("propose_decision", {"comand": "ls"}, "no argument 'comand'"),
            ("propose_decision", {"command": 7}, "must be a string"),
            ("propose_decision", {"command": "x" * 70_000}, "more than"),
            ("propose_decision", {"command": "ls", "timeout": 0}, "whole number from 1 to 300"),
            ("propose_decision", {"command": "ls", "wait": "forever"}, "decided or certified"),
            ("propose_decision", {"command": "ls", "idempotency_key": "a\r\nb"}, "visible ASCII"),
            ("propose_decision", {"command": "ls", "council": "nobody"}, "no council"),
            ("propose_decision", {"command": "ls", "fields": {"a": 1}}, "'fields'"),
            ("get_decision", {"id": "0" * 63}, "64 hexadecimal digits"),
            ("get_decision", {"id": "0" * 64}, "no"),
            ("verify_receipt", {}, "'receipt'"),
            ("check_capability", {"capabilities": []}, "'capabilities'"),
            ("check_capability", {"capabilities": ["a,b"]}, "'capabilities'"),
            ("check_capability", {"capabilities": ["network"], "fields": {"capabilities": "x"}}, "'fields'"),
        ):
            assert words in await refusal(client, name, **arguments), arguments
        with pytest.raises(MCPError) as caught:
            await client.call_tool("run_command", {"command": "ls"})
        assert caught.value.code == -32602

    use(server, body)
