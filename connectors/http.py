"""The guarded way out: ``HttpFetch`` is the node's implementation of ``connectors.contract.Fetch``.

It speaks http and https to allowed hosts at public addresses only, judged again at every redirect
and at the moment of connecting (``connectors.addresses``). It caps the time of a request, the size
of an answer after decompression and the rate per host; it waits when a server says when to come
back (RFC 9110 §10.2.3), within a budget. It keeps no cookies, uses no proxy of the environment,
and never sends a caller's headers or form on to another origin. ``post`` is for what this node
tells others: the same guard, one request, no redirect followed.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import Self
from urllib.parse import unquote_plus, urlencode

import httpcore
import httpx

from connectors.addresses import GuardedBackend, Network, Resolve, resolve
from connectors.answers import COME_BACK, decoded, judged, retry_after
from connectors.contract import Fetched, SourceMisconfigured, SourceUnavailable
from connectors.turns import Turns

MAX_BYTES = 50 * 1024 * 1024
MAX_REDIRECTS = 5
USER_AGENT = "opencpd (reads course catalogues)"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODILESS = frozenset({204, 304})
_KEEP_THE_FORM = frozenset({307, 308})
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TELLING = 8
"""A form's values from this length on might be secrets; shorter ones stand in many addresses."""
_PORTS = {"http": 80, "https": 443}


@cache
def _trusted() -> SSLContext:
    """Whom to trust: the operator's choice, so SSL_CERT_FILE is obeyed. Read once: it is slow."""
    return httpx.create_ssl_context()


class HttpFetch:
    """One run's way out; for one thread at a time. Close it, or use it as a context manager.

    ``hosts`` are the names that may be asked, ``None`` for any public one. ``allow`` are networks
    that may be reached although they are not public. ``interval`` seconds lie between two requests
    to one host, of whatever fetch has the same ``turns``. ``patience`` is how long in all this
    object may wait because servers said so. ``stop`` alone may be called by another thread.
    """

    def __init__(
        self,
        *,
        hosts: Collection[str] | None,
        allow: Sequence[Network] = (),
        max_bytes: int = MAX_BYTES,
        timeout: float = 30.0,
        deadline: float = 120.0,
        interval: float = 0.1,
        retries: int = 3,
        patience: float = 120.0,
        user_agent: str = USER_AGENT,
        resolver: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._hosts = None if hosts is None else frozenset(_host_name(host) for host in hosts)
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._deadline = deadline
        self._interval = interval
        self._slower: dict[str, float] = {}
        self._retries = retries
        self._patience = patience
        self._user_agent = user_agent
        self._clock = clock
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._ends = 0.0
        self._turns = turns or Turns()
        self._backend = GuardedBackend(allow=allow, resolver=resolver, remaining=self._remaining)
        # Proxies of the environment are not used: they would connect in our place, to addresses
        # nobody judged.
        self._pool, self._forms = (
            httpcore.ConnectionPool(
                ssl_context=_trusted(), max_connections=4, network_backend=self._backend
            )
            for _ in range(2)
        )  # what is sent never takes a connection that was judged for reading alone

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def stop(self) -> None:
        """Fetch nothing more: who waits for an answer, or for a turn, has ``SourceUnavailable``."""
        self._stopped.set()
        self._backend.cut()

    def slow_down(self, url: str, seconds: float) -> None:
        """Leave at least so many seconds between two requests to the host of ``url``."""
        host = _parse(url).host
        self._slower[host] = max(seconds, self._slower.get(host, 0.0))

    def close(self) -> None:
        """Close the connections kept open."""
        self._pool.close()
        self._forms.close()

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """Fetch as ``Fetch`` says, following redirects and waiting where a server asks for it."""
        target = _with_params(_parse(url), params)
        sent, form = dict(headers or {}), data
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._patiently(target, sent, accept, form)
            location = answer.headers.get("location")
            if answer.status in accept or answer.status not in _REDIRECTS or location is None:
                return judged(answer, accept)
            following = _join(target, location)
            if data is not None:
                _keep_at_home(data, target, following)
                form = form if answer.status in _KEEP_THE_FORM else None
            if _origin(following) != _origin(target):
                sent = {}
            if (target.scheme, following.scheme) == ("https", "http"):
                raise SourceMisconfigured(f"{target} redirects from https to http: {following}")
            target = following
        raise SourceMisconfigured(f"{url} redirects more than {MAX_REDIRECTS} times")

    def _patiently(
        self,
        url: httpx.URL,
        headers: Mapping[str, str],
        accept: Sequence[int],
        form: Mapping[str, str] | None,
    ) -> Fetched:
        """Ask, and ask again as often as a 429 or 503 says when to come back."""
        retries = self._retries
        while True:
            answer = self._once(url, headers, form)
            if answer.status not in COME_BACK or answer.status in accept:
                return answer
            wait = retry_after(answer.headers)
            if retries == 0 or wait is None or wait > self._patience:
                raise SourceUnavailable(
                    f"{url} answered {answer.status}: busy, come back later", retry_after=wait
                )
            retries -= 1
            self._patience -= wait
            self._sleep(wait)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Send ``body`` once; the answer is handed back whatever its status.

        A redirect is an answer like any other. Over plain http only networks in ``allow`` are
        spoken to. The status is the answer: its body, undecoded, is what came of it within the
        limits. Raises ``SourceUnavailable`` and ``SourceMisconfigured`` as a fetch does.
        """
        target = _parse(url)
        self._check(target)
        self._backend.public = target.scheme == "https"
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        with self._answered("POST", target, sent, content=body) as response:
            received = dict(httpx.Headers(response.headers))
            return Fetched(str(target), response.status, received, self._beginning(response))

    def _once(
        self, url: httpx.URL, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Fetched:
        """One request and its whole answer, decoded."""
        self._check(url)
        self._backend.public = form is None or url.scheme == "https"
        method, body = ("GET", None) if form is None else ("POST", urlencode(form).encode())
        sent = {"Accept-Encoding": "gzip", **headers, **(_FORM if form is not None else {})}
        with self._answered(method, url, sent, content=body) as response:
            received = httpx.Headers(response.headers)
            coding = received.get("content-encoding", "identity").strip().lower()
            if response.status in _BODILESS:
                coding = "identity"
            chunks = self._within(response.iter_stream(), url)
            whole = b"".join(self._within(decoded(chunks, coding, url=str(url)), url))
            return Fetched(str(url), response.status, dict(received), whole)

    @contextmanager
    def _answered(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None = None
    ) -> Iterator[httpcore.Response]:
        """One request, as far as the head of its answer."""
        self._take_turn(url.host)
        self._ends = self._clock() + self._deadline
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        sent = {"Host": url.netloc.decode("ascii"), "User-Agent": self._user_agent, **headers}
        address = httpcore.URL(
            scheme=url.raw_scheme,
            host=url.raw_host,
            port=url.port,
            target=url.raw_path,
        )
        try:
            with (self._pool if content is None else self._forms).stream(
                method,
                address,
                headers=list(sent.items()),
                content=content,
                extensions={"timeout": timeouts},
            ) as response:
                yield response
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            reason = str(error) or type(error).__name__
            raise SourceUnavailable(f"{url}: no whole answer: {reason}") from error

    def _beginning(self, response: httpcore.Response) -> bytes:
        """As much of an answer's body as comes, up to the size limit and the deadline."""
        body = bytearray()
        try:
            for chunk in response.iter_stream():
                body += chunk[: self._max_bytes - len(body)]
                if len(body) >= self._max_bytes or self._remaining() <= 0:
                    break
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            pass  # cut: what is here will do
        return bytes(body)

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in _PORTS or not url.host:
            raise SourceMisconfigured(f"{url} is not an http or https address")
        if url.port is not None and not 0 < url.port < 65536:
            raise SourceMisconfigured(f"{url}: there is no port {url.port}")
        if url.userinfo:
            raise SourceMisconfigured(f"{url.host}: a name or password in the address is refused")
        if self._hosts is not None and _host_name(url.host) not in self._hosts:
            raise SourceMisconfigured(
                f"the host {url.host} is not among those of this source; if the feed has moved "
                "there, configure its new address"
            )

    def _take_turn(self, host: str) -> None:
        interval = max(self._interval, self._slower.get(host, 0.0))
        wait = self._turns.take(host, interval=interval, now=self._clock())
        if wait > 0 and not self._stopped.is_set():
            self._sleep(wait)
        if self._stopped.is_set():
            raise SourceUnavailable(f"{host} is not asked: this fetch was told to stop")

    def _remaining(self) -> float:
        return self._ends - self._clock()

    def _within(self, chunks: Iterator[bytes], url: httpx.URL) -> Iterator[bytes]:
        """Hand on ``chunks`` while they stay within the size limit and the deadline."""
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._max_bytes:
                raise SourceMisconfigured(f"{url}: the answer is over {self._max_bytes} bytes")
            if self._remaining() <= 0:
                raise SourceUnavailable(f"{url}: no whole answer within {self._deadline:g} s")
            yield chunk


def _parse(url: str) -> httpx.URL:
    try:
        return _readable(httpx.URL(url))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceMisconfigured(f"{url!r} is not an address: {error}") from error


def _join(base: httpx.URL, location: str) -> httpx.URL:
    try:
        return _readable(base.join(location))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceMisconfigured(f"{base} redirects to a broken address: {error}") from error


def _readable(url: httpx.URL) -> httpx.URL:
    """The address, when its host can be read as well. Raises ``UnicodeError`` (RFC 5891 §5)."""
    _ = url.host
    return url


def _with_params(url: httpx.URL, params: Mapping[str, str] | None) -> httpx.URL:
    """Add to the query without touching what stands there: some servers compare it as text."""
    if not params:
        return url
    parts = [part for part in (url.query.decode("ascii"), urlencode(params)) if part]
    return url.copy_with(query="&".join(parts).encode("ascii"))


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _keep_at_home(data: Mapping[str, str], target: httpx.URL, following: httpx.URL) -> None:
    """Refuse to carry a form away, or on to an address that repeats a part of it."""
    told = unquote_plus(str(following))
    if any(len(value) >= _TELLING and value in told for value in data.values()):
        raise SourceMisconfigured(f"{target} redirects to an address that repeats what was sent")
    if _origin(following) != _origin(target):
        raise SourceMisconfigured(
            f"{target} redirects a form to {following.scheme}://{following.host}, where it is not "
            "sent; configure the address that it has there"
        )


def _host_name(host: str) -> str:
    """A host in the one form to compare: lower case, ASCII (RFC 5891), no dot at the end."""
    return httpx.URL(scheme="http", host=host.rstrip(".")).raw_host.decode("ascii").lower()
