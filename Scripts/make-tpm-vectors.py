#!/usr/bin/env python3
"""Writes Tests/TrellisAuditTests/Vectors/tpm_quote.json: quotes of a software TPM by tpm2-tools, whole and tampered with. Needs swtpm,
swtpm-tools and tpm2-tools; what comes out differs with every run, since the TPM is made anew.

    python3 Scripts/make-tpm-vectors.py > Tests/TrellisAuditTests/Vectors/tpm_quote.json
"""
import hashlib
import json
import os
import subprocess
import tempfile

EVENTS = ["enter-initrd", "ready", "checkpoint 1", "checkpoint 2"]
# tpm2-tools' algorithm, scheme and hash of each attestation key.
KEYS = [
    ("p256", "ecc256", "ecdsa", "sha256"),
    ("p256", "ecc256", "ecdsa", "sha384"),
    ("p384", "ecc384", "ecdsa", "sha384"),
    ("rsa2048", "rsa2048", "rsassa", "sha256"),
]


def tool(*arguments):
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)


class TPM:
    """A new software TPM on a socket."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = self.folder.name
        tool("swtpm_setup", "--tpm2", "--tpmstate", path, "--createek", "--decryption", "--pcr-banks", "sha256,sha384")
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={path}", "--server", f"type=unixio,path={path}/s", "--ctrl",
             f"type=unixio,path={path}/s.ctrl", "--flags", "not-need-init,startup-clear"],
            stderr=subprocess.DEVNULL)
        os.environ["TPM2TOOLS_TCTI"] = f"swtpm:path={path}/s"
        while not os.path.exists(f"{path}/s"):
            assert self.process.poll() is None
        return path

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def event(text):
    return {"pcr": 11, "event": text, **{name: hashlib.new(name, text.encode()).hexdigest() for name in ("sha256", "sha384")}}


def quote(path, key, nonce, bank, log):
    """A quote as it is, and the value of the register that it should be of."""
    name, algorithm, scheme, digest = key
    tool("tpm2_createek", "-c", f"{path}/ek", "-G", "ecc", "-u", f"{path}/ek.pub")
    tool("tpm2_createak", "-C", f"{path}/ek", "-c", f"{path}/ak", "-G", algorithm.rstrip("0123456789") if name == "rsa2048" else algorithm,
         "-g", digest, "-s", scheme, "-u", f"{path}/ak.pem", "-f", "pem")
    tool("tpm2_flushcontext", "-t")
    tool("tpm2_quote", "-c", f"{path}/ak", "-l", f"{bank}:11", "-g", digest, "-q", nonce, "-m", f"{path}/m", "-s", f"{path}/s.sig", "-f", "plain")
    tool("tpm2_flushcontext", "-t")
    value = bytes(hashlib.new(bank).digest_size)
    for entry in log:
        value = hashlib.new(bank, value + bytes.fromhex(entry[bank])).digest()
    read = lambda file: open(f"{path}/{file}", "rb").read()
    return {
        "ak": name, "akPublicPem": read("ak.pem").decode(), "sigScheme": scheme, "sigHash": digest, "bank": bank, "pcrSelection": [11],
        "nonce": nonce, "pcr11": value.hex(), "eventLog": log, "quoteMessage": read("m").hex(), "signatureDer": read("s.sig").hex(),
    }


def tampered(whole):
    """What a verifier must refuse, and why."""
    log = whole["eventLog"]
    flipped = whole["quoteMessage"][:-2] + f"{int(whole['quoteMessage'][-2:], 16) ^ 1:02x}"
    yield {"nonce": "00" * 32}, "bad-nonce"
    yield {"eventLog": log[1:] + log[:1]}, "pcr-digest-mismatch"
    yield {"eventLog": log[:-1]}, "pcr-digest-mismatch"
    yield {"eventLog": log + log[-1:]}, "pcr-digest-mismatch"
    yield {"eventLog": log[:-1] + [{**log[-1], "event": "checkpoint 3"}]}, "event-digest-mismatch"
    yield {"quoteMessage": flipped}, "bad-signature"
    yield {"quoteMessage": whole["quoteMessage"] + "00"}, "bad-signature"


def main():
    tests = []
    log = [event(text) for text in EVENTS]
    with TPM() as path:
        for entry in log:
            tool("tpm2_pcrextend", f"11:sha256={entry['sha256']},sha384={entry['sha384']}")
        for place, key in enumerate(KEYS):
            whole = quote(path, key, hashlib.sha256(bytes([place])).hexdigest(), "sha384" if place == 1 else "sha256", log)
            tests.append({**whole, "expected": "valid"})
            if key[0] == "p256" and key[3] == "sha256":
                tests += [{**whole, **change, "expected": reason} for change, reason in tampered(whole)]
    for place, test in enumerate(tests):
        test["tcId"] = place + 1
    print(json.dumps({"source": "swtpm and tpm2-tools, by Scripts/make-tpm-vectors.py", "tests": tests}, separators=(",", ":")))


main()
