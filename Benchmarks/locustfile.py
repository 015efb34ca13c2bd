"""Load by Locust: users who put the shipped commands to a council of 21, wait for each decision, and think for a second. At the end the figures
are held against load-thresholds.json; the exit code is 1 where one is missed. TRELLIS_ENDPOINTS names the validators, over which users are
spread; TRELLIS_COUNCIL another council.

    trellis network init --validators 4 --out net --council Examples/councils/computer-science.yaml
    locust -f Benchmarks/locustfile.py --headless -u 100 -r 100 -t 5m

A signature that fails shows at a validator as a block that it rejected: rejected_blocks counts those of all validators during the run.
"""

import itertools
import json
import os
import pathlib
import random
import urllib.request

from locust import FastHttpUser, constant, events, task

HERE = pathlib.Path(__file__).resolve().parent
ENDPOINTS = os.environ.get("TRELLIS_ENDPOINTS", ",".join(f"http://127.0.0.1:{8080 + place}" for place in range(4))).split(",")
COMMANDS = [json.loads(line) for line in (HERE.parent / "Examples" / "shell-commands.jsonl").read_text().splitlines() if line.strip()]
COUNCIL = os.environ.get("TRELLIS_COUNCIL", "computer-science")
SENT = ("command", "cwd", "agent", "purpose")
turns = itertools.count()


class Agent(FastHttpUser):
    wait_time = constant(1)

    def __init__(self, environment):
        self.host = ENDPOINTS[next(turns) % len(ENDPOINTS)]
        super().__init__(environment)

    @task
    def propose(self):
        command = random.choice(COMMANDS)
        body = {"council": COUNCIL} | {name: command[name] for name in SENT if name in command}
        with self.client.post("/v1/proposals?wait=decided", json=body, catch_response=True) as answer:
            if answer.status_code != 201 or answer.json()["status"] not in ("approved", "rejected"):
                answer.failure(f"status {answer.status_code}: {answer.text}")


def rejected_blocks():
    answers = (urllib.request.urlopen(f"{endpoint}/v1/status", timeout=30) for endpoint in ENDPOINTS)
    return sum(json.load(answer)["blocks_rejected"] for answer in answers)


@events.test_start.add_listener
def begin(environment, **_):
    environment.rejected_before = rejected_blocks()


@events.quitting.add_listener
def check(environment, **_):
    thresholds = json.loads((HERE / "load-thresholds.json").read_text())
    total = environment.stats.total
    figures = {
        "requests_per_second": total.total_rps,
        "p95_ms": total.get_response_time_percentile(0.95),
        "error_rate": total.fail_ratio,
        "rejected_blocks": rejected_blocks() - environment.rejected_before,
    }
    for threshold in thresholds:
        value, least, most = figures[threshold["figure"]], threshold.get("at_least"), threshold.get("at_most")
        good = value is not None and (least is None or value >= least) and (most is None or value <= most)
        print(f"{'ok  ' if good else 'MISS'} {threshold['figure']} {value} (wanted {f'>= {least}' if most is None else f'<= {most}'})")
        if not good:
            environment.process_exit_code = 1
