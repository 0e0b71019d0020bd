"""Where a browser may be sent back to."""

import pytest

from app.identity.clients.redirects import LONGEST, allows, form_target, trouble
from app.identity.clients.rules import is_secure


@pytest.mark.parametrize(
    "uri",
    ["https://lms.example/callback", "https://lms.example:8443/cb?x=%20y", "https://a.example"],
)
def test_an_address_over_tls_will_do(uri: str) -> None:
    assert trouble(uri, native=False) is None
    assert trouble(uri, native=True) is None


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1/cb", "http://[::1]:8080/cb", "http://127.0.0.1", "org.example.app:/cb"],
)
def test_what_stays_on_the_device_will_do_for_a_native_program(uri: str) -> None:
    assert trouble(uri, native=True) is None
    assert trouble(uri, native=False)


@pytest.mark.parametrize(
    "uri",
    [
        "", "x", "/callback", "//lms.example/", "http://lms.example/", "HTTPS://lms.example/",
        "https://lms.example/#x", "https://u@lms.example/", "https://lms.example/a b",
        "https://lms.example/é", "https://lms.example/\n", "https://lms.example/%zz",
        "https://lms.example/a/../b", "https://lms.example/a/%2e%2E/b", "https://*.lms.example/",
        "https://lms.example\\evil/", "https://LMS.example/", "https://lms.example:0/",
        "https://lms.example:65536/", "https://-a.example/", "https://[::1]/", "http://localhost/cb",
        "http://127.1/", "http://[::1/", "javascript:alert(1)", "data:text/html,x", "app:/cb",
        "org.example.app:", "org.example.app://", "org.example.app:/é", "file:///etc",
        "https://lms.example/;script-src", "https://lms.example/" + "x" * LONGEST,
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_mend(uri: str) -> None:
    # A semicolon may stand in a path: what goes into a policy is the origin alone.
    if uri.endswith(";script-src"):
        assert form_target(uri) == "https://lms.example"
        return
    assert trouble(uri, native=True)


def test_an_address_is_compared_as_it_is_written() -> None:
    registered = ("https://lms.example/callback",)
    assert allows(registered, "https://lms.example/callback")
    assert not allows(registered, "https://lms.example/callback/")
    assert not allows(registered, "http://127.0.0.1/callback")
    assert allows(["http://[::1]/cb"], "http://[::1]:9/cb")
    assert not allows(["http://[::1]/cb"], "http://127.0.0.1:9/cb")
    assert not allows([], "")


def test_a_policy_names_where_a_form_may_lead() -> None:
    assert form_target("https://lms.example:8443/cb?x=1") == "https://lms.example:8443"
    assert form_target("http://127.0.0.1:49152/cb") == "http://127.0.0.1:49152"
    assert form_target("http://[::1]:49152/cb") == "http:"
    assert form_target("org.example.app:/cb") == "org.example.app:"


BAD = (
    "http://lms.example/keys", "https://u@lms.example/", "https:///x", "ftp://a/",
    "https://lms.example/#x", "https://a b/", "https://lms.example:x/", "https://[x/",
    "file:///etc/passwd", "https://é.example/", "", "https://lms.example\\@evil/",
)  # fmt: skip


def test_keys_are_fetched_over_tls_or_from_this_machine() -> None:
    for good in ("https://lms.example/keys", "https://lms.example:8443/k?x=1",
                 "http://127.0.0.1:8000/keys", "http://localhost/keys"):  # fmt: skip
        assert is_secure(good)
    for bad in BAD:
        assert not is_secure(bad), bad
