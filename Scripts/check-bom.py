#!/usr/bin/env python3
"""Checks that `trellis crypto bom` is a CycloneDX 1.7 document, against the published JSON schema.

    python3 -m venv .venv && .venv/bin/pip install 'cyclonedx-python-lib[json-validation]'
    trellis crypto bom | .venv/bin/python Scripts/check-bom.py [FILE]

Exits with 1 and the first error when it is not, or when a component is referred to that is not there.
"""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def main():
    text = open(sys.argv[1]).read() if len(sys.argv) > 1 else sys.stdin.read()
    error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    if error:
        sys.exit(f"error: not CycloneDX 1.7: {error}")
    bom = json.loads(text)
    assets = {part["bom-ref"] for part in bom["components"] if part["type"] == "cryptographic-asset"}
    provided = set()
    for dependency in bom["dependencies"]:
        provided.update(dependency.get("provides", []))
    if provided != assets:
        sys.exit(f"error: provided and listed differ: {sorted(provided ^ assets)}")
    print(f"CycloneDX {bom['specVersion']}: {len(assets)} cryptographic assets")


if __name__ == "__main__":
    main()
