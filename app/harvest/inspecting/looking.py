"""What a person gives to be looked at: an address or a file, and a format or "find out".

1. Without a connector's name the document is read once and its format is found out (``sniffing``).
2. The connector is built with the address in the field that its configuration has for it.
3. It may speak to the host of that address alone, whatever else its settings say.
4. ``inspect`` does the rest.

A connector that cannot be built without a secret is not offered: whoever asks here has no account.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, SecretStr

from app.harvest.inspecting import sniffing
from app.harvest.inspecting.bounds import Bounds, Enough, Meter
from app.harvest.inspecting.inspector import inspect
from app.harvest.inspecting.model import Inspection
from app.harvest.inspecting.sniffing import CONNECTOR, WHY, Format
from app.harvest.inspecting.uploads import NOWHERE, Remembering, UploadedFile
from app.harvest.model import Source
from app.harvest.registry import Registry, hosts_in
from app.platform.problems import FieldProblem, Invalid, NotFound, Unavailable
from connectors.contract import (
    Connector,
    Fetch,
    Fetched,
    SourceMisconfigured,
    SourceUnavailable,
)

LONGEST_URL = 2_000
_ANY_REFUSAL = tuple(range(400, 500))

MakeTrial = Callable[[frozenset[str]], AbstractContextManager[Fetch]]
"""Makes a guarded way out to these hosts alone."""


class FeedUnreadable(Invalid):
    """There is nothing at the address, or in the file, that could be looked at."""

    code = "feed-unreadable"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at: ``url`` or ``file``; ``connector`` is empty for "find out"."""

    url: str = ""
    file: UploadedFile | None = None
    connector: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    typed: str = ""
    """The settings as somebody typed them, so that a form can show them again."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of it. ``format`` is ``None`` where the connector was named."""

    connector: str
    format: Format | None
    config: Mapping[str, Any]
    """What the connector was built with; holds no secret, since none is taken."""
    inspection: Inspection

    @property
    def why(self) -> str:
        """How the format was found out; empty where it was named."""
        return WHY[self.format] if self.format else ""


def offered(registry: Registry) -> list[str]:
    """The connectors that can be tried here, by name."""
    return sorted(
        name
        for name, kind in registry.connectors.items()
        if address_field(kind) and not _needs_secret(_config(kind))
    )


def address_field(kind: type[Connector]) -> str | None:
    """The field of a connector's configuration that holds the feed's address."""
    named = getattr(kind, "file_field", None)
    properties = _config(kind).model_json_schema().get("properties", {})
    if isinstance(named, str) and named in properties:
        return named
    required = _config(kind).model_json_schema().get("required", [])
    addresses = [name for name in required if properties[name].get("format") == "uri"]
    return addresses[0] if len(addresses) == 1 else None


def look(
    asked: Asked,
    *,
    registry: Registry,
    make_trial: MakeTrial,
    bounds: Bounds | None = None,
    ticks: Callable[[], float] = time.monotonic,
) -> Looked:
    """Find out, read and judge.

    Raises ``Invalid`` for what cannot be asked for (``FeedUnreadable`` for what cannot be read at
    all), ``Unavailable`` when the address does not answer.
    """
    chosen, url = bounds or Bounds(), _address(asked)
    host = urlsplit(url).hostname or ""
    way = nullcontext(asked.file) if asked.file else make_trial(frozenset({host}))
    with way as out:
        fetch: Fetch = out
        found: Format | None = None
        name = asked.connector
        if not name:
            document = _document(Meter(out, chosen, ticks), url)
            found = _found(sniffing.sniff(document.body), document)
            name = CONNECTOR[found]
            fetch = Remembering(out, url, document) if document.status < 400 else out
        connector, config = _built(registry, name, asked, url)
        return Looked(name, found, config, inspect(connector, fetch, bounds=chosen, ticks=ticks))


def look_at_source(
    source: Source,
    *,
    registry: Registry,
    make_fetch: MakeTrial,
    bounds: Bounds | None = None,
    ticks: Callable[[], float] = time.monotonic,
) -> Looked:
    """Look at what a source would bring now, from its beginning, with its own settings.

    Raises ``Invalid`` or ``NotFound`` when its settings or its connector cannot be used.
    """
    connector, config = registry.build(source.connector, source.config)
    with make_fetch(hosts_in(config)) as fetch:
        found = inspect(connector, fetch, bounds=bounds, ticks=ticks)
    return Looked(source.connector, None, registry.shown(source.connector, source.config), found)


def _address(asked: Asked) -> str:
    if asked.file is not None:
        return asked.file.address
    url = asked.url.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        mend = "Give an address that begins with https:// or http://, or choose a file."
        raise Invalid("There is nothing to look at.", fields=[FieldProblem("/url", "url", mend)])
    return url


def _document(fetch: Fetch, url: str) -> Fetched:
    """The document at the address; a refusal too, since an OAI-PMH server may refuse that way."""
    try:
        return fetch(url, accept=_ANY_REFUSAL)
    except SourceUnavailable as error:
        raise Unavailable(f"The address does not answer: {error}") from error
    except (SourceMisconfigured, Enough) as error:
        raise FeedUnreadable(f"The address cannot be read: {error}") from error


def _found(found: Format, document: Fetched) -> Format:
    """The format, if any connector reads it. Raises ``FeedUnreadable``."""
    if document.status >= 400 and found is not Format.OAI_PMH:
        raise FeedUnreadable(f"{document.url} answered {document.status}.")
    if found not in CONNECTOR:
        raise FeedUnreadable(
            f"{WHY[found]} Give the address or the file of a feed of courses, or choose its format."
        )
    return found


def _built(
    registry: Registry, name: str, asked: Asked, url: str
) -> tuple[Connector, Mapping[str, Any]]:
    try:
        kind = registry.get(name)
    except NotFound as error:
        mend = "Choose one of those that there are, or let it be found out."
        fields = [FieldProblem("/connector", "connector-unknown", mend)]
        raise FeedUnreadable(error.detail, fields=fields) from error
    where = address_field(kind)
    secret = FeedUnreadable(
        f"A feed of the format {name} is read with a secret, which is not to be given here; "
        "add it as a source of your society and look at it there."
    )
    if _needs_secret(_config(kind)):
        raise secret
    if asked.file is not None and not getattr(kind, "file_field", None):
        raise FeedUnreadable(
            f"A feed of the format {name} cannot be looked at as a file; give its address."
        )
    if where is None:
        raise FeedUnreadable(f"The connector {name} has no single address that could be given.")
    whole = url if getattr(kind, "file_field", None) else _without_query(url)
    config = {where: whole, **{key: one for key, one in asked.config.items() if key != where}}
    connector, _ = registry.build(name, config)
    if registry.shown(name, config) != config:  # one that need not be given, but was
        raise secret
    return connector, config


def _without_query(url: str) -> str:
    """The address of a service, whose questions are the connector's to ask."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _config(kind: type[Connector]) -> type[BaseModel]:
    # Read from a class, what the protocol calls a property has the property's own type.
    return cast("type[BaseModel]", kind.Config)


def _needs_secret(model: type[BaseModel]) -> bool:
    return any(
        one.annotation is SecretStr and one.is_required() for one in model.model_fields.values()
    )


def is_file(config: Mapping[str, Any]) -> bool:
    """Whether what was looked at was a file, so that there is no address to add as a source."""
    return any(isinstance(one, str) and one.startswith(NOWHERE) for one in config.values())
