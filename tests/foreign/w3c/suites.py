"""The W3C suites that a node in the conformance profile is put before, and what each must show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """One public test suite, by the name of its repository."""

    name: str
    title: str
    required: int
    """How many of its tests must pass; 0 where only what passes is of interest."""
    parts: tuple[str, ...] = ()
    """The top-level groups that count; all of them when none is named."""
    environment: tuple[tuple[str, str], ...] = ()
    command_line: bool = False
    """It calls a command in a container for each test, and no server."""


IMPLEMENTATION = "OpenCPD"

SUITES = (
    Suite("vc-data-model-2.0-test-suite", "VC Data Model 2.0", 59),
    Suite(
        "vc-di-eddsa-test-suite",
        "Data Integrity EdDSA",
        57,
        environment=(("ISSUER_NAME_JCS", IMPLEMENTATION),),
    ),
    Suite("vc-bitstring-status-list-test-suite", "Bitstring Status List", 19),
    Suite(
        "vc-jose-cose-test-suite",
        "VC-JOSE-COSE (JOSE)",
        16,
        parts=("JOSE Tests",),
        command_line=True,
    ),
    Suite("vc-di-ecdsa-test-suite", "Data Integrity ECDSA", 0),
)
