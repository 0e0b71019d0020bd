"""What a mapping says of one of our fields: where its values are, and what is done to them.

A mapping is data that somebody types in or generates: paths, constants, tables of words. Nothing in
it is ever run. A value is taken in this order: found by its path (or made by a template, or
constant), decoded, cut, split, looked up in ``map``, joined.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connectors.json_feed import paths
from connectors.json_feed.paths import Path, PathText

_HOLE = re.compile(r"\{([^{}]+)\}")
_IN_PATH = "!$&'()*+,;=:@"
"""What stands for itself in a part of a path (RFC 3986 §3.3)."""
_ENTITY = re.compile(r"&(?!lt;|gt;|amp;|#)\w+;")
_SPACES = re.compile(r"\s+")


def _template(text: str) -> str:
    for hole in _HOLE.findall(text):
        paths.parse(hole)
    if not _HOLE.search(text):
        raise ValueError("a template needs a path in braces, as {slug}")
    return text


TemplateText = Annotated[str, AfterValidator(_template)]


class Value(BaseModel):
    """Where one field's values come from; a bare text stands for ``path``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: PathText | None = Field(default=None, description="Where in the item it is")
    const: str | None = Field(default=None, description="The same for every item")
    template: TemplateText | None = Field(
        default=None,
        description="Made of parts, as 'https://x.example/{slug}'; with `path`, of what is there",
    )
    language: PathText | None = Field(
        default=None, description="For a text: where its language is (within `path`, with `text`)"
    )
    text: PathText | None = Field(
        default=None, description="For texts that are objects with their language: the text in each"
    )
    by_language: bool = Field(default=False, description="The object there is {language: text}")
    decode: Literal["epoch", "epoch_ms", "html"] | None = Field(
        default=None,
        description="Seconds or milliseconds since 1970 to a date; entities to letters",
    )
    after: str | None = Field(default=None, description="Only what stands after this")
    before: str | None = Field(default=None, description="Only what stands before this")
    split: str | None = Field(default=None, min_length=1, description="One text, several values")
    map: dict[str, str] = Field(
        default_factory=dict, description="Their word -> ours; '' for none; '*' for any other"
    )
    join: str | None = Field(default=None, description="Several values, one text")

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.path is None and self.const is None and self.template is None:
            raise ValueError("say one of path, const and template")
        if (self.by_language or self.text) and self.path is None:
            raise ValueError("by_language and text need a path")
        return self


def _listed(value: Any) -> Any:
    several = value if isinstance(value, (list, tuple)) else [value]
    return tuple({"path": one} if isinstance(one, str) else one for one in several)


Values = Annotated[tuple[Value, ...], BeforeValidator(_listed)]
"""One value, or several that are taken together."""


@dataclass(frozen=True, slots=True)
class Taker:
    """A ``Value`` that has been understood."""

    spec: Value
    path: Path | None
    language: Path | None
    text: Path | None
    holes: Mapping[str, Path]

    def texts(self, root: Any) -> list[str]:
        """All values, as texts, in their order."""
        found: Iterable[str] = [one for raw in self._found(root) for one in self._made(raw)]
        several = [mapped for one in found if (mapped := self._mapped(one))]
        return [self.spec.join.join(several)] if self.spec.join is not None and several else several

    def by_language(self, root: Any, default: str, join: str | None) -> dict[str, str]:
        """Texts by their language."""
        said: dict[str, list[str]] = {}
        for tag, text in self._tagged(root, default):
            said.setdefault(tag, []).append(text)
        return {
            tag: texts[0] if join is None else join.join(dict.fromkeys(texts))
            for tag, texts in said.items()
        }

    def _tagged(self, root: Any, default: str) -> Iterator[tuple[str, str]]:
        if self.path is not None and (self.spec.by_language or self.text is not None):
            for one in self.path.all(root):
                yield from self._tagged_in(one, default)
            return
        tag = paths.plain(self.language.first(root)) if self.language else ""
        for text in self.texts(root):
            yield tag or default, text

    def _tagged_in(self, value: Any, default: str) -> Iterator[tuple[str, str]]:
        """What one object says, or one text in its place."""
        if not isinstance(value, Mapping):
            yield from ((default, one) for one in self._made(paths.plain(value)))
        elif self.spec.by_language:
            for tag, text in value.items():
                yield from ((tag or default, one) for one in self._made(paths.plain(text)))
        elif self.text is not None:
            tag = paths.plain(self.language.first(value)) if self.language else ""
            for text in self.text.all(value):
                yield from ((tag or default, one) for one in self._made(paths.plain(text)))

    def _found(self, root: Any) -> Iterator[str]:
        if self.spec.const is not None and self.path is None:
            yield self.spec.const
        elif self.path is None:
            yield self._filled(root)
        else:
            found = self.path.all(root)
            if self.spec.template is not None:
                yield from (self._filled(one) for one in found)
            else:
                yield from map(paths.plain, found)
            if not found and self.spec.const is not None:
                yield self.spec.const

    def _filled(self, value: Any) -> str:
        """The template with its holes filled; an address only if all of them are."""
        template = self.spec.template or ""
        is_address = template.startswith(("http://", "https://"))
        filled = {hole: paths.plain(path.first(value)) for hole, path in self.holes.items()}
        if not any(filled.values()) or (is_address and not all(filled.values())):
            return ""
        if not is_address:
            return _SPACES.sub(" ", _HOLE.sub(lambda hole: filled[hole[1]], template)).strip()
        query = template.find("?") % (len(template) + 1)  # behind the end without one
        return _HOLE.sub(
            lambda hole: quote(filled[hole[1]], safe=_IN_PATH if hole.start() < query else ""),
            template,
        )

    def _made(self, text: str) -> Iterator[str]:
        """Decode, cut and split one value."""
        text = _decoded(text, self.spec.decode)
        if self.spec.after is not None and self.spec.after in text:
            text = text.partition(self.spec.after)[2]
        if self.spec.before is not None:
            text = text.partition(self.spec.before)[0]
        parts = text.split(self.spec.split) if self.spec.split else (text,)
        yield from (one for part in parts if (one := part.strip()))

    def _mapped(self, text: str) -> str:
        known = self.spec.map
        return known.get(text, known.get("*", text)) if known else text


def taker(spec: Value) -> Taker:
    """Understand a value's paths."""
    holes = _HOLE.findall(spec.template or "")
    return Taker(
        spec,
        path=paths.parse(spec.path) if spec.path is not None else None,
        language=paths.parse(spec.language) if spec.language is not None else None,
        text=paths.parse(spec.text) if spec.text is not None else None,
        holes={hole: paths.parse(hole) for hole in holes},
    )


def _decoded(text: str, decode: str | None) -> str:
    if decode == "html":
        return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if decode is None:
        return text
    return _moment(text, 1000 if decode == "epoch_ms" else 1)


def _moment(text: str, per_second: int) -> str:
    """Seconds since 1970 as ISO 8601; none for 0, and other texts as they are."""
    try:
        seconds = int(text.partition(".")[0]) // per_second
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return text
    return moment.isoformat().replace("+00:00", "Z") if seconds else ""
