"""What stands once beside the items and is meant by many of them: teachers, partners, places.

JSON:API calls it ``included`` (§7.6); others have lists of their own. An item is kept together with
what it refers to, under ``@linked``, so that it means the same when it is read again without its
document.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connectors.json_feed import paths
from connectors.json_feed.paths import PathText, plain

LINKED = "@linked"
MOST_LINKED = 200
"""What one item may refer to under one name."""


class Linked(BaseModel):
    """One such list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    list: PathText = Field(description="Where the list is, in the document")
    key: PathText = Field(default="id", description="What names an entry, in each entry")
    by: PathText = Field(description="Where an item says which entries it means")


class Linker:
    """Joins items to what they refer to."""

    def __init__(self, linked: Mapping[str, Linked], *, included: bool) -> None:
        self._lists = {
            name: (paths.parse(one.list), paths.parse(one.key), paths.parse(one.by))
            for name, one in linked.items()
        }
        self._included = included

    def index(self, rest: Any) -> dict[str, dict[str, Any]]:
        """The entries of a document by list and key."""
        found: dict[str, dict[str, Any]] = {}
        for name, (entries, key, _) in self._lists.items():
            found[name] = {plain(key.first(one)): one for one in entries.all(rest)}
        held = rest.get("included") if self._included and isinstance(rest, Mapping) else None
        if isinstance(held, list):
            found[LINKED] = {
                f"{one.get('type')}\n{one.get('id')}": one for one in held if isinstance(one, dict)
            }
        return found

    def joined(self, item: Mapping[str, Any], index: Mapping[str, Mapping[str, Any]]) -> Any:
        """The item with what it refers to; itself when that is nothing."""
        meant: dict[str, list[Any]] = {}
        for name, (_, _, by) in self._lists.items():
            keys = dict.fromkeys(plain(one) for one in by.all(item)[:MOST_LINKED])
            meant[name] = [index[name][key] for key in keys if key in index.get(name, {})]
        if LINKED in index:
            meant |= _related(item, index[LINKED])
        meant = {name: found for name, found in meant.items() if found}
        return {**item, LINKED: meant} if meant else item


def _related(item: Mapping[str, Any], included: Mapping[str, Any]) -> dict[str, list[Any]]:
    """By relationship, the resources that the document includes."""
    relationships = item.get("relationships")
    meant: dict[str, list[Any]] = {}
    for name, one in relationships.items() if isinstance(relationships, dict) else ():
        data = one.get("data") if isinstance(one, dict) else None
        told = data if isinstance(data, list) else [data]
        keys = [f"{one.get('type')}\n{one.get('id')}" for one in told if isinstance(one, dict)]
        meant[name] = [included[key] for key in keys[:MOST_LINKED] if key in included]
    return meant
