"""A client of the VC API that holds every answer to the contract of the W3C suites.

201 with the credential, 200 with ``verified: true``, and 400 with ``errors`` for every defect;
never 500, and never 200 with ``verified: false``.
"""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.identity.access import Guard
from app.identity.model import Actor
from app.platform import problems
from app.trust.vc_api import api
from app.verification.bundle import Bundle
from tests.simulator.issuer import NOW
from tests.simulator.signing import MemorySigner

V2 = "https://www.w3.org/ns/credentials/v2"
V1 = "https://www.w3.org/2018/credentials/v1"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
Json = dict[str, Any]


def credential(**changes: Any) -> Json:
    """The least credential there is; ``...`` takes a member away."""
    document: Json = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject"},
    }
    return {name: value for name, value in (document | changes).items() if value is not ...}


def conformance_app() -> FastAPI:
    """The routes of the conformance profile, with nothing around them."""
    app = FastAPI()
    problems.install(app)
    router = api.build_router(
        bundle=lambda at: Bundle(version=1, issued_at=at),
        guard=Guard(_nobody),
        signer=MemorySigner(),
        public_url="https://node.example",
        now=lambda: NOW,
    )
    app.include_router(router)
    return app


def _nobody(token: str) -> Actor:
    raise AssertionError(f"a public route asked who {token!r} is")


class ConformanceClient:
    """Asks an application that has the VC API."""

    def __init__(self, app: FastAPI) -> None:
        self.http = TestClient(app, raise_server_exceptions=False)

    def ask(self, path: str, body: Any) -> Json:
        """Post something; gives the answer with its status, once it has kept the contract."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.http.post(path, content=content)
        assert answer.status_code in {200, 201, 400}, answer.text
        said: Json = answer.json()
        if answer.status_code == 400:
            assert said["errors"]
            assert said["verified"] is False
        elif "verified" in said:
            assert said["verified"] is True
            assert said["errors"] == []
        return said | {"http_status": answer.status_code}

    def issue(self, document: Json, **options: Any) -> Json:
        """A secured credential."""
        said = self.ask("/credentials/issue", {"credential": document, "options": options})
        assert said["http_status"] == 201, said
        secured: Json = said["verifiableCredential"]
        return secured

    def refusal(self, document: Any, **options: Any) -> str:
        """The code of the error with which a credential is not issued."""
        said = self.ask("/credentials/issue", {"credential": document, "options": options})
        assert said["http_status"] == 400, said
        return str(said["errors"][0]["code"])

    def errors(self, document: Any, *, kind: str = "credential", **options: Any) -> list[str]:
        """The checks that a document does not pass; none when it is verified."""
        member = f"verifiable{kind.capitalize()}"
        body = {member: document, "options": options}
        said = self.ask(f"/{kind}s/verify", body)
        return [str(error.get("check", error.get("code"))) for error in said["errors"]]
