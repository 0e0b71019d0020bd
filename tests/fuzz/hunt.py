"""Hunts for input on which parsing or verifying does anything but answer or raise ``ProofError``.

    python -m tests.fuzz.hunt record -max_total_time=600

Coverage-guided (atheris, which is libFuzzer). The targets:

record        any bytes, as a record
signed        a good record with members changed at random, then signed: it passes the signature and
              reaches everything behind it
presentation  any bytes, as a presentation
status        a status list with members changed at random, then signed
bundle        any bytes, as a bundle, signed or not
forms         any bytes, as whatever a person may have: an image, a PDF, the digits of a code
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["app"]):
    from app.proof import baking, compact, data_integrity, did_key, jose, status_list
    from app.proof.errors import ProofError
    from app.proof.parse import load, load_object
    from app.verification import load_bundle, verify, verify_presentation
    from app.verification.bundle import dump_bundle
    from app.verification.forms import find_record
    from app.verification.signed_bundle import open_bundle

from tests.simulator.issuer import NOW, SimulatedIssuer

ISSUER = SimulatedIssuer()
BUNDLE = ISSUER.bundle()
WORDS = (
    *("@context", "@type", "@id", "@value", "@language", "@vocab", "@graph", "@list", "id", "type"),
    *(
        "proof",
        "issuer",
        "_:b0",
        "",
        "2026-11-20T09:30:00Z",
        "did:web:x",
        "urn:x",
        "http://[",
        "ext:A",
    ),
)
"""Texts that mean something somewhere."""


def _quietly(*attempts: Callable[[], object]) -> None:
    for attempt in attempts:
        try:
            attempt()
        except ProofError:
            continue


def hunt_record(data: bytes) -> None:
    """Any bytes."""
    _quietly(
        lambda: verify(data, bundle=BUNDLE, at=NOW).outcome,
        lambda: load(data),
        lambda: data_integrity.read_proofs(load_object(data)),
        lambda: did_key.resolve(data.decode("utf-8", "replace")),
    )


def hunt_signed(data: bytes) -> None:
    """A record that its issuer signed, whatever is in it."""
    document = _changed(ISSUER.record(), atheris.FuzzedDataProvider(data))
    _quietly(
        lambda: verify(_secured(document), bundle=BUNDLE, at=NOW).outcome,
        lambda: verify(_token(document), bundle=BUNDLE, at=NOW).outcome,
        lambda: verify(_payload(document), bundle=BUNDLE, at=NOW).outcome,
    )


def hunt_presentation(data: bytes) -> None:
    """Any bytes, and a presentation with members changed."""
    _quietly(lambda: verify_presentation(data, bundle=BUNDLE, at=NOW))
    held = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
        "verifiableCredential": [ISSUER.secure(ISSUER.record())],
    }
    changed = _changed(held, atheris.FuzzedDataProvider(data))
    text = json.dumps(changed).encode()
    _quietly(lambda: verify_presentation(text, bundle=BUNDLE, at=NOW))


def hunt_status(data: bytes) -> None:
    """A status list that its issuer signed, whatever is in it."""
    provider = atheris.FuzzedDataProvider(data)
    document = _changed(ISSUER.status_document(), provider)
    record = ISSUER.secure_jwt(ISSUER.record()).encode()
    _quietly(
        lambda: verify(record, bundle=ISSUER.bundle(status=_secured(document)), at=NOW).outcome,
        lambda: verify(record, bundle=ISSUER.bundle(status=_payload(document)), at=NOW).outcome,
        lambda: status_list.decode(data.decode("latin-1")),
    )


def hunt_bundle(data: bytes) -> None:
    """Any bytes, and a bundle with members changed."""
    changed = _changed(json.loads(dump_bundle(BUNDLE)), atheris.FuzzedDataProvider(data))
    text = json.dumps(changed).encode()
    _quietly(
        lambda: load_bundle(data),
        lambda: load_bundle(text),
        lambda: open_bundle(data, publisher_keys=None, least_version=None),
    )


def hunt_forms(data: bytes) -> None:
    """Any bytes, as an image, a document, or the digits of a code."""
    _quietly(
        lambda: find_record(data),
        lambda: baking.unbake_png(data),
        lambda: baking.unbake_svg(data),
        lambda: compact.unpack(data.decode("latin-1")),
        lambda: compact.unpack("".join(str(byte % 10) for byte in data)),
        lambda: compact.pack(data),
    )


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it would be read: an issuer can sign nothing else."""
    return load_object(json.dumps(document).encode())


def _secured(document: dict[str, Any]) -> bytes:
    unsecured = {name: value for name, value in _readable(document).items() if name != "proof"}
    return ISSUER.secure_json(unsecured)


def _token(document: dict[str, Any]) -> bytes:
    return ISSUER.secure_jwt(_readable(document)).encode()


def _payload(document: dict[str, Any]) -> bytes:
    """A token whose claims nobody made fit the document."""
    header = {"alg": "ES256", "typ": jose.TYPE, "cty": "vc", "kid": ISSUER.token_key.id}
    return ISSUER.sign_token(header, _readable(document)).encode()


def _changed(document: Any, provider: "atheris.FuzzedDataProvider") -> Any:
    """The document with some of its values and names put in another place or made anew."""
    for _ in range(provider.ConsumeIntInRange(1, 4)):
        places = list(_places(document))
        holder, key = places[provider.ConsumeIntInRange(0, len(places) - 1)]
        fresh = _value(provider, depth=3)
        choice = provider.ConsumeIntInRange(0, 3)
        if choice == 0:
            holder[key] = fresh
        elif choice == 1 and isinstance(holder, dict):
            holder[_name(provider)] = holder.pop(key)
        elif choice == 2 and isinstance(holder, dict):
            holder[_name(provider)] = fresh
        else:
            del holder[key]
            if not document:
                return document
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(members):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _name(provider: "atheris.FuzzedDataProvider") -> str:
    if provider.ConsumeBool():
        return provider.PickValueInList(list(WORDS))  # type: ignore[no-any-return]
    return provider.ConsumeUnicode(12)  # type: ignore[no-any-return]


def _value(provider: "atheris.FuzzedDataProvider", *, depth: int) -> Any:
    match provider.ConsumeIntInRange(0, 8 if depth else 5):
        case 0 | 1:
            return provider.PickValueInList([None, True, False, 0, -0.0, 1e21])
        case 2:
            return provider.ConsumeInt(9)
        case 3:
            return provider.ConsumeFloat()
        case 4 | 5:
            return _name(provider)
        case 6:
            return [
                _value(provider, depth=depth - 1) for _ in range(provider.ConsumeIntInRange(0, 3))
            ]
        case _:
            return {
                _name(provider): _value(provider, depth=depth - 1)
                for _ in range(provider.ConsumeIntInRange(0, 3))
            }


TARGETS: dict[str, Callable[[bytes], None]] = {
    "record": hunt_record,
    "signed": hunt_signed,
    "presentation": hunt_presentation,
    "status": hunt_status,
    "bundle": hunt_bundle,
    "forms": hunt_forms,
}


def seeds() -> list[bytes]:
    """What a hunt sets out from: one good thing of every kind."""
    record = ISSUER.secure_json(ISSUER.record())
    token = ISSUER.secure_jwt(ISSUER.record()).encode()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>'
    held = {"type": "VerifiablePresentation", "verifiableCredential": json.loads(record)}
    return [
        record,
        token,
        dump_bundle(BUNDLE),
        BUNDLE.status_lists[ISSUER.status_url].body,
        compact.pack(record).encode(),
        baking.bake_svg(svg, record),
        json.dumps(held).encode(),
    ]


def main() -> None:
    """Hunt with the target named first; the rest goes to libFuzzer."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m tests.fuzz.hunt {'|'.join(TARGETS)} [libFuzzer options]")
    target = TARGETS[sys.argv.pop(1)]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            (Path(folder) / str(number)).write_bytes(seed)
        # libFuzzer keeps what it finds in the first folder that it is given.
        atheris.Setup([*sys.argv, folder], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
