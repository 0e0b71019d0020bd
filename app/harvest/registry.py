"""Which connectors this node may use: entry points of the group ``opencpd.connectors``.

Only those the operator configured are imported, since importing runs somebody else's code. One that
cannot be imported, was written for another contract or whose name two packages claim is reported
and left out; it never keeps the node from starting.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from app.platform.problems import FieldProblem, Invalid, NotFound
from connectors.contract import CONTRACT, Connector

GROUP = "opencpd.connectors"

HIDDEN = "••••"
"""What people see in place of a secret."""


@dataclass(frozen=True, slots=True)
class BrokenConnector:
    """A configured connector that cannot be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The usable connectors by name, and those that are not."""

    connectors: Mapping[str, type[Connector]]
    broken: tuple[BrokenConnector, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of which version the package is that brings a connector."""

    def get(self, name: str) -> type[Connector]:
        """Raises ``NotFound`` saying which there are, or why this one cannot be used."""
        if name in self.connectors:
            return self.connectors[name]
        reason = next((one.reason for one in self.broken if one.name == name), None)
        if reason is not None:
            raise NotFound(f"The connector {name} cannot be used: {reason}.")
        known = ", ".join(sorted(self.connectors)) or "none"
        raise NotFound(
            f"There is no connector {name}. Loaded: {known}; the setting OPENCPD_CONNECTORS names "
            "those to load."
        )

    def build(self, name: str, config: Mapping[str, Any]) -> tuple[Connector, BaseModel]:
        """A connector and its checked configuration. Raises ``Invalid`` naming each bad field."""
        kind = self.get(name)
        # Read from a class, what the protocol calls a property has the property's own type.
        model = cast("type[BaseModel]", kind.Config)
        try:
            checked = model.model_validate(dict(config))
        except ValidationError as error:
            fields = [
                FieldProblem(".".join(("config", *map(str, one["loc"]))), one["type"], one["msg"])
                for one in error.errors(include_url=False, include_input=False)
            ]
            told = "; ".join(f"{one.pointer}: {one.detail}" for one in fields)
            # pydantic's own error says what was given, and that may be a secret.
            raise Invalid(f"The configuration does not fit {name}: {told}", fields=fields) from None
        return kind(checked), checked

    def shown(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """A source's configuration as people may see it: ``HIDDEN`` stands for each secret.

        Where the connector cannot say which those are, every text is one.
        """
        kind = self.connectors.get(name)
        if kind is None:
            return {key: _veiled(value) for key, value in config.items()}
        model = cast("type[BaseModel]", kind.Config)
        try:
            checked = model.model_validate(dict(config)).model_dump(mode="json")
        except ValidationError:
            return {key: _veiled(value) for key, value in config.items()}
        return {
            key: _without_secrets(value, checked[key]) if key in checked else _veiled(value)
            for key, value in config.items()
        }


def load(names: Collection[str], *, installed: Iterable[EntryPoint] | None = None) -> Registry:
    """Import the named connectors from what is installed."""
    offered: dict[str, list[EntryPoint]] = {name: [] for name in names}
    for entry in entry_points(group=GROUP) if installed is None else installed:
        if entry.name in offered:
            offered[entry.name].append(entry)
    connectors: dict[str, type[Connector]] = {}
    broken: list[BrokenConnector] = []
    versions = {
        entry.name: entry.dist.version
        for entries in offered.values()
        for entry in entries
        if entry.dist is not None
    }
    for name, entries in offered.items():
        try:
            connectors[name] = _usable(_import(entries))
        except _Unusable as error:
            broken.append(BrokenConnector(name, str(error)))
    return Registry(connectors, tuple(broken), versions)


class _Unusable(Exception):
    """The reason why a connector is left out."""


def _import(entries: Collection[EntryPoint]) -> Any:
    claims = sorted({entry.value for entry in entries})
    if not claims:
        raise _Unusable("no installed package offers it")
    if len(claims) > 1:
        raise _Unusable(f"several packages claim the name ({', '.join(claims)}); keep only one")
    try:
        return next(iter(entries)).load()
    except Exception as error:  # a plugin's module may raise anything at all
        raise _Unusable(f"importing {claims[0]} failed: {type(error).__name__}: {error}") from error


def _usable(found: Any) -> type[Connector]:
    name = f"{getattr(found, '__module__', '')}:{getattr(found, '__qualname__', found)}"
    version = getattr(found, "contract", None)
    if version != CONTRACT:
        raise _Unusable(f"{name} was written for contract {version}; this node speaks {CONTRACT}")
    config = getattr(found, "Config", None)
    if not (isinstance(config, type) and issubclass(config, BaseModel)):
        raise _Unusable(f"{name} has no pydantic model named Config")
    lacking = [part for part in ("deletions", "pages", "normalise") if not hasattr(found, part)]
    if lacking:
        raise _Unusable(f"{name} lacks {', '.join(lacking)}")
    kind: type[Connector] = found
    return kind


def _without_secrets(given: Any, checked: Any) -> Any:
    """``given``, with each text hidden that pydantic hides when it writes the checked value."""
    if isinstance(given, Mapping) and isinstance(checked, Mapping):
        return {
            key: _without_secrets(value, checked[key]) if key in checked else _veiled(value)
            for key, value in given.items()
        }
    if isinstance(given, list) and isinstance(checked, list) and len(given) == len(checked):
        return [_without_secrets(*pair) for pair in zip(given, checked, strict=True)]
    return HIDDEN if checked == str(SecretStr("x")) else given


def _veiled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _veiled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_veiled(inner) for inner in value]
    return value if value is None or isinstance(value, bool) else HIDDEN


def hosts_in(config: BaseModel) -> frozenset[str]:
    """The hosts of all addresses in a source's configuration: nothing else may be fetched."""
    return frozenset(_hosts(config.model_dump(mode="json")))


def _hosts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set().union(*(_hosts(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(_hosts(one) for one in value))
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        host = urlsplit(value).hostname
        return {host} if host else set()
    return set()
