"""Key files that `trellis client keygen` wrote."""

import json
import pathlib
import subprocess

import pytest
from local_network import binary as binary

from trellis_crypto import open_client_key


@pytest.mark.parametrize("scheme", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
def test_keys_of_clients(scheme: str, binary: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_PASSPHRASE", "größe")
    command = [str(binary), "client", "keygen", "ci.key", "--name", "ci", "--scheme", scheme]
    entry = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    file = (tmp_path / "ci.key").read_bytes()
    assert f'key: "{open_client_key(file, "größe").public_key().public_bytes_raw().hex()}"' in entry
    members = json.loads(file)
    (key,) = members["keys"]
    several: tuple[object, ...] = (
        members | {"name": "cj"},
        members | {"keys": []},
        members | {"keys": [key, key]},
        members | {"keys": [key | {"role": "seat"}]},
        members | {"keys": [key | {"scheme": "Ed25519"}]},
        members | {"kdf": members["kdf"] | {"n": 1 << 30}},
        members | {"kdf": members["kdf"] | {"r": [8]}},
        members | {"ciphertext": ""},
        members | {"chain_id": "00"},
        {},
        [],
    )
    for bad in several:
        with pytest.raises(ValueError, match="key file"):
            open_client_key(json.dumps(bad).encode(), "größe")
    for broken in (b"", b"\xff", b"[" * 100_000, file[:-9]):
        with pytest.raises(ValueError, match="key file"):
            open_client_key(broken, "größe")
    with pytest.raises(ValueError, match="another passphrase"):
        open_client_key(file, "grösse")
