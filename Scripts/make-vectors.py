#!/usr/bin/env python3
"""Makes the small test vectors in Tests/TrellisCryptoTests/Vectors with implementations that are not ours.

    python3 -m venv .venv && .venv/bin/pip install cryptography pqcrypto dilithium-py kyber-py slh-dsa pyhsslms
    .venv/bin/python Scripts/make-vectors.py [DIRECTORY [NAME...]]

The files have the shapes of Wycheproof, NIST ACVP and the IETF drafts, so that the conformance runner reads them as it reads
those. Keys come from fixed seeds; hedged signatures, encapsulations and pqcrypto's keys differ from run to run.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

import pqcrypto.sign.ml_dsa_65
import pqcrypto.sign.ml_dsa_87
import pyhsslms.pyhsslms as hsslms
import slhdsa.lowlevel.parameters as slh_parameters
import slhdsa.lowlevel.slhdsa as slh
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dilithium_py.ml_dsa import ML_DSA_44, ML_DSA_65, ML_DSA_87
from kyber_py.ml_kem import ML_KEM_768, ML_KEM_1024

HOUSE = pathlib.Path(__file__).resolve().parent.parent
TARGET = HOUSE / "Tests" / "TrellisCryptoTests" / "Vectors"
P384_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
MLDSA = {"ML-DSA-65": mldsa.MLDSA65PrivateKey, "ML-DSA-87": mldsa.MLDSA87PrivateKey}
PQCRYPTO = {"ML-DSA-65": pqcrypto.sign.ml_dsa_65, "ML-DSA-87": pqcrypto.sign.ml_dsa_87}
DETERMINISTIC = {"ML-DSA-44": ML_DSA_44, "ML-DSA-65": ML_DSA_65, "ML-DSA-87": ML_DSA_87}
KYBER = {"ML-KEM-768": ML_KEM_768, "ML-KEM-1024": ML_KEM_1024}
MLKEM = {"ML-KEM-768": mlkem.MLKEM768PrivateKey, "ML-KEM-1024": mlkem.MLKEM1024PrivateKey}


SLH = [f"SLH-DSA-{family}-{size}{kind}" for family in ("SHA2", "SHAKE") for size in (128, 192, 256) for kind in "sf"]
XMSS_KAT = [
    (
        {
            "S_XMSS": "2719C7548FC8F9843572CA6BCAF6445E64DA9F5987AAB18F5FDC04266E8CC7A0",
            "SK_PRF": "B9CAF7BB4A00F01AB283DA649081954D2F92B0DF57340B35B15F1DBB68E01198",
            "I": "E2E53640A27FEBC7DACF064929F79124F7F95D3CFD8B9367B1B027CF0AF9E6EB",
            "publicKey": "0000000188D42B1FE5C4C90614B213CADEFEC52812F737A598BE27B395589700307A040A"
            "E2E53640A27FEBC7DACF064929F79124F7F95D3CFD8B9367B1B027CF0AF9E6EB",
        },
        [
            {
                "message": "544617A3FC7AEBF5BF12FA471B3A86B1B742265BDD6C0AE46773820DC3ED2B1E53E60C5E1112C29B7437F5678BC54CA2"
                "8E8AEACC2839802717BEC08D03F4235C9D1F282523698742585F055C71B4965FFA3288836BE05699B7D7644A16D75DB3"
                "6DAFFCA066DE840CE159C3E1E1DB9C11A98B6992155AD7F40B8554CA09992F28",
                "q": 813,
                "signatureSHA256": "48655e0f43cf54855efc2c9ad1c2be9a551064b8ee92d287443417f7ad0ce12a",
            }
        ],
    ),
    (
        {
            "S_XMSS": "FA50619C032B9C319272742B18A23E6EF145CFEA54DC4B52D383CC7DBF5F5F59",
            "SK_PRF": "4F985718D9F179B73073AECEAD4C14C718182609C02E490DCFD5982A29C10A4C",
            "I": "A00C130CD3D4B7C47D3D3A96018D5742388E5AC445648F3BB4518FE248DA5F8B",
            "publicKey": "00000010F28A5EFB6A91BD08B7EC77939343DEEDA2BDA366DEB90EE7F775F957CE56024C"
            "A00C130CD3D4B7C47D3D3A96018D5742388E5AC445648F3BB4518FE248DA5F8B",
        },
        [
            {
                "message": "5195BDC73F0D561A418F626A8CFF2A9C670CBAF6795B9E9DCCE0956B6BDDF9623C390436C26B13AEC70B7D8EDEACE218"
                "164A2C4AEF0DEFC34C3A2ECCDC8B92CB39C0A637893A0972CC3CE542D219776997ED2264BAA7D4C4CD848D95C27347F1"
                "12A2B4644FEAEE60D7008416108254DF5A1BFFD9C0F7F69E88A89E8EF74BC093",
                "q": 682,
                "signatureSHA256": "c7b6fbcdc330ca71d90921683a3decb72af81cfe48bd30e67e311a111bd8748f",
            }
        ],
    ),
]


def seed(name, size):
    """Bytes that depend on the name only."""
    return hashlib.shake_256(f"trellis test vectors: {name}".encode()).digest(size)


def flip(data, index):
    """A copy with one bit changed."""
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


def numbered(tests):
    """Hexadecimal for bytes, and a number for every test."""
    return [
        {"tcId": number} | {key: value.hex() if isinstance(value, bytes) else value for key, value in test.items()}
        for number, test in enumerate(tests, 1)
    ]


def groups(*pairs):
    """Test groups from (attributes, tests), numbered through."""
    tests = numbered([test for _, group in pairs for test in group])
    made = []
    for attributes, group in pairs:
        attributes = {key: value.hex() if isinstance(value, bytes) else value for key, value in attributes.items()}
        made.append(attributes | {"tests": tests[: len(group)]})
        tests = tests[len(group) :]
    return {"testGroups": made}


def public_bytes(key):
    return key.public_key().public_bytes_raw()


def uncompressed(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


# Signatures


def mldsa_keygen():
    pairs = []
    for name, kind in MLDSA.items():
        tests = []
        for number in range(2):
            secret = seed(f"{name} keygen {number}", 32)
            tests.append({"seed": secret, "pk": public_bytes(kind.from_seed_bytes(secret))})
        pairs.append(({"parameterSet": name}, tests))
    return {"algorithm": "ML-DSA", "mode": "keyGen"} | groups(*pairs)


def mldsa_verify(name):
    key = MLDSA[name].from_seed_bytes(seed(f"{name} verify", 32))
    message, context = b"a block of transactions", b"trellis/block/1"
    plain, bound = key.sign(message), key.sign(message, context)
    tests = [
        {"comment": "no context", "msg": message, "sig": plain, "result": "valid"},
        {"comment": "a context", "msg": message, "ctx": context, "sig": bound, "result": "valid"},
        {"comment": "another context", "msg": message, "ctx": b"trellis/commit/1", "sig": bound, "result": "invalid"},
        {"comment": "another message", "msg": flip(message, 3), "sig": plain, "result": "invalid"},
        {"comment": "a bit of c~ flipped", "msg": message, "sig": flip(plain, 0), "result": "invalid"},
        {"comment": "a bit of z flipped", "msg": message, "sig": flip(plain, 1000), "result": "invalid"},
        {"comment": "a byte short", "msg": message, "sig": plain[:-1], "result": "invalid"},
        {"comment": "empty", "msg": message, "sig": b"", "result": "invalid"},
        {"comment": "context too long", "msg": message, "ctx": bytes(256), "sig": plain, "result": "invalid"},
    ]
    if name == "ML-DSA-87":
        tests = tests[:2] + tests[4:5] + tests[7:]
    other = PQCRYPTO[name]
    public, secret = other.keygen()
    signature = other.sign(secret, message)
    foreign = [
        {"comment": "by pqcrypto", "msg": message, "sig": signature, "result": "valid"},
        {"comment": "of another key", "msg": message, "sig": plain, "result": "invalid"},
    ]
    return {"algorithm": name} | groups(
        ({"type": "MlDsaVerify", "publicKey": public_bytes(key)}, tests),
        ({"type": "MlDsaVerify", "publicKey": public}, foreign),
        ({"type": "MlDsaVerify", "publicKey": public_bytes(key)[:-1]}, [tests[0] | {"comment": "key too short", "result": "invalid"}]),
    )


def mldsa_sign(name):
    """Deterministic signatures by dilithium-py."""
    secret, other = seed(f"{name} sign", 32), DETERMINISTIC[name]
    public, private = other._keygen_internal(secret)
    context = b"trellis/block/1"
    tests = [
        {"comment": "empty message", "msg": b"", "sig": other.sign(private, b"", deterministic=True), "result": "valid"},
        {"comment": "a context", "msg": b"m", "ctx": context, "sig": other.sign(private, b"m", ctx=context, deterministic=True), "result": "valid"},
        {"comment": "context too long", "msg": b"m", "ctx": bytes(256), "sig": b"", "result": "invalid"},
    ]
    short = [{"comment": "seed too short", "msg": b"m", "sig": b"", "result": "invalid"}]
    return {"algorithm": name} | groups(
        ({"type": "MlDsaSign", "privateSeed": secret, "publicKey": public}, tests),
        ({"type": "MlDsaSign", "privateSeed": secret[:-1], "publicKey": None}, short),
    )


def composite_signatures():
    """Put together from pyca's parts as the draft says."""
    message, context = b"a block of transactions", b"trellis/block/1"
    tests = []
    for name, lattice, label in [
        ("id-MLDSA65-Ed25519-SHA512", "ML-DSA-65", b"COMPSIG-MLDSA65-Ed25519-SHA512"),
        ("id-MLDSA87-ECDSA-P384-SHA512", "ML-DSA-87", b"COMPSIG-MLDSA87-ECDSA-P384-SHA512"),
    ]:
        secret = seed(f"{name} lattice", 32)
        first = MLDSA[lattice].from_seed_bytes(secret)
        if "Ed25519" in name:
            scalar = seed(f"{name} curve", 32)
            second = ed25519.Ed25519PrivateKey.from_private_bytes(scalar)
            sign, public, private = second.sign, public_bytes(second), scalar
        else:
            number = int.from_bytes(seed(f"{name} curve", 48), "big") % P384_ORDER
            second = ec.derive_private_key(number, ec.SECP384R1())
            public = uncompressed(second)
            private = bytes.fromhex("303e0201010430") + number.to_bytes(48, "big") + bytes.fromhex("a00706052b81040022")
            sign = lambda data, key=second: key.sign(data, ec.ECDSA(hashes.SHA384()))

        def signature(ctx):
            framed = b"CompositeAlgorithmSignatures2025" + label + bytes([len(ctx)]) + ctx + hashlib.sha512(message).digest()
            return first.sign(framed, label) + sign(framed)

        test = {
            "tcId": name,
            "label": label.decode(),
            "m": message,
            "ctx": context,
            "pk": public_bytes(first) + public,
            "sk": secret + private,
            "s": signature(b""),
            "sWithContext": signature(context),
        }
        tests.append({key: base64.b64encode(value).decode() if isinstance(value, bytes) else value for key, value in test.items()})
    return {"tests": tests}


def shake():
    tests = []
    for size, out in [(0, 32), (1, 1), (135, 136), (136, 137), (137, 500), (500, 64)]:
        message = seed(f"SHAKE256 {size}", size)
        tests.append({"msg": message, "len": size * 8, "outLen": out * 8, "md": hashlib.shake_256(message).digest(out)})
    return {"algorithm": "SHAKE-256"} | groups(({"testType": "AFT"}, tests))


def mlkem_encapsulation():
    """With given randomness, by kyber-py; and with expanded private keys."""
    pairs = []
    for name, kind in KYBER.items():
        public, private = kind.key_derive(seed(f"{name} encapsulation", 64))
        message = seed(f"{name} message", 32)
        secret, ciphertext = kind._encaps_internal(public, message)
        pairs.append((
            {"parameterSet": name, "function": "encapsulation"}, [{"ek": public, "m": message, "c": ciphertext, "k": secret}]
        ))
        spoilt = flip(ciphertext, 9)
        pairs.append((
            {"parameterSet": name, "function": "decapsulation"},
            [{"dk": private, "c": ciphertext, "k": secret}, {"dk": private, "c": spoilt, "k": kind.decaps(private, spoilt)}],
        ))
    return {"algorithm": "ML-KEM", "mode": "encapDecap"} | groups(*pairs)


def slh_key(name):
    """The parameters, public and secret key of seeds that depend on the name only."""
    _, _, family, size = name.split("-")
    parameters = getattr(slh_parameters, f"{family.lower()}_{size}")
    seeds = seed(name, 3 * parameters.n)
    drawn = [seeds[: parameters.n], seeds[parameters.n : 2 * parameters.n], seeds[2 * parameters.n :]]
    slh.token_bytes = lambda size: drawn.pop(0)
    secret, public = slh.keygen(parameters)
    return parameters, b"".join(public), secret


def slh_framed(message, context=b""):
    return b"\0" + bytes([len(context)]) + context + message


def slh_dsa():
    """Every parameter set: keys, and digests of deterministic signatures."""
    tests = []
    for name in SLH:
        parameters, public, secret = slh_key(name)
        message = b"the root of a ceremony"
        signature = slh.sign(slh_framed(message), secret, parameters)
        digest = hashlib.sha3_256 if "SHAKE" in name else hashlib.sha256
        tests.append(
            {
                "SphincsParameterSet": name,
                "msg": message,
                "pk": public,
                "sk": b"".join(secret),
                "HashSigDet": digest(signature).digest(),
            }
        )
    return {"tests": numbered(tests)}


def slh_dsa_verify():
    name = "SLH-DSA-SHA2-128s"
    parameters, public, secret = slh_key(name)
    message, context = b"a block of transactions", b"trellis/block/1"
    signature = slh.sign(slh_framed(message, context), secret, parameters)
    good = {"pk": public, "message": message, "context": context, "signature": signature}
    tests = [
        good | {"comment": "", "result": "valid"},
        good | {"comment": "a bit flipped", "signature": flip(signature, 5000), "result": "invalid"},
        good | {"comment": "a byte short", "signature": signature[:-1], "result": "invalid"},
        good | {"comment": "empty", "signature": b"", "result": "invalid"},
    ]
    return {"parameterSet": name, "interface": "external/pure", "tests": numbered(tests)}


def lms_key(name, lms_type, ots_type, size, index):
    """A key whose randomizers are derived from its seed as its chains are, with the reserved number 0xfffd."""
    secret, identifier = seed(name, size), seed(f"{name} I", 16)
    algorithm = "sha256" if lms_type < 15 else "shake256"
    hsslms.randBytes = lambda size: hsslms.H(
        algorithm, identifier + index.to_bytes(4, "big") + b"\xff\xfd\xff" + secret, size
    )
    types = lms_type.to_bytes(4, "big"), ots_type.to_bytes(4, "big")
    return hsslms.LmsPrivateKey(*types, SEED=secret, I=identifier, q=index), secret


def lms():
    """Keys of tree and one-time types, and digests of signatures."""
    tests = []
    for lms_type, ots_type, size in [(5, 4, 32), (6, 3, 32), (10, 8, 24), (11, 6, 24), (15, 11, 32), (16, 9, 32), (20, 15, 24)]:
        index = 7 * lms_type % 32
        key, secret = lms_key(f"LMS {lms_type} {ots_type}", lms_type, ots_type, size, index)
        message = b"a firmware image"
        signature = key.sign(message)
        tests.append(
            {
                "Seed": secret,
                "Msg": message,
                "q": str(index),
                "PublicKey": key.publicKey().serialize(),
                "HashSig": hashlib.sha256(signature).digest(),
            }
        )
    return {"tests": numbered(tests)}


def lms_verify():
    key, _ = lms_key("LMS verify", 10, 8, 24, 9)
    message = b"a firmware image"
    signature = key.sign(message)
    tests = [
        {"comment": "", "message": message, "signature": signature, "result": "valid"},
        {"comment": "another message", "message": flip(message, 3), "signature": signature, "result": "invalid"},
        {"comment": "another index", "message": message, "signature": flip(signature, 3), "result": "invalid"},
        {"comment": "an index beyond the tree", "message": message, "signature": b"\0\0\0\x29" + signature[4:], "result": "invalid"},
        {"comment": "another one-time type", "message": message, "signature": flip(signature, 7), "result": "invalid"},
        {"comment": "a bit of the randomizer", "message": message, "signature": flip(signature, 9), "result": "invalid"},
        {"comment": "a bit of a chain", "message": message, "signature": flip(signature, 300), "result": "invalid"},
        {"comment": "a bit of the path", "message": message, "signature": flip(signature, len(signature) - 1), "result": "invalid"},
        {"comment": "a byte short", "message": message, "signature": signature[:-1], "result": "invalid"},
        {"comment": "a byte long", "message": message, "signature": signature + b"\0", "result": "invalid"},
        {"comment": "empty", "message": message, "signature": b"", "result": "invalid"},
    ]
    public = key.publicKey().serialize()
    return {"algorithm": "LMS", "mode": "sigVer"} | groups(
        ({"publicKey": public}, tests),
        ({"publicKey": public[:-1]}, [tests[0] | {"comment": "key too short", "result": "invalid"}]),
        ({"publicKey": flip(public, 3)}, [tests[0] | {"comment": "another tree", "result": "invalid"}]),
    )


def xmss():
    """No package of Python has XMSS: small vectors of others, of Botan (BSD-2-Clause, made with the reference code of RFC 8391) and of
    github.com/post-quantum-cryptography/KAT (MIT), the latter with the digest of the signature."""
    botan = [
        (
            "XMSS-SHA2_10_192",
            "c2b4bec0e55eaa83514a2c70a68a36f6db1947a2ab6ae8fb",
            "dc38b3c66f96f5c890e3dfd70443cf1a1cef676fe1a9d70a",
            "0aa2a7e174497931c0c7bed6b496ff66ed477f87d5d945b7",
            "0000000dba1f1e3ab71c128534656bf7b1858155df476516bba820360aa2a7e174497931c0c7bed6b496ff66ed477f87d5d945b7",
        ),
        (
            "XMSS-SHAKE256_10_192",
            "e1ea9aef7a09ef28bb1d6571c1ea3c544db924e4bfa03e4f",
            "7c687a47a8604bd4e447114efeaf8109662ef3722caa94e0",
            "7e4e82d436ec3640db84f85cabf1925fa72266abea8a2fcc",
            "0000001345f830b50d1fae3651b661b37be725001b97855418e9b85f7e4e82d436ec3640db84f85cabf1925fa72266abea8a2fcc",
        ),
    ]
    keys = ["Params", "SecretSeed", "SecretPrf", "PublicSeed", "PublicKey"]
    return {"tests": numbered([dict(zip(keys, vector)) for vector in botan])}


def xmss_sign():
    return {"algorithm": "XMSS", "mode": "sigGen"} | groups(*XMSS_KAT)


def ed25519_verify():
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed("Ed25519", 32))
    message = b"a vote"
    signature = key.sign(message)
    order = 2**252 + 27742317777372353535851937790883648493
    malleable = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    tests = [
        {"comment": "", "msg": message, "sig": signature, "result": "valid"},
        {"comment": "empty message", "msg": b"", "sig": key.sign(b""), "result": "valid"},
        {"comment": "another message", "msg": b"a veto", "sig": signature, "result": "invalid"},
        {"comment": "R flipped", "msg": message, "sig": flip(signature, 5), "result": "invalid"},
        {"comment": "S flipped", "msg": message, "sig": flip(signature, 40), "result": "invalid"},
        {"comment": "S plus the order", "msg": message, "sig": malleable, "result": "invalid"},
        {"comment": "a byte short", "msg": message, "sig": signature[:-1], "result": "invalid"},
        {"comment": "a byte long", "msg": message, "sig": signature + b"\0", "result": "invalid"},
    ]
    public = {"type": "EDDSAPublicKey", "curve": "edwards25519", "pk": public_bytes(key).hex()}
    return {"algorithm": "EDDSA"} | groups(({"type": "EddsaVerify", "publicKey": public}, tests))


def ecdsa_verify(kind):
    secret = 1 + int.from_bytes(seed("ECDSA P-384", 48), "big") % (P384_ORDER - 1)
    key = ec.derive_private_key(secret, ec.SECP384R1())
    message = b"a vote"
    der = key.sign(message, ec.ECDSA(hashes.SHA384()))
    r, s = decode_dss_signature(der)
    fixed = lambda r, s: r.to_bytes(48, "big") + s.to_bytes(48, "big")
    if kind == "EcdsaP1363Verify":
        tests = [
            {"comment": "", "msg": message, "sig": fixed(r, s), "result": "valid"},
            {"comment": "another message", "msg": b"a veto", "sig": fixed(r, s), "result": "invalid"},
            {"comment": "r = 0", "msg": message, "sig": fixed(0, s), "result": "invalid"},
            {"comment": "s = 0", "msg": message, "sig": fixed(r, 0), "result": "invalid"},
            {"comment": "s = n", "msg": message, "sig": fixed(r, P384_ORDER), "result": "invalid"},
            {"comment": "a byte short", "msg": message, "sig": fixed(r, s)[:-1], "result": "invalid"},
        ]
    else:
        tests = [
            {"comment": "", "msg": message, "sig": der, "result": "valid"},
            {"comment": "another message", "msg": b"a veto", "sig": der, "result": "invalid"},
            {"comment": "trailing byte", "msg": message, "sig": der + b"\0", "result": "invalid"},
            {"comment": "truncated", "msg": message, "sig": der[:-1], "result": "invalid"},
            {"comment": "not a sequence", "msg": message, "sig": flip(der, 0), "result": "invalid"},
        ]
    public = {"curve": "secp384r1", "uncompressed": uncompressed(key).hex()}
    return {"algorithm": "ECDSA"} | groups(({"type": kind, "publicKey": public, "sha": "SHA-384"}, tests))


# Key encapsulation and agreement


def ml_kem():
    pairs = []
    for name, kind in MLKEM.items():
        secret = seed(name, 64)
        key = kind.from_seed_bytes(secret)
        shared, ciphertext = key.public_key().encapsulate()
        rejected = flip(ciphertext, 7)
        public = public_bytes(key)
        tests = [
            {"comment": "", "seed": secret, "ek": public, "c": ciphertext, "K": shared, "result": "valid"},
            {"comment": "implicit rejection", "seed": secret, "c": rejected, "K": key.decapsulate(rejected), "result": "valid"},
            {"comment": "ciphertext too short", "seed": secret, "c": ciphertext[:-1], "K": b"", "result": "invalid"},
            {"comment": "seed too short", "seed": secret[:-1], "c": ciphertext, "K": b"", "result": "invalid"},
        ]
        unreduced = b"\xff" * 384 + public[384:]
        refused = [{"comment": "not below q", "m": bytes(32), "ek": unreduced, "c": b"", "K": b"", "result": "invalid"}]
        pairs.append(({"type": "MLKEMTest", "parameterSet": name}, tests))
        pairs.append(({"type": "MLKEMEncapsTest", "parameterSet": name}, refused))
    return {"algorithm": "ML-KEM"} | groups(*pairs)


def composite_kem():
    """id-MLKEM768-ECDH-P384-SHA3-256 of draft-ietf-lamps-pq-composite-kem, assembled here from its parts."""
    scalar = 1 + int.from_bytes(seed("composite P-384", 48), "big") % (P384_ORDER - 1)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(seed("composite ML-KEM", 64))
    curve = ec.derive_private_key(scalar, ec.SECP384R1())
    private = bytes.fromhex("303e0201010430") + scalar.to_bytes(48, "big") + bytes.fromhex("a00706052b81040022")
    dk, ek = seed("composite ML-KEM", 64) + private, public_bytes(lattice) + uncompressed(curve)
    lattice_secret, lattice_ciphertext = lattice.public_key().encapsulate()
    ephemeral = ec.derive_private_key(1 + int.from_bytes(seed("composite ephemeral", 40), "big"), ec.SECP384R1())
    point = uncompressed(ephemeral)
    curve_secret = ephemeral.exchange(ec.ECDH(), curve.public_key())
    k = hashlib.sha3_256(lattice_secret + curve_secret + point + uncompressed(curve) + b"MLKEM768-P384").digest()
    c = lattice_ciphertext + point
    good = {"comment": "", "ek": ek, "dk": dk, "c": c, "k": k, "result": "valid"}
    changed = flip(lattice_ciphertext, 99)
    rejected = hashlib.sha3_256(
        lattice.decapsulate(changed) + curve_secret + point + uncompressed(curve) + b"MLKEM768-P384").digest()
    tests = [
        good,
        good | {"comment": "implicit rejection", "c": changed + point, "k": rejected},
        good | {"comment": "point off the curve", "c": flip(c, len(c) - 1), "result": "invalid"},
        good | {"comment": "compressed point", "c": lattice_ciphertext + b"\2" + point[1:], "result": "invalid"},
        good | {"comment": "ciphertext too long", "c": c + b"\0", "result": "invalid"},
        good | {"comment": "private key too short", "dk": dk[:-1], "result": "invalid"},
        good | {"comment": "private key of another curve", "dk": flip(dk, len(dk) - 1), "result": "invalid"},
        good | {"comment": "scalar zero", "dk": dk[:71] + bytes(48) + dk[119:], "result": "invalid"},
    ]
    name = "id-MLKEM768-ECDH-P384-SHA3-256"
    encode = lambda value: base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return {"encoding": "base64", "tests": [{"tcId": name} | {key: encode(value) for key, value in test.items()} for test in tests]}


def x_wing():
    """X-Wing of draft-connolly-cfrg-xwing-kem, assembled here from its parts."""
    secret = seed("X-Wing", 32)
    expanded = hashlib.shake_256(secret).digest(96)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    curve = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    eseed = seed("X-Wing randomness", 64)
    lattice_secret, lattice_ciphertext = ML_KEM_768._encaps_internal(public_bytes(lattice), eseed[:32])
    ephemeral = x25519.X25519PrivateKey.from_private_bytes(eseed[32:])
    curve_secret = ephemeral.exchange(curve.public_key())
    ss = hashlib.sha3_256(
        lattice_secret + curve_secret + public_bytes(ephemeral) + public_bytes(curve) + rb"\.//^" + b"\\").digest()
    ciphertext = lattice_ciphertext + public_bytes(ephemeral)
    public = public_bytes(lattice) + public_bytes(curve)
    return {"tests": numbered([{"seed": secret, "eseed": eseed, "ss": ss, "pk": public, "ct": ciphertext}])}


def ecdh():
    make = lambda name: ec.derive_private_key(1 + int.from_bytes(seed(name, 40), "big"), ec.SECP384R1())
    ours, theirs = make("ECDH ours"), make("ECDH theirs")
    scalar = ours.private_numbers().private_value.to_bytes(48, "big")
    point, secret = uncompressed(theirs), ours.exchange(ec.ECDH(), theirs.public_key())
    spki = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    good = {"comment": "", "public": point, "private": scalar, "shared": secret, "result": "valid"}
    points = [
        good,
        good | {"comment": "off the curve", "public": flip(point, 96), "result": "invalid"},
        good | {"comment": "the point zero", "public": b"\4" + bytes(96), "result": "invalid"},
        good | {"comment": "infinity", "public": b"\0", "result": "invalid"},
        good | {"comment": "empty", "public": b"", "result": "invalid"},
    ]
    other = spki.replace(bytes.fromhex("2b81040022"), bytes.fromhex("2b81040023"))
    infos = [
        good | {"public": spki},
        good | {"comment": "another curve", "public": other, "result": "invalid"},
    ]
    return {"algorithm": "ECDH"} | groups(
        ({"curve": "secp384r1", "encoding": "ecpoint"}, points), ({"curve": "secp384r1", "encoding": "asn"}, infos))


def x25519_agreement():
    make = lambda name: x25519.X25519PrivateKey.from_private_bytes(seed(name, 32))
    ours, theirs = make("X25519 ours"), make("X25519 theirs")
    good = {
        "comment": "", "public": public_bytes(theirs), "private": seed("X25519 ours", 32),
        "shared": ours.exchange(theirs.public_key()), "result": "valid",
    }
    tests = [good, good | {"comment": "a byte short", "public": public_bytes(theirs)[:-1], "result": "invalid"}]
    return {"algorithm": "XDH"} | groups(({"type": "XdhComp", "curve": "curve25519"}, tests))


# Symmetric


def aes_gcm():
    tests = []
    for size in (16, 32):
        key, iv, aad = seed(f"AES {size}", size), seed(f"AES nonce {size}", 12), b"header"
        for message in (b"", b"sixteen bytes...", seed("AES message", 100)):
            sealed = AESGCM(key).encrypt(iv, message, aad)
            good = {"key": key, "iv": iv, "aad": aad, "msg": message, "ct": sealed[:-16], "tag": sealed[-16:], "result": "valid"}
            tests.append({"comment": ""} | good)
        tests.append({"comment": "tag flipped"} | good | {"tag": flip(good["tag"], 0), "result": "invalid"})
        tests.append({"comment": "ciphertext flipped"} | good | {"ct": flip(good["ct"], 50), "result": "invalid"})
        tests.append({"comment": "other data"} | good | {"aad": b"hdr", "result": "invalid"})
        tests.append({"comment": "other nonce"} | good | {"iv": flip(iv, 11), "result": "invalid"})
        tests.append({"comment": "no nonce"} | good | {"iv": b"", "result": "invalid"})
    return {"algorithm": "AES-GCM"} | groups(({"type": "AeadTest", "tagSize": 128}, tests))


def hkdf(bits):
    algorithm = {256: hashes.SHA256, 384: hashes.SHA384, 512: hashes.SHA512}[bits]()
    tests = []
    for ikm, salt, info, size in ((32, 0, 0, 32), (48, 48, 10, 97), (1, 200, 100, 1), (0, 0, 0, 48)):
        ikm, salt, info = seed("ikm", ikm), seed("salt", salt), seed("info", info)
        okm = HKDF(algorithm, size, salt, info).derive(ikm)
        tests.append({"comment": "", "ikm": ikm, "salt": salt, "info": info, "size": size, "okm": okm, "result": "valid"})
    size = 255 * bits // 8 + 1
    tests.append({"comment": "too long", "ikm": b"k", "salt": b"", "info": b"", "size": size, "okm": b"", "result": "invalid"})
    return {"algorithm": f"HKDF-SHA-{bits}"} | groups(({"type": "HkdfTest"}, tests))


def hmac_sha3():
    tests = []
    for key, message in ((32, 0), (0, 5), (136, 64), (200, 300)):
        key, message = seed("HMAC key", key), seed("HMAC message", message)
        tag = hmac.new(key, message, hashlib.sha3_256).digest()
        tests.append({"comment": "", "key": key, "msg": message, "tag": tag, "result": "valid"})
        tests.append({"comment": "tag flipped", "key": key, "msg": message, "tag": flip(tag, 31), "result": "invalid"})
    return {"algorithm": "HMACSHA3-256"} | groups(({"type": "MacTest", "tagSize": 256}, tests))


def sha3():
    tests = []
    for size in (0, 1, 135, 136, 137, 500):
        message = seed("SHA-3", size)
        tests.append({"msg": message, "len": size * 8, "md": hashlib.sha3_256(message).digest()})
    return {"algorithm": "SHA3-256"} | groups(({"testType": "AFT"}, tests))


# Merkle trees, from the definitions of RFC 9162 section 2.1


def split(size):
    return 1 << (size - 1).bit_length() - 1


def tree(leaves):
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:])).digest()


def inclusion(index, leaves):
    if len(leaves) <= 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion(index, leaves[:k]) + [tree(leaves[k:])]
    return inclusion(index - k, leaves[k:]) + [tree(leaves[:k])]


def consistency(old, leaves, known=True):
    if old == len(leaves):
        return [] if known else [tree(leaves)]
    k = split(len(leaves))
    if old <= k:
        return consistency(old, leaves[:k], known) + [tree(leaves[k:])]
    return consistency(old - k, leaves[k:], False) + [tree(leaves[:k])]


def merkle():
    leaves = [seed(f"leaf {number}", 20) for number in range(23)]
    tests = []
    for size, index in ((1, 0), (2, 1), (3, 2), (7, 6), (8, 3), (13, 12), (23, 0), (23, 16), (23, 22)):
        path = [node.hex() for node in inclusion(index, leaves[:size])]
        tests.append({
            "type": "inclusion", "treeSize": size, "leafIndex": index, "leaf": leaves[index],
            "root": tree(leaves[:size]), "path": path, "result": "valid",
        })
    tests.append(tests[-2] | {"leafIndex": 17, "result": "invalid"})
    tests.append(tests[-2] | {"leafIndex": 23, "result": "invalid"})
    tests.append(tests[-3] | {"treeSize": 0, "leafIndex": 0, "result": "invalid"})
    for old, new in ((1, 1), (1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (8, 23), (15, 23), (22, 23)):
        path = [node.hex() for node in consistency(old, leaves[:new])]
        tests.append({
            "type": "consistency", "size1": old, "size2": new, "root1": tree(leaves[:old]),
            "root2": tree(leaves[:new]), "path": path, "result": "valid",
        })
    tests.append(tests[-1] | {"root1": tests[-1]["root2"], "result": "invalid"})
    tests.append(tests[-2] | {"path": tests[-2]["path"][:-1], "result": "invalid"})
    tests.append(tests[-3] | {"size1": 23, "size2": 22, "result": "invalid"})
    return {"source": "the definitions of RFC 9162 section 2.1", "tests": numbered(tests)}


FILES = {
    "ml_dsa_keygen": mldsa_keygen,
    "ml_dsa_65_verify": lambda: mldsa_verify("ML-DSA-65"),
    "ml_dsa_87_verify": lambda: mldsa_verify("ML-DSA-87"),
    "ml_dsa_44_sign": lambda: mldsa_sign("ML-DSA-44"),
    "ml_dsa_65_sign": lambda: mldsa_sign("ML-DSA-65"),
    "ml_dsa_87_sign": lambda: mldsa_sign("ML-DSA-87"),
    "composite_signatures": composite_signatures,
    "slh_dsa": slh_dsa,
    "slh_dsa_verify": slh_dsa_verify,
    "lms": lms,
    "lms_verify": lms_verify,
    "xmss": xmss,
    "xmss_sign": xmss_sign,
    "ed25519": ed25519_verify,
    "ecdsa_p384": lambda: ecdsa_verify("EcdsaVerify"),
    "ecdsa_p384_p1363": lambda: ecdsa_verify("EcdsaP1363Verify"),
    "ml_kem": ml_kem,
    "ml_kem_encapsulation": mlkem_encapsulation,
    "composite_kem": composite_kem,
    "x_wing": x_wing,
    "ecdh_p384": ecdh,
    "x25519": x25519_agreement,
    "aes_gcm": aes_gcm,
    "hkdf_sha256": lambda: hkdf(256),
    "hkdf_sha384": lambda: hkdf(384),
    "hkdf_sha512": lambda: hkdf(512),
    "hmac_sha3_256": hmac_sha3,
    "sha3_256": sha3,
    "shake256": shake,
    "merkle": merkle,
}


def main():
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or FILES:
        make = FILES[name]
        (target / f"{name}.json").write_text(json.dumps(make(), separators=(",", ":")) + "\n")
        print(f"{name}.json")


if __name__ == "__main__":
    main()
