#!/usr/bin/env python3
"""Tortures four validators as processes of their own, with real disks and sockets, while clients write numbered records: kill -9, SIGSTOP,
links that delay, stall and break, partitions, a full disk. In the end every acknowledged record must be in every ledger exactly once, in one
order, and nobody may have been taken for an equivocator. Needs nothing but Python; a full disk needs root, for a small tmpfs.

    python3 Tests/torture.py --trellis .build/release/trellis --minutes 5 [--seed 7] [--work DIR]
    python3 Tests/torture.py --trellis .build/release/trellis --recovery 1000000
    python3 Tests/torture.py --trellis .build/release/trellis --catch-up 200000

The second measures how long a validator with so many records takes after kill -9 until it serves and follows again; the third, how fast one that
was away while so many were written catches up, by blocks and by certified commits in turn. Exit codes: 0 all held, 1 something did not, 2 usage.
"""
import argparse
import asyncio
import collections
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

VALIDATORS = 4
BINARY = "application/vnd.trellis.records"


def free_ports():
    """The first of the ports of validators and links, where nobody listens on any."""
    needed = [*range(VALIDATORS), *range(10, 10 + VALIDATORS), *range(100, 100 + VALIDATORS * VALIDATORS)]
    for first in range(21000, 31000, 200):
        try:
            for offset in needed:
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
    raise SystemExit("no free ports from 21000 to 31000")


class Link:
    """A TCP relay from one validator to another that can be made slow, stalled or cut."""

    def __init__(self, source, target, port, target_port):
        self.source, self.target, self.port, self.target_port = source, target, port, target_port
        self.delay = 0.0
        self.is_stalled = False
        self.is_cut = False
        self.writers = set()

    async def start(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", self.port)

    async def accept(self, reader, writer):
        try:
            if self.is_cut:
                raise ConnectionError
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.close()
            return
        self.writers |= {writer, far_writer}
        try:
            await asyncio.gather(self.pump(reader, far_writer), self.pump(far_reader, writer))
        except asyncio.CancelledError:
            pass
        self.writers -= {writer, far_writer}

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(random.random() * self.delay)
                while self.is_stalled:
                    await asyncio.sleep(0.02)
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def drop(self):
        for writer in list(self.writers):
            writer.transport.abort()


class Network:
    def __init__(self, trellis, folder, port, has_links=True):
        self.trellis, self.folder = trellis, folder
        self.peer_port, self.api_port = port, port + 10
        self.directory = f"{folder}/network"
        subprocess.run(
            [trellis, "network", "init", "--validators", str(VALIDATORS), "--out", self.directory, "--peer-port", str(self.peer_port),
             "--api-port", str(self.api_port)], check=True, stdout=subprocess.DEVNULL)
        self.links = {}
        self.processes = [None] * VALIDATORS
        for source in range(VALIDATORS if has_links else 0):
            path = f"{self.directory}/validator-{source}/node.yaml"
            text = open(path).read()
            for target in range(VALIDATORS):
                if target == source:
                    continue
                relay = port + 100 + source * VALIDATORS + target
                head, _, tail = text.partition("peers:")
                text = head + "peers:" + tail.replace(f":{self.peer_port + target}", f":{relay}")
                self.links[source, target] = Link(source, target, relay, self.peer_port + target)
            open(path, "w").write(text)

    def data(self, index):
        return f"{self.directory}/validator-{index}/data"

    def start(self, index):
        log = open(f"{self.directory}/validator-{index}/log", "ab")
        self.processes[index] = subprocess.Popen(
            [self.trellis, "node", "--config", f"{self.directory}/validator-{index}/node.yaml"], stdout=log, stderr=log)

    def is_up(self, index):
        return self.processes[index] is not None and self.processes[index].poll() is None

    def signal(self, index, number):
        if self.is_up(index):
            self.processes[index].send_signal(number)

    def murder(self, index):
        self.signal(index, signal.SIGKILL)
        if self.processes[index] is not None:
            self.processes[index].wait()

    async def request(self, index, method, path, body=b"", headers=(), timeout=15):
        """Status and body of an HTTP exchange on a connection of its own."""
        async def exchange():
            reader, writer = await asyncio.open_connection("127.0.0.1", self.api_port + index)
            try:
                lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.api_port + index}", "Connection: close", f"Content-Length: {len(body)}", *headers, "", ""]
                writer.write("\r\n".join(lines).encode() + body)
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                rest = await (reader.readexactly(int(length[0].split(b":")[1])) if length else reader.read())
                return int(head.split()[1]), rest
            finally:
                writer.close()
        return await asyncio.wait_for(exchange(), timeout)

    async def status(self, index):
        return json.loads((await self.request(index, "GET", "/v1/status", timeout=3))[1])

    async def ready(self, index, seconds=120):
        """Waits until a validator serves; how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            try:
                if (await self.request(index, "GET", "/readyz", timeout=2))[0] == 200:
                    return time.monotonic() - began
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.02)
        raise SystemExit(f"validator {index} did not get ready: see {self.directory}/validator-{index}/log")

    async def settled(self, seconds=180):
        """Waits until all logs are equally long and certified; the statuses."""
        began = time.monotonic()
        states = []
        while time.monotonic() - began < seconds:
            try:
                states = [await self.status(index) for index in range(VALIDATORS)]
                sizes = {state["log_size"] for state in states}
                if len(sizes) == 1 and all(s["certified_log_size"] == s["log_size"] and not s["pool_transactions"] for s in states):
                    return states
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.2)
        raise SystemExit(f"the validators do not agree {seconds} s after everything was repaired: {states}")

    async def ledger(self, index, size):
        """The identifiers of the whole log, in order."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.api_port + index, limit=1 << 22)
        writer.write(
            f"GET /v1/events?from=0 HTTP/1.1\r\nHost: 127.0.0.1:{self.api_port + index}\r\nConnection: close\r\n\r\n".encode())
        identifiers = []
        while len(identifiers) < size:
            line = await asyncio.wait_for(reader.readline(), 60)
            if not line:
                break
            if line.startswith(b"data:") and b'"log_index"' in line:
                event = json.loads(line[5:])
                if event["log_index"] != len(identifiers):
                    raise SystemExit(f"validator {index} tells entry {event['log_index']} where {len(identifiers)} is due")
                identifiers.append(event["id"])
        writer.close()
        return identifiers


class Torture:
    def __init__(self, network, seed):
        self.network = network
        self.random = random.Random(seed)
        self.acknowledged = []
        self.requests = 0
        self.faults = collections.Counter()
        self.recoveries = []
        self.has_small_disk = False
        self.is_disk_full = False
        self.is_over = False

    def mount(self, index, minutes):
        """A disk for one validator, small, but with room for all that is written in so many minutes."""
        size = 96 + int(64 * minutes)
        os.makedirs(self.network.data(index), exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0700", "tmpfs", self.network.data(index)]
        self.has_small_disk = os.geteuid() == 0 and subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

    async def write(self, writer):
        """Writes numbered records, each until some validator acknowledges it, under one idempotency key."""
        number = 0
        while not self.is_over:
            records = [f"{writer}:{number}:{place}".encode() for place in range(self.random.choice([1, 1, 20]))]
            body = struct.pack("<I", len(records)) + b"".join(struct.pack("<I", len(record)) + record for record in records)
            wait = self.random.choice(["decided", "certified"])
            headers = [f"Content-Type: {BINARY}", f"Accept: {BINARY}", f"Idempotency-Key: {writer}-{number}"]
            while not self.is_over:
                self.requests += 1
                try:
                    status, answer = await self.network.request(
                        self.random.randrange(VALIDATORS), "POST", f"/v1/records?wait={wait}&timeout=4", body, headers, timeout=6)
                except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                    await asyncio.sleep(0.05)
                    continue
                if status in (200, 201):
                    self.acknowledged += [answer[4 + 32 * place:36 + 32 * place].hex() for place in range(len(records))]
                    break
                await asyncio.sleep(0.05)
            number += 1

    def count(self, fault, had_effect=True):
        self.faults[fault] += had_effect

    # Faults, each with its end; counted when they meet something: a process that runs, a link, a disk that fills.

    async def kill(self):
        for index in self.random.sample(range(VALIDATORS), self.random.choice([1, 1, 1, 1, 2, 4])):
            self.count("kill", self.network.is_up(index))
            self.network.murder(index)
            asyncio.ensure_future(self.revive(index, self.random.random() * 8))

    async def revive(self, index, delay):
        await asyncio.sleep(delay)
        if not self.network.is_up(index):
            self.network.start(index)
            self.recoveries.append(await self.network.ready(index))

    async def crash_loop(self):
        index = self.random.randrange(VALIDATORS)
        for _ in range(self.random.randrange(2, 6)):
            self.count("crash_loop", self.network.is_up(index))
            self.network.murder(index)
            self.network.start(index)
            await asyncio.sleep(self.random.random() * 0.6)
        await self.network.ready(index)

    async def stop(self):
        index = self.random.randrange(VALIDATORS)
        self.count("stop", self.network.is_up(index))
        self.network.signal(index, signal.SIGSTOP)
        await asyncio.sleep(self.random.random() * 6)
        self.network.signal(index, signal.SIGCONT)

    async def slow(self):
        links = self.random.sample(list(self.network.links.values()), 5)
        for link in links:
            link.delay = self.random.random() * 0.6
            self.count("slow")
        await asyncio.sleep(self.random.random() * 6)
        for link in links:
            link.delay = 0.0

    async def stall(self):
        links = self.random.sample(list(self.network.links.values()), self.random.randrange(1, 9))
        for link in links:
            link.is_stalled = True
            self.count("stall")
        await asyncio.sleep(self.random.random() * 6)
        for link in links:
            link.is_stalled = False

    async def drop(self):
        for link in self.network.links.values():
            if self.random.random() < 0.4:
                link.drop()
                self.count("drop")

    async def part(self):
        sides = [self.random.random() < 0.5 for _ in range(VALIDATORS)]
        links = [link for link in self.network.links.values() if sides[link.source] != sides[link.target]]
        for link in links:
            link.is_cut = True
            link.drop()
        self.count("part", bool(links))
        await asyncio.sleep(self.random.random() * 7)
        for link in links:
            link.is_cut = False

    async def fill_disk(self):
        if not self.has_small_disk or self.is_disk_full:
            return
        self.is_disk_full = True
        index = VALIDATORS - 1
        filler = f"{self.network.data(index)}/filler"
        try:
            with open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError:
            self.count("fill_disk")
        await asyncio.sleep(1 + self.random.random() * 5)
        os.remove(filler)
        # A validator that could not write stops, and says why: it is started again.
        self.network.murder(index)
        await self.revive(index, 0)
        self.is_disk_full = False

    async def run(self, minutes):
        self.mount(VALIDATORS - 1, minutes)
        await self.start_all()
        writers = [asyncio.ensure_future(self.write(writer)) for writer in range(6)]
        kinds = [self.kill, self.kill, self.crash_loop, self.stop, self.slow, self.stall, self.drop, self.part, self.fill_disk]
        end = time.monotonic() + minutes * 60
        pending = set()
        while time.monotonic() < end:
            pending.add(asyncio.ensure_future(self.random.choice(kinds)()))
            await asyncio.sleep(self.random.random() * 4)
            pending = {task for task in pending if not task.done() or task.result()}
        await asyncio.gather(*pending)
        self.is_over = True
        await asyncio.gather(*writers)
        await self.check()

    async def check(self):
        for index in range(VALIDATORS):
            self.network.signal(index, signal.SIGCONT)
            if not self.network.is_up(index):
                self.network.start(index)
        for index in range(VALIDATORS):
            await self.network.ready(index)
        for index in range(VALIDATORS):
            # A validator that met a full disk stopped itself.
            if (await self.network.status(index))["alarm"]:
                self.network.murder(index)
                await self.revive(index, 0)
        states = await self.network.settled()
        ledgers = [await self.network.ledger(index, states[0]["log_size"]) for index in range(VALIDATORS)]
        problems = []
        first = ledgers[0]
        for index, ledger in enumerate(ledgers):
            if ledger != first:
                problems.append(f"validator {index} has another ledger")
        if len(set(first)) != len(first):
            problems.append("an entry is there twice")
        if lost := set(self.acknowledged) - set(first):
            problems.append(f"{len(lost)} acknowledged records are lost, the first is {sorted(lost)[0]}")
        if any(state["evidence"] or state["equivocations"] for state in states):
            problems.append("a validator signed twice for one round")
        faults = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(self.faults.items()))
        print(f"{len(self.acknowledged)} records acknowledged in {self.requests} requests, {len(first)} in every ledger")
        print(f"faults: {faults}" + ("" if self.has_small_disk else " (no full disk: not root)"))
        if self.recoveries:
            ordered = sorted(self.recoveries)
            print(f"{len(ordered)} restarts, ready after {ordered[len(ordered) // 2]:.2f} s in the middle, {ordered[-1]:.2f} s at worst")
        for problem in problems:
            print(f"VIOLATION {problem}")
        if problems:
            raise SystemExit(1)

    async def start_all(self):
        for link in self.network.links.values():
            await link.start()
        for index in range(VALIDATORS):
            self.network.start(index)
        for index in range(VALIDATORS):
            await self.network.ready(index)

    async def fill(self, numbers, batch, among):
        """Writes records with these numbers through some of the validators, sixteen requests at a time."""
        headers = [f"Content-Type: {BINARY}", f"Accept: {BINARY}"]

        async def feed(first, last, index):
            for start in range(first, last, batch):
                chunk = [f"record {number:060}".encode() for number in range(start, min(last, start + batch))]
                body = struct.pack("<I", len(chunk)) + b"".join(struct.pack("<I", len(record)) + record for record in chunk)
                while (await self.network.request(index, "POST", "/v1/records?wait=decided&timeout=60", body, headers, 70))[0] >= 300:
                    await asyncio.sleep(0.1)

        share = len(numbers) // 16
        firsts = [numbers.start + place * share for place in range(16)]
        await asyncio.gather(*[feed(first, first + share, among[place % len(among)]) for place, first in enumerate(firsts)])

    async def measure_recovery(self, records):
        await self.start_all()
        began = time.monotonic()
        await self.fill(range(records), 2000, range(VALIDATORS))
        size = (await self.network.settled(600))[0]["log_size"]
        print(f"{size} records of 67 bytes in {time.monotonic() - began:.0f} s")
        for index in range(2):
            self.network.murder(index)
            began = time.monotonic()
            self.network.start(index)
            ready = await self.network.ready(index)
            await self.network.settled(600)
            print(f"after kill -9, validator {index} serves in {ready:.2f} s and follows after {time.monotonic() - began:.2f} s")

    async def measure_catching_up(self, records):
        await self.start_all()
        absent = VALIDATORS - 1
        configuration = f"{self.network.directory}/validator-{absent}/node.yaml"
        plain = open(configuration).read()
        for turn, way in enumerate(["blocks", "commits"] * 2):
            self.network.murder(absent)
            before = (await self.network.status(0))["highest_round"]
            await self.fill(range(turn * records, (turn + 1) * records), 2, range(absent))
            blocks = absent * ((await self.network.status(0))["highest_round"] - before)
            open(configuration, "w").write(plain + f"catch_up: {way}\n")
            size = (await self.network.status(0))["log_size"]
            began = time.monotonic()
            self.network.start(absent)
            ready = await self.network.ready(absent)
            while (await self.network.status(absent))["log_size"] < size:
                await asyncio.sleep(0.01)
            took = time.monotonic() - began
            print(f"by {way}: {blocks} blocks, {records} records in {took:.2f} s from its start, {ready:.2f} s of them until it serves: {blocks / took:.0f} blocks/s", flush=True)
            await self.network.settled(600)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trellis", required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, help="the first of the ports that are taken; else some that are free")
    parser.add_argument("--work")
    parser.add_argument("--recovery", type=int)
    parser.add_argument("--catch-up", type=int)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="trellis-torture-", dir=arguments.work)
    network = Network(os.path.abspath(arguments.trellis), folder, arguments.port or free_ports(), has_links=not arguments.catch_up)
    torture = Torture(network, arguments.seed)
    is_whole = False
    try:
        if arguments.catch_up:
            asyncio.run(torture.measure_catching_up(arguments.catch_up))
        elif arguments.recovery:
            asyncio.run(torture.measure_recovery(arguments.recovery))
        else:
            asyncio.run(torture.run(arguments.minutes))
        is_whole = True
    finally:
        for index in range(VALIDATORS):
            network.murder(index)
        if torture.has_small_disk:
            subprocess.run(["umount", network.data(VALIDATORS - 1)])
        if is_whole:
            shutil.rmtree(folder)
        else:
            print(f"what is left stands in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
