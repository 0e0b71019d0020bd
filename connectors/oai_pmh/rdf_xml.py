"""From schema.org written as RDF/XML to a course: how training registries hand on their records.

OAI-PMH's prefix ``rdf`` carries Bioschemas profiles so. Typed elements are things, the elements in
them are their properties (RDF 1.1 XML Syntax §2); what comes out is what the same thing is in
JSON-LD, and is mapped as such. Namespaces other than schema.org's are left out.
"""

from dataclasses import replace
from typing import Any

from connectors import xml
from connectors.contract import CourseDraft, RejectRecord
from connectors.schema_terms import course as schema_course
from connectors.schema_terms.jsonld import is_learning

MAX_DEPTH = 12

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEMA = ("{http://schema.org/}", "{https://schema.org/}")


def course(
    root: xml.Element, *, own: tuple[tuple[str, str], ...] = (), modified: str | None = None
) -> CourseDraft:
    """Map the learning resource in an ``rdf:RDF`` element. Raises ``RejectRecord``."""
    things = [thing for one in root.iterchildren("*") if (thing := _thing(one, 0)) is not None]
    described = [thing for thing in things if is_learning(thing)] or things
    if not described:
        raise RejectRecord(
            "the record describes nothing of schema.org; ask the repository for oai_dc or LOM",
            code="E-FORMAT-UNKNOWN",
            path="metadata/RDF",
        )
    found = schema_course.course(described[:1], {})
    return replace(
        found,
        url=found.url or described[0].get("@id"),
        identifiers=tuple(dict.fromkeys((*own, *found.identifiers))),
        modified=found.modified or modified,
    )


def _thing(element: xml.Element, depth: int) -> dict[str, Any] | None:
    """A typed element as a thing of JSON-LD."""
    kind = _name(element)
    if kind is None or depth > MAX_DEPTH:
        return None
    thing: dict[str, Any] = {"@type": kind}
    about = element.get(f"{_RDF}about")
    if about:
        thing["@id"] = about
    said: dict[str, list[Any]] = {}
    for member in element.iterchildren("*"):
        name = _name(member)
        value = _value(member, depth) if name is not None else None
        if name is not None and value is not None:
            said.setdefault(name, []).append(value)
    return thing | {
        name: values[0] if len(values) == 1 else values for name, values in said.items()
    }


def _value(element: xml.Element, depth: int) -> Any:
    resource = element.get(f"{_RDF}resource")
    if resource:
        return resource
    inner = [
        thing for one in element.iterchildren("*") if (thing := _thing(one, depth + 1)) is not None
    ]
    if inner:
        return inner[0]
    said = xml.text(element)
    language = element.get(_LANG)
    return {"@value": said, "@language": language} if said and language else said or None


def _name(element: xml.Element) -> str | None:
    """The name of one of schema.org's types or properties."""
    tag = element.tag
    return next((tag.removeprefix(space) for space in _SCHEMA if tag.startswith(space)), None)
