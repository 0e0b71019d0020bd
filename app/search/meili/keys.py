"""The keys a node needs of a Meilisearch server: what each may do, made by the master key.

Two, so that neither the master key nor one that can write is where it is not needed: the working
key of whoever writes the index, and one that can search and nothing else. Their ids follow from
the catalogue's name, so making them again finds them again; the server derives a key from its id
and the master key, so one whose permissions were mended keeps its value.

Whoever has the master key can make keys, read every index and delete all; a node works without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import NAMESPACE_URL, uuid5

import meilisearch
from meilisearch.errors import MeilisearchApiError

from app.search.meili.server import Server, checked_key, engine_trouble, if_there

WRITES = (
    "documents.add",
    "documents.delete",
    "indexes.create",
    "indexes.delete",
    "indexes.get",
    "indexes.swap",
    "search",
    "settings.get",
    "settings.update",
    "stats.get",
    "tasks.delete",
    "tasks.get",
    "version",
)
"""What the working key must be allowed."""

_TIMEOUT = 10


@dataclass(frozen=True, slots=True)
class Role:
    """A key of the node, and the setting it is put into."""

    name: str
    setting: str
    actions: tuple[str, ...]
    suffixes: tuple[str, ...]
    """Of the names of indexes it may be used with."""

    def uid(self, catalogue: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"opencpd/{catalogue}/{self.name}"))

    def options(self, catalogue: str) -> dict[str, object]:
        return {
            "uid": self.uid(catalogue),
            "name": f"OpenCPD {self.name} ({catalogue})",
            "description": f"Made by `opencpd index keys`, for {self.setting}.",
            "actions": list(self.actions),
            "indexes": [f"{catalogue}{suffix}" for suffix in self.suffixes],
            "expiresAt": None,
        }


ROLES = (
    Role("working", "OPENCPD_MEILI_KEY", WRITES, ("", "-*")),
    Role("search", "OPENCPD_MEILI_SEARCH_KEY", ("search",), ("", "-*")),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A key, and whether it was made or mended just now. Show it to nobody but who asked for it."""

    role: Role
    key: str
    changed: bool


def make(url: str, master_key: str, *, catalogue: str = "courses") -> tuple[Made, ...]:
    """The node's keys, made where they are missing. Raises ``SearchUnavailable``."""
    with engine_trouble():
        client = meilisearch.Client(url.rstrip("/"), checked_key(master_key), timeout=_TIMEOUT)
        return tuple(_made(client, role, catalogue) for role in ROLES)


def _made(client: meilisearch.Client, role: Role, catalogue: str) -> Made:
    options = role.options(catalogue)
    present = if_there(lambda: client.get_key(role.uid(catalogue)))
    if present is not None:
        if sorted(present.actions) == sorted(role.actions) and (
            present.indexes == options["indexes"] and present.expires_at is None
        ):
            return Made(role, present.key, changed=False)
        client.delete_key(present.uid)  # what a key may do cannot be changed
    return Made(role, client.create_key(options).key, changed=True)


def warnings(server: Server, catalogue: str) -> tuple[str, ...]:
    """What the working key may do too much or too little. Raises ``SearchUnavailable``."""
    if not server.has_key:
        return ()
    with engine_trouble():
        found = []
        if _allowed(server, "get", "keys?limit=1", None):
            found.append(
                "The key in OPENCPD_MEILI_KEY may manage keys, as the master key may; "
                "make a lesser one with `opencpd index keys`."
            )
        lacking = [
            action
            for action, (method, path, body) in _PROBES.items()
            if not _allowed(server, method, path.format(uid=catalogue), body)
        ]
        if lacking:
            found.append(
                f"The key in OPENCPD_MEILI_KEY lacks {', '.join(lacking)} on {catalogue}; "
                "make one with `opencpd index keys`."
            )
        return tuple(found)


_PROBES: Mapping[str, tuple[str, str, object]] = {
    "documents.add": ("post", "indexes/{uid}/documents", ""),
    "documents.delete": ("post", "indexes/{uid}/documents/delete-batch", {"no": "list"}),
    "indexes.create": ("post", "indexes", {"no": "uid"}),
    "indexes.delete": ("delete", "indexes/{uid}-%3F", None),
    "indexes.get": ("get", "indexes?limit=1", None),
    "indexes.swap": ("post", "swap-indexes", {"no": "list"}),
    "search": ("post", "indexes/{uid}/search", {"no": "parameter"}),
    "settings.get": ("get", "indexes/{uid}/settings/search-cutoff-ms", None),
    "settings.update": ("patch", "indexes/{uid}/settings", {"no": "setting"}),
    "stats.get": ("get", "indexes/{uid}/stats", None),
    "tasks.delete": ("delete", "tasks", None),
    "tasks.get": ("get", "tasks?limit=1", None),
    "version": ("get", "version", None),
}
"""For each action a request that does nothing: it reads, or the server cannot make sense of it.

Whether a key may is decided before what is asked.
"""


def _allowed(server: Server, method: str, path: str, body: object) -> bool:
    try:
        server.raw(method, path, body)
    except MeilisearchApiError as error:
        return error.status_code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return True
