import pytest

from app.proof.did import did_web, did_web_url
from app.proof.errors import ProofError


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:node.example:user:alice", "https://node.example/user/alice/did.json"),
        ("did:web:node.example%3A3000:user", "https://node.example:3000/user/did.json"),
        ("did:web:127.0.0.1%3A8080:societies:a", "https://127.0.0.1:8080/societies/a/did.json"),
        ("did:web:NODE.example", "https://node.example/.well-known/did.json"),
    ],
)
def test_a_did_stands_for_an_address(did: str, url: str) -> None:
    assert did_web_url(did) == url


@pytest.mark.parametrize(
    "did",
    [
        "did:key:z6Mk",
        "did:web:",
        "did:web:-a.example",
        "did:web:node.example:",
        "did:web:node.example::a",
        "did:web:node.example:..:a",
        "did:web:node.example:%2E%2E",
        "did:web:node.example:a%2Fb",
        "did:web:node.example/a",
        "did:web:node.example#key",
        "did:web:node.example%3A0",
        "did:web:node.example%3A70000",
        "did:web:user@node.example",
        "did:web:node.example%3Aport",
        "did:web:[::1]",
        "did:web:node.example\n",
    ],
)
def test_what_is_not_a_did_of_a_web_address_is_refused(did: str) -> None:
    with pytest.raises(ProofError):
        did_web_url(did)


def test_an_address_and_a_path_make_a_did() -> None:
    assert did_web("https://node.example", "societies", "cse") == (
        "did:web:node.example:societies:cse"
    )
    assert did_web("http://127.0.0.1:8080/") == "did:web:127.0.0.1%3A8080"
    assert did_web("https://node.example/cpd/", "a b") == "did:web:node.example:cpd:a%20b"


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "https://", "https://a.example?q", "a.example", "https://a:x/", ""]
)
def test_what_is_not_the_address_of_a_node_makes_no_did(url: str) -> None:
    with pytest.raises(ProofError):
        did_web(url)
