"""Put a node in the conformance profile before the public W3C test suites.

    python -m tests.foreign.w3c.run --suites FOLDER [--only NAME]

``FOLDER`` has a checkout of each suite under the name of its repository, with its dependencies
installed as its README says (``npm install``). Nothing of the suites is kept in this repository,
and nothing is fetched here. A real node is started on loopback, each suite runs with mocha, and a
table says what passed. The exit code is 1 when a required test did not pass.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.foreign.w3c.node import conformance_node, trusting
from tests.foreign.w3c.suites import IMPLEMENTATION, SUITES, Suite

ROOT = Path(__file__).parents[3]
_TIMEOUT = 600
_ITERATOR_HELPERS = 22  # the major version of Node.js from which they need no flag
_FEATURES = {
    f"{kind}_{form}": form == "jose"
    for kind in ("credential", "presentation")
    for form in ("jose", "sdjwt", "cose")
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one suite found."""

    suite: Suite
    passed: int
    skipped: int
    failed: tuple[tuple[str, str], ...]
    """Each test that failed, with why."""

    @property
    def good(self) -> bool:
        """Whether every required test passed; a suite that ran too few of them is not good."""
        if not self.suite.required:
            return True
        return not self.failed and self.passed >= self.suite.required


def run(folder: Path, suites: tuple[Suite, ...] = SUITES) -> list[Result]:
    """Run the suites that are in ``folder``. Raises ``FileNotFoundError`` for one that is not."""
    for suite in suites:
        if not (folder / suite.name / "node_modules" / "mocha").is_dir():
            raise FileNotFoundError(
                f"{suite.name} is not in {folder} with its dependencies: "
                f"check out github.com/w3c/{suite.name} there and run npm install in it."
            )
    with tempfile.TemporaryDirectory(prefix="opencpd-w3c-") as scratch:
        place = Path(scratch)
        with conformance_node(place) as url:
            _configure(place, url)
            return [_run_one(folder / suite.name, suite, place) for suite in suites]


def table(results: list[Result]) -> str:
    """The results as people read them."""
    lines = [f"{'suite':38}{'required':>9}{'passed':>8}{'failed':>8}{'skipped':>9}"]
    for result in results:
        needed = result.suite.required or "none"
        lines.append(
            f"{result.suite.title:38}{needed:>9}{result.passed:>8}{len(result.failed):>8}"
            f"{result.skipped:>9}"
        )
        lines += [f"    {name}\n        {why}" for name, why in result.failed]
    return "\n".join(lines)


def _configure(place: Path, url: str) -> None:
    """Tell the suites where the node is, in the file in which they look for it."""
    ids = _issuer_ids(url, place / "tls.pem")
    issue = f"{url}/credentials/issue"

    def issuer(suite: str, *tags: str, **more: Any) -> dict[str, Any]:
        options = {"cryptosuite": suite, **more.pop("options", {})}
        return {"id": ids[suite], "endpoint": issue, "options": options, "tags": tags, **more}

    status = {"credentialStatus": {"type": "BitstringStatusListEntry"}}
    p256 = {"supportedEcdsaKeyTypes": ["P-256"]}
    both = {"supportedEcdsaKeyTypes": ["P-256", "P-384"]}
    tags = ["vc2.0", "EnvelopingProof", "BitstringStatusList", *ids]
    manifest = {
        "name": IMPLEMENTATION,
        "implementation": IMPLEMENTATION,
        "issuers": [
            issuer("eddsa-rdfc-2022", "eddsa-rdfc-2022", "vc2.0"),
            issuer("eddsa-jcs-2022", "eddsa-jcs-2022"),
            issuer("eddsa-rdfc-2022", "BitstringStatusList", options=status),
            issuer("vc+jwt", "EnvelopingProof"),
            issuer("ecdsa-rdfc-2019", "ecdsa-rdfc-2019", **p256),
            issuer("ecdsa-jcs-2019", "ecdsa-jcs-2019", **p256),
        ],
        "verifiers": [
            {"id": url, "endpoint": f"{url}/credentials/verify", "tags": tags, **both},
        ],
        "vpVerifiers": [
            {"id": url, "endpoint": f"{url}/presentations/verify", "tags": ["vc2.0"]},
        ],
        "jose-cose": {"features": _FEATURES},
    }
    settings = {"enableInteropTests": False, "testAllImplementations": False}
    config = json.dumps({"settings": settings, "implementations": [manifest]}, indent=2)
    (place / "localConfig.cjs").write_text(f"module.exports = {config};\n")
    shim = place / "bin" / "docker"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.foreign.w3c.jose "$@"\n'
    )
    shim.chmod(0o755)


def _issuer_ids(url: str, certificate: Path) -> dict[str, str]:
    """Who signs with each suite, learned from a credential that leaves its issuer open."""
    ids = {}
    names = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019")
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-0c1f2a3b4c5d"},
    }
    with httpx.Client(verify=trusting(certificate)) as client:
        for name in names:
            body = {"credential": credential, "options": {"cryptosuite": name}}
            answer = client.post(f"{url}/credentials/issue", json=body)
            answer.raise_for_status()
            ids[name] = str(answer.json()["verifiableCredential"]["issuer"])
    return {**ids, "vc+jwt": ids["ecdsa-rdfc-2019"]}


def _run_one(folder: Path, suite: Suite, place: Path) -> Result:
    """Run one suite with mocha and read its report."""
    report = place / f"{suite.name}.json"
    for stale in (folder / "tests" / "output").glob(f"*-{IMPLEMENTATION}.json"):
        stale.unlink()  # the results of an earlier run would be taken for those of this one
    command = ["node", "node_modules/mocha/bin/mocha.js", "tests/", "--preserve-symlinks"]
    if _node_version() < _ITERATOR_HELPERS:
        command.append("--harmony-iterator-helpers")
    command += ["--reporter", "json", "--reporter-option", f"output={report}"]
    command += ["--timeout", "60000"]
    environment = {
        **os.environ,
        **dict(suite.environment),
        "APP_ROOT_PATH": str(place),
        "NODE_TLS_REJECT_UNAUTHORIZED": "0",  # the status list's certificate is the node's own
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT
    )
    (place / f"{suite.name}.log").write_text(done.stdout + done.stderr)
    if not report.exists():
        raise RuntimeError(f"{suite.name} did not run:\n{(done.stdout + done.stderr)[-3000:]}")
    return read_report(json.loads(report.read_text()), suite)


def _node_version() -> int:
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.removeprefix("v").partition(".")[0])


def read_report(report: dict[str, Any], suite: Suite) -> Result:
    """What mocha's JSON reporter says of the parts of a suite that count."""

    def counted(kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = report[kind]
        return [
            test for test in found if not suite.parts or test["fullTitle"].startswith(suite.parts)
        ]

    failed = tuple(
        (test["fullTitle"], str(test["err"].get("message", "")).replace("\n", " ")[:300])
        for test in counted("failures")
    )
    return Result(suite, len(counted("passes")), len(counted("pending")), failed)


def main(arguments: list[str]) -> int:
    """Run, print the table, and say by the exit code whether all is well."""
    reader = argparse.ArgumentParser(prog="tests.foreign.w3c.run", description=__doc__)
    reader.add_argument("--suites", type=Path, required=True)
    reader.add_argument("--only", action="append", choices=[suite.name for suite in SUITES])
    asked = reader.parse_args(arguments)
    chosen = tuple(suite for suite in SUITES if not asked.only or suite.name in asked.only)
    results = run(asked.suites, chosen)
    print(table(results))
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
