"""What a site allows a robot (RFC 9309), asked once for each of its origins.

No file, or one that is refused, allows everything (§2.3.1.3); one that cannot be had now allows
nothing, so the run waits (§2.3.1.4). Of a very long file the first 512 KiB count (§2.5). The name
that this program answers to is ``OpenCPD``. A pause that a site asks for is handed to the way out.
"""

from urllib.parse import urlsplit

from protego import Protego

from connectors.contract import Fetch, Paced, SourceMisconfigured

AGENT = "OpenCPD"
MAX_BYTES = 512 * 1024
MAX_DELAY = 60.0

_REFUSALS = tuple(range(400, 500))


class Robots:
    """The rules of the sites that a run asks."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._rules: dict[str, Protego] = {}

    def allows(self, url: str) -> bool:
        """Whether this program may ask for an address.

        Raises what fetching the rules raises, and ``SourceMisconfigured`` when a site asks for
        pauses that are longer than anybody waits.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = self._ask(origin, parts.hostname or "")
        return self._rules[origin].can_fetch(url, AGENT)

    def _ask(self, origin: str, host: str) -> Protego:
        if host.endswith(".invalid"):  # an uploaded file has no site (RFC 6761 §6.4)
            return Protego.parse("")
        fetched = self._fetch(f"{origin}/robots.txt", accept=_REFUSALS)
        body = b"" if fetched.status in _REFUSALS else fetched.body
        if len(body) > MAX_BYTES:
            body = body[: body.rfind(b"\n", 0, MAX_BYTES) + 1]  # half a rule is another rule
        rules = Protego.parse(body.decode("utf-8-sig", "replace"))
        delay = rules.crawl_delay(AGENT)
        if delay is not None and delay > MAX_DELAY:
            raise SourceMisconfigured(
                f"{origin}/robots.txt asks for {delay:g} s between two requests, and at most "
                f"{MAX_DELAY:g} s are waited; give {AGENT} a shorter Crawl-delay"
            )
        if delay and isinstance(self._fetch, Paced):
            self._fetch.slow_down(origin, delay)
        return rules
