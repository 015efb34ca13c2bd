#!/usr/bin/env python3
"""Runs `trellis bench --json` and holds the figures against thresholds.json; with --crypto, `trellis crypto speed --json` against
crypto-thresholds.json; with --council, `trellis council speed --json` against council-thresholds.json; with --client,
`trellis client speed --json` against client-thresholds.json; with --optimizer, `trellis optimizer traces --json` against
optimizer-thresholds.json.
Usage: check.py TRELLIS [--crypto | --council | --client | --optimizer] [options of the command]."""
import json
import pathlib
import subprocess
import sys

if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
    sys.exit("usage: check.py PATH-TO-TRELLIS [--crypto | --council | --client | --optimizer] [options of the command]")
options = sys.argv[2:]
command, file = ["bench"], "thresholds.json"
if options[:1] == ["--crypto"]:
    command, file, options = ["crypto", "speed"], "crypto-thresholds.json", options[1:]
elif options[:1] == ["--council"]:
    command, file, options = ["council", "speed"], "council-thresholds.json", options[1:]
elif options[:1] == ["--client"]:
    command, file, options = ["client", "speed"], "client-thresholds.json", options[1:]
elif options[:1] == ["--optimizer"]:
    command, file, options = ["optimizer", "traces"], "optimizer-thresholds.json", options[1:]
thresholds = json.loads((pathlib.Path(__file__).parent / file).read_text())
rows = json.loads(subprocess.run([sys.argv[1], *command, "--json", *options], check=True, capture_output=True).stdout)
failed = 0
for threshold in thresholds:
    named = [row for row in rows if row["load"] == threshold["load"]]
    row = next(iter(named + [row for row in rows if row["load"].startswith(threshold["load"])]), None)
    value = row[threshold["figure"]] if row else None
    low, high = threshold.get("at_least"), threshold.get("at_most")
    good = value is not None and (low is None or value >= low) and (high is None or value <= high)
    bound = f">= {low}" if low is not None else f"<= {high}"
    print(f"{'ok  ' if good else 'MISS'} {threshold['load']}: {threshold['figure']} {value} (wanted {bound})")
    failed += not good
sys.exit(1 if failed else 0)
