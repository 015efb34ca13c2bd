#!/usr/bin/env python3
"""Runs `trellis bench --json` and holds the figures against thresholds.json. Usage: check.py TRELLIS [bench options]."""
import json
import pathlib
import subprocess
import sys

if len(sys.argv) < 2:
    sys.exit("usage: check.py PATH-TO-TRELLIS [bench options]")
thresholds = json.loads((pathlib.Path(__file__).parent / "thresholds.json").read_text())
rows = json.loads(subprocess.run([sys.argv[1], "bench", "--json", *sys.argv[2:]], check=True, capture_output=True).stdout)
failed = 0
for threshold in thresholds:
    row = next((row for row in rows if row["load"].startswith(threshold["load"])), None)
    value = row[threshold["figure"]] if row else None
    low, high = threshold.get("at_least"), threshold.get("at_most")
    good = value is not None and (low is None or value >= low) and (high is None or value <= high)
    bound = f">= {low}" if low is not None else f"<= {high}"
    print(f"{'ok  ' if good else 'MISS'} {threshold['load']}: {threshold['figure']} {value} (wanted {bound})")
    failed += not good
sys.exit(1 if failed else 0)
