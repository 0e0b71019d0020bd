"""Every file of the vectors of W3C Data Integrity EdDSA 1.0: each step between the files, too.

The vectors hold private keys, so signatures are made again and not only verified. The suite
Ed25519Signature2020 is one that nothing here takes; its files try the steps under it.
"""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.proof import data_integrity, did_key, rdfc, template
from app.proof.encoding import base58_decode, base58_encode
from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.vocabulary.conformance import CONFORMANCE
from tests.simulator.published import published, published_json
from tests.unit.proof.test_published_proofs import CONTEXTS, FOLDER

pytestmark = pytest.mark.feeds

SUITES = {
    "Ed25519Signature2020": "EdSig",
    "eddsa-jcs-2022": "JCS",
    "eddsa-rdfc-2022": "DataInt",
    "eddsa-rdfc-2022/employ": "DataInt",
}
STEPS = (
    *("canonDoc", "combinedHash", "docHash", "proofCanon", "proofHash", "sigBTC58", "sigHex"),
    *("proofConfig", "signed"),
)
ED_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
CREDENTIALS: Any = CONFORMANCE["https://www.w3.org/ns/credentials/v2"]
WITH_2020: dict[str, Any] = {
    **CONTEXTS,
    # The facts that the vector's proof rests on, as its canonical form shows them.
    ED_2020: {
        "Ed25519Signature2020": {
            **CREDENTIALS["DataIntegrityProof"],
            "@id": "https://w3id.org/security#Ed25519Signature2020",
        }
    },
}


def private(multibase: str) -> Ed25519PrivateKey:
    """Controlled Identifiers 1.0, section 2.2.2: a secret key is written with 0x8026 before it."""
    data = base58_decode(multibase.removeprefix("z"))
    assert data[:2] == b"\x80\x26"
    return Ed25519PrivateKey.from_private_bytes(data[2:])


def test_no_file_of_the_vectors_is_new_to_these_tests() -> None:
    root = published(*FOLDER)
    for folder, suffix in SUITES.items():
        wanted = {
            f"{step}{suffix}.{'json' if step in {'proofConfig', 'signed'} else 'txt'}"
            for step in STEPS
        }
        assert {file.name for file in (root / folder).glob("*.*")} == wanted
    alone = {"keyPair.json", "unsigned.json", "employmentAuth.json"}
    assert {file.name for file in root.glob("*.*")} == alone
    chains = {f"proof{kind}Config{n}.json" for kind in ("Set", "Chain") for n in "12"}
    chains |= {f"proof{kind}ConfigSigned{n}.json" for kind in ("Set", "Chain") for n in "12"}
    chains |= {f"signedProof{kind}{n}.json" for kind in ("Set", "Chain") for n in "12"}
    chains |= {f"proofChainTempDoc{n}.json" for n in "12"}
    chains |= {"multiKeyPairs.json", "unsigned.json"}
    assert {file.name for file in (root / "proof-set-chain").glob("*.*")} == chains


@pytest.mark.parametrize("suite", SUITES)
def test_each_file_follows_from_those_before_it(suite: str) -> None:
    def text(step: str) -> str:
        return published(*FOLDER, *suite.split("/"), f"{step}{SUITES[suite]}.txt").read_text()

    folder = (*FOLDER, *suite.split("/"))
    config = published_json(*folder, f"proofConfig{SUITES[suite]}.json")
    signed = published_json(*folder, f"signed{SUITES[suite]}.json")
    proof = signed.pop("proof")
    name = "employmentAuth.json" if "employ" in suite else "unsigned.json"
    given = published_json(*FOLDER, name)
    assert {**signed, "@context": given["@context"]} == given
    for part, digest, value in (
        ("canonDoc", "docHash", signed),
        ("proofCanon", "proofHash", config),
    ):
        if suite == "eddsa-jcs-2022":
            made = canonical_json(value)
        else:
            made = rdfc.canonicalise(value, contexts=WITH_2020).encode()
            for _ in range(3):  # the third time a template is at hand
                assert template.canonical_bytes(value, contexts=WITH_2020) == made
        assert made.decode() == text(part)
        assert hashlib.sha256(made).hexdigest() == text(digest)
    assert text("combinedHash") == text("proofHash") + text("docHash")
    pair = published_json(*FOLDER, "keyPair.json")
    assert config["verificationMethod"].endswith(f"#{pair['publicKeyMultibase']}")
    signature = private(pair["privateKeyMultibase"]).sign(bytes.fromhex(text("combinedHash")))
    assert signature.hex() == text("sigHex")
    assert "z" + base58_encode(signature) == text("sigBTC58") == proof["proofValue"]
    key = did_key.resolve(config["verificationMethod"])
    key.verify(signature, data=bytes.fromhex(text("combinedHash")))


def test_the_suite_of_2020_is_refused_by_its_name() -> None:
    signed = published_json(*FOLDER, "Ed25519Signature2020", "signedEdSig.json")
    with pytest.raises(ProofError) as refused:
        data_integrity.read_proof(signed)
    assert refused.value.code == "proof-unsupported"


def test_the_proofs_of_the_sets_and_chains_are_made_again() -> None:
    folder = (*FOLDER, "proof-set-chain")
    pairs = published_json(*folder, "multiKeyPairs.json")
    keys = {pair["publicKeyMultibase"]: pair["privateKeyMultibase"] for pair in pairs.values()}
    before = {
        "Set1": published_json(*folder, "unsigned.json"),
        "Set2": published_json(*folder, "unsigned.json"),
        "Chain1": published_json(*folder, "proofChainTempDoc1.json"),
        "Chain2": published_json(*folder, "proofChainTempDoc2.json"),
    }
    for name, document in before.items():
        config = published_json(*folder, f"proof{name[:-1]}Config{name[-1]}.json")
        wanted = published_json(*folder, f"proof{name[:-1]}ConfigSigned{name[-1]}.json")
        assert {said: wanted[said] for said in wanted if said != "proofValue"} == config
        claimed = data_integrity.read_proof({**document, "proof": wanted})
        assert claimed.created is not None
        prepared = data_integrity.prepare_proof(
            document,
            verification_method=config["verificationMethod"],
            created=claimed.created,
            options={said: config[said] for said in ("id", "previousProof") if said in config},
            contexts=CONFORMANCE,
        )
        secret = private(keys[config["verificationMethod"].partition("#")[2]])
        made = prepared.attach(secret.sign(prepared.hash_data))
        assert made["proof"] == [*document.get("proof", []), wanted]
