"""Pooled HTTP to services this node's operator has named, such as the search server.

What comes from anybody else's address goes through the guarded ``connectors.http.HttpFetch``.
"""

import httpx

ServiceClient = httpx.Client
ServiceAnswer = httpx.Response
ServiceError = httpx.HTTPError
"""The parent of whatever a service client raises when it gets no answer."""

DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""The pooled connection was gone when it was used; the same request may do on a fresh one."""


def service_client(base_url: str, *, headers: dict[str, str], timeout: float) -> httpx.Client:
    """A keep-alive client for one configured service; ``timeout`` in seconds, for each phase.

    ``Accept-Encoding: identity``: a compressed answer of a few kilobytes from a loopback server
    waits for the peer's delayed acknowledgement, 45 ms where 3 ms would do.
    """
    return httpx.Client(
        base_url=base_url,
        headers={"Accept-Encoding": "identity", **headers},
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
    )
