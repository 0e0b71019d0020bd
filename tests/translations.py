"""Which messages must be there in every language, and the files that hold them.

``python -m tests.translations`` brings each file up to date: messages that are gone leave it, those
that are wanted come into it, empty. What it leaves empty it prints, and the tests refuse.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, FileSystemLoader
from jinja2.meta import find_referenced_templates

from app.web import labels
from app.web.counting import labels as counting_labels
from app.web.languages.choosing import ENGLISH, LANGUAGES, Language
from app.web.languages.messages import LOCALE, po_file
from app.web.rendering import TRANSLATED

TEMPLATES = LOCALE.parent / "templates"
MODULES = frozenset(
    f"app/web/{name}.py"
    for name in (
        "rendering", "wording", "search_page", "course_page", "facet_names", "counting/words",
        "searches/said", "searches/feed", "searches/feeds_page", "searches/addresses",
        "searches/letters", "searches/saved_page",
    )
)  # fmt: skip
"""Besides the templates of the pages in ``TRANSLATED`` and whatever those take in."""
TABLES = (
    *(getattr(labels, name) for name in (
        "FACETS", "LIMITS", "COMPETENCE", "SORTS", "DELIVERY", "KIND", "PACE", "PRICE", "ACCESS",
        "AUDIENCE", "LEVEL", "UNIT", "CREDIT", "PART", "FIELD", "REFUSAL", "PROBLEM",
    )),
    *(getattr(counting_labels, name) for name in (
        "UNIT", "MODE", "KIND", "MEASURE", "DELIVERY", "ROUNDING", "OUTCOME", "REASON", "NEED",
    )),
)  # fmt: skip
"""Of the tables of labels, those that these pages take words from."""

Id = str | tuple[str, str]
_PLACE = re.compile(r"%\(\w+\)s|\{\w*\}")


def others() -> list[Language]:
    return [one for one in LANGUAGES.values() if one != ENGLISH]


def pot() -> Catalog:
    with (LOCALE / "opencpd.pot").open("rb") as file:
        return read_po(file)


def kept(language: Language) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language.locale)


def templates() -> set[str]:
    """The templates of translated pages, and those they are put together from."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    found: set[str] = set()
    waiting = {*TRANSLATED, "_icons.html"}
    while waiting:
        name = waiting.pop()
        found.add(name)
        tree = environment.parse((TEMPLATES / name).read_text("utf-8"))
        inside = {one for one in find_referenced_templates(tree) if one}
        waiting |= inside - found
    return found


def wanted(catalog: Catalog) -> Iterator[Message]:
    """The messages of ``catalog`` that translated pages show."""
    files = MODULES | {f"app/web/templates/{name}" for name in templates()}
    words = {text for table in TABLES for text in table.values()}
    for message in catalog:
        at = {file for file, _ in message.locations}
        if message.id and (at & files or identity(message) in words):
            yield message


def identity(message: Message) -> Id:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def said(message: Message) -> tuple[str, ...]:
    """Every form of a translation."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def places(text: str) -> list[str]:
    """What is filled in later, each as often as it stands there."""
    return sorted(_PLACE.findall(text))


def renew(language: Language, catalog: Catalog) -> list[Id]:
    """Bring one file up to date; what is still to be translated."""
    path = po_file(language)
    known: Mapping[Id, Message] = {identity(one): one for one in kept(language) if one.id}
    current = {identity(one) for one in catalog if one.id}
    needed = {identity(one): one for one in wanted(catalog)}
    head = path.read_text("utf-8").split("\n\n", 1)[0]
    made = Catalog(locale=language.locale, fuzzy=False, header_comment="")
    made.mime_headers = kept(language).mime_headers
    for each in sorted((known.keys() & current) | needed.keys(), key=str):
        strings = said(known[each]) if each in known else ()
        flags = (needed if each in needed else known)[each].flags
        string = (strings if isinstance(each, tuple) else strings[0]) if strings else None
        made.add(each, string, flags=flags)
    written = BytesIO()
    write_po(written, made, omit_header=True, width=96)
    path.write_text(f"{head}\n\n{written.getvalue().decode().strip()}\n", "utf-8")
    return [one for one in needed if one not in known or not all(said(known[one]))]


def main() -> int:
    catalog, missing = pot(), 0
    for language in others():
        for one in renew(language, catalog):
            missing += 1
            print(f"{Path(po_file(language)).relative_to(Path.cwd())}: {one!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
