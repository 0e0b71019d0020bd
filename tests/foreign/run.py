"""Verifiers written by others, put to work on our records.

They come from the package registries into a cache outside the repository and see nothing but the
node at ``base_url``: its DID documents and its status lists.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import jwt
from jwcrypto import jwk, jws
from jwcrypto.common import JWException
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from app.proof.did import did_web_url
from tests.servers import CACHE, alone
from tests.simulator.published import FOLDER as PUBLISHED

HERE = Path(__file__).parent
HOME = CACHE / "foreign"
SCHEMA = PUBLISHED / "ob3" / "schemas" / "ob_v3p0_achievementcredential_schema.json"
NODE_JUDGES = {
    "jose": "jwt",
    "did_jwt": "jwt",
    "credo": "jwt",
    "digitalbazaar": "json",
    "dcc": "json",
}


def install() -> str | None:
    """Install the verifiers once. Gives the reason when they cannot be had."""
    with alone("foreign"):
        return _install()


def _install() -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "no Node.js: install Debian's nodejs and npm"
    wanted = (HERE / "package.json").read_text()
    done = HOME / "installed.json"
    HOME.mkdir(parents=True, exist_ok=True)
    if not done.exists() or done.read_text() != wanted:
        (HOME / "package.json").write_text(wanted)
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        npm = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=300)
        if npm.returncode:
            return f"npm cannot install the verifiers: {npm.stderr[-500:]}"
        done.write_text(wanted)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, HOME / script.name)
    return None


def verdict(judge: str, record: str | bytes, base_url: str) -> dict[str, Any]:
    """What one judge says of one record, with its reasons."""
    return verdicts(judge, [record], base_url)[0]


def verdicts(judge: str, records: Sequence[str | bytes], base_url: str) -> list[dict[str, Any]]:
    """What one judge says of each record. It is started once: that costs more than judging."""
    data = [record.encode() if isinstance(record, str) else record for record in records]
    if judge in PYTHON_JUDGES:
        return [PYTHON_JUDGES[judge](each.decode(), base_url) for each in data]
    environment = dict(os.environ)
    if SCHEMA.exists():
        environment["OPENCPD_OB3_SCHEMA"] = str(SCHEMA)
    with tempfile.TemporaryDirectory(prefix="opencpd-judged-") as folder:
        files = [Path(folder) / f"{number}.record" for number in range(len(data))]
        for file, each in zip(files, data, strict=True):
            file.write_bytes(each)
        node = subprocess.run(
            ["node", f"verify_{judge}.mjs", base_url, *files],
            cwd=HOME,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    lines = node.stdout.strip().splitlines()
    if node.returncode or len(lines) != len(data):
        return [{"verified": False, "error": node.stderr[-2000:]} for _ in data]
    return [json.loads(line) for line in lines]


def verify_with_all(record_json: bytes, record_jwt: str, base_url: str) -> dict[str, bool]:
    """Whether each judge accepts the record; ``install`` first."""
    return verify_each_with_all([(record_json, record_jwt)], base_url)[0]


def verify_each_with_all(
    records: Sequence[tuple[bytes, str]], base_url: str
) -> list[dict[str, bool]]:
    """Whether each judge accepts each record, given as JSON and as JWT; ``install`` first."""
    judged = {}
    for judge, form in (NODE_JUDGES | dict.fromkeys(PYTHON_JUDGES, "jwt")).items():
        place = ("json", "jwt").index(form)
        judged[judge] = verdicts(judge, [record[place] for record in records], base_url)
    return [
        {judge: found[number]["verified"] is True for judge, found in judged.items()}
        for number in range(len(records))
    ]


def issued_by_others(did: str, given: dict[str, Any]) -> dict[str, Any]:
    """What ``issue.mjs`` signs of ``given`` as ``did``; ``install`` first."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(given, file)
        file.flush()
        node = subprocess.run(
            ["node", "issue.mjs", did, file.name],
            cwd=HOME,
            capture_output=True,
            text=True,
            timeout=120,
        )
    if node.returncode:
        raise RuntimeError(node.stderr[-2000:])
    answer: dict[str, Any] = json.loads(node.stdout)
    return answer


def _published_key(token: str, base_url: str) -> tuple[dict[str, Any], str]:
    """The JWK that a token names, from the issuer's DID document, and the issuer's id."""
    kid = jwt.get_unverified_header(token)["kid"]
    path = did_web_url(kid.partition("#")[0]).split("/", 3)[3]
    document = httpx.get(f"{base_url}/{unquote(path)}", timeout=10).raise_for_status().json()
    methods = {method["id"]: method for method in document["verificationMethod"]}
    return methods[kid]["publicKeyJwk"], document["id"]


def _pyjwt(token: str, base_url: str) -> dict[str, Any]:
    """PyJWT, with the key from the issuer's DID document."""
    try:
        key, issuer_id = _published_key(token, base_url)
        claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["ES256"], issuer=issuer_id)
    except (jwt.PyJWTError, httpx.HTTPError, KeyError, ValueError) as error:
        return {"verified": False, "error": repr(error)}
    return {"verified": True, "title": claims["name"]}


def _openbadgeslib(token: str, base_url: str) -> dict[str, Any]:
    """openbadgeslib, which also holds the token to the rules of Open Badges 3.0."""
    try:
        key, issuer_id = _published_key(token, base_url)
        badge = OB3Verifier(jwt.PyJWK(key).key, issuer_id).verify(token)
    except (OB3VerificationError, jwt.PyJWTError, httpx.HTTPError, KeyError, ValueError) as error:
        return {"verified": False, "error": repr(error)}
    return {"verified": True, "title": badge.name}


def _jwcrypto(token: str, base_url: str) -> dict[str, Any]:
    """jwcrypto, with the key from the issuer's DID document."""
    try:
        key, issuer_id = _published_key(token, base_url)
        signed = jws.JWS()
        signed.allowed_algs = ["ES256"]
        signed.deserialize(token, jwk.JWK(**key))
        claims = json.loads(signed.payload)
    except (JWException, jwt.PyJWTError, httpx.HTTPError, KeyError, ValueError) as error:
        return {"verified": False, "error": repr(error)}
    return {"verified": claims["iss"] == issuer_id, "title": claims["name"]}


PYTHON_JUDGES = {"jwcrypto": _jwcrypto, "pyjwt": _pyjwt, "openbadgeslib": _openbadgeslib}
JUDGES = (*NODE_JUDGES, *PYTHON_JUDGES)
