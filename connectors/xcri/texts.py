"""The texts of an XCRI-CAP course: descriptions of many types, plain or in XHTML, by language."""

import html
from collections.abc import Iterable, Iterator, Sequence

from connectors import xml

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_OUTCOMES = frozenset({"learningoutcome", "aim"})
_PREREQUISITES = frozenset({"prerequisites", "prerequisite"})
_ELSEWHERE = _OUTCOMES | _PREREQUISITES | {"studyhours", "metadatakeywords"}
"""Types of description that are fields of their own here."""
_HEADINGS = {
    "careeroutcome": "Career outcome", "leadsto": "Leads to", "topic": "Topics",
    "structure": "Structure", "specialfeature": "Special features", "support": "Support",
    "teachingstrategy": "Teaching", "contacthours": "Contact hours", "policy": "Policy",
    "contactpattern": "Contact pattern", "events": "Events", "indicativeresource": "Resources",
    "providedresource": "Provided resources", "requiredresource": "Required resources",
    "assessmentstrategy": "Assessment", "applicationprocedure": "How to apply",
    "regulations": "Regulations", "professionalstatus": "Professional recognition",
}  # fmt: skip
_DELIVERY = {
    "cm": "onsite", "campus": "onsite", "da": "blended", "distance with attendance": "blended",
    "ds": "distance", "distance without attendance": "distance", "self-study": "self-study",
    "nc": "onsite", "face-to-face non-campus": "onsite", "mm": "blended", "mixed mode": "blended",
    "on": "online-async", "online (no attendance)": "online-async", "wb": "onsite",
    "work-based": "onsite", "work based": "onsite", "distance": "distance", "online": "online",
}  # fmt: skip
"""The codes and labels of attendanceMode, versions 1.1 and 1.2."""
_MODES = {"FT": "Full time", "PT": "Part time", "PF": "Part of a full time programme",
          "FL": "Flexible", "NK": "Not known"}  # fmt: skip
_PATTERNS = {"DT": "Daytime", "DR": "Day/Block release", "EV": "Evening", "TW": "Twilight",
             "WE": "Weekend", "CS": "Customised"}  # fmt: skip
_BLOCKS = frozenset({"p", "div", "li", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"})
_KEPT = frozenset(
    {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "sub", "sup", "a", "blockquote"}
)
_MAX_DEPTH = 60
_MAX_COSTS = 10

Maps = dict[str, str]


def inherited_language(element: xml.Element) -> str:
    """The ``xml:lang`` that holds for an element (XML 1.0 §2.12)."""
    for one in (element, *element.iterancestors()):
        if (told := one.get(_LANG)) is not None:
            return told.strip()
    return ""


def lines(elements: Iterable[xml.Element], language: str) -> Maps:
    """One line in each language, the first that is told."""
    made: Maps = {}
    for one in elements:
        told = " ".join(xml.text(one).split())
        if told:
            made.setdefault(inherited_language(one) or language, told)
    return made


def plain(elements: Iterable[xml.Element], language: str) -> Maps:
    """Plain text by language; several are put below each other."""
    made: dict[str, list[str]] = {}
    for one in elements:
        if told := _plain(one):
            made.setdefault(inherited_language(one) or language, []).append(told)
    return {tag: "\n".join(dict.fromkeys(texts)) for tag, texts in made.items()}


def outcomes(root: xml.Element, language: str) -> Maps:
    """What is learnt: outcomes, objectives, and in version 1.1 descriptions of that type."""
    typed_ = (one for one in xml.find_all(root, "description") if kind(one) in _OUTCOMES)
    found = (*xml.find_all(root, "learningoutcome"), *xml.find_all(root, "objective"), *typed_)
    return plain(found, language)


def prerequisites(root: xml.Element, language: str) -> Maps:
    typed_ = (one for one in xml.find_all(root, "description") if kind(one) in _PREREQUISITES)
    return plain((*xml.find_all(root, "prerequisite"), *typed_), language)


def typed(root: xml.Element, wanted: str) -> str:
    """The text of the descriptions of one type."""
    found = (one for one in xml.find_all(root, "description") if kind(one) == wanted)
    return " ".join(" ".join(xml.text(one).split()) for one in found).strip()


def kind(element: xml.Element) -> str:
    """The local name of an element's ``xsi:type``, in lower case."""
    return (element.get(_TYPE) or "").rpartition(":")[2].lower()


def description(root: xml.Element, shown: Sequence[xml.Element], language: str) -> Maps:
    """All other descriptions as HTML, each type under its heading; nothing told is left out."""
    made: dict[str, list[str]] = {}
    own = [one for one in xml.find_all(root, "description") if kind(one) not in _ELSEWHERE]
    for one in sorted(own, key=lambda one: bool(kind(one))):
        _add(made, one, _HEADINGS.get(kind(one), kind(one).capitalize()), language)
    for one in xml.find_all(root, "assessment"):
        _add(made, one, "Assessment", language)
    main = next(iter(made), language)
    listed = (
        ("Qualification", _qualifications(root)),
        ("How it is studied", _ways(shown)),
        ("Costs", _costs(shown)),
    )
    for heading, told in listed:
        if told:
            items = "".join(f"<li>{html.escape(one)}</li>" for one in told)
            made.setdefault(main, []).append(f"<p><strong>{heading}</strong></p><ul>{items}</ul>")
    return {tag: "".join(parts) for tag, parts in made.items()}


def _add(made: dict[str, list[str]], element: xml.Element, heading: str, language: str) -> None:
    if body := _html(element):
        tag = inherited_language(element) or language
        title = f"<p><strong>{html.escape(heading)}</strong></p>" if heading else ""
        made.setdefault(tag, []).append(title + body)


def _qualifications(root: xml.Element) -> list[str]:
    """What the course leads to, where that is not just its own title."""
    titles = {" ".join(xml.text(one).split()) for one in xml.find_all(root, "title")}
    told = (" ".join(xml.text(one).split()) for one in xml.find_all(root, "qualification", "title"))
    return [one for one in dict.fromkeys(told) if one and one not in titles]


def _ways(shown: Sequence[xml.Element]) -> list[str]:
    """Study mode and attendance pattern of the presentations, in words.

    So is an attendance mode that is none of the format's: feeds write a pattern there.
    """
    told = []
    for one in shown:
        for name, words in (("studymode", _MODES), ("attendancepattern", _PATTERNS)):
            found = xml.find(one, name)
            if found is not None:
                code = (found.get("identifier") or "").strip().upper()
                text = " ".join(xml.text(found).split())
                told.append(words.get(code) or words.get(text.upper()) or text)
        mode = xml.find(one, "attendancemode")
        if mode is not None and delivery(mode) is None:
            told.append(" ".join(xml.text(mode).split()))
    return [way for way in dict.fromkeys(told) if way]


def delivery(mode: xml.Element) -> str | None:
    """How it is attended, by the code or the label of an attendance mode."""
    for told in ((mode.get("identifier") or "").strip(), " ".join(xml.text(mode).split())):
        if known := _DELIVERY.get(told.lower()):
            return known
    return None


def _costs(shown: Sequence[xml.Element]) -> list[str]:
    """Costs that are a sentence, which no price can say."""
    told = (" ".join(xml.text(cost).split()) for one in shown for cost in xml.find_all(one, "cost"))
    return [one for one in dict.fromkeys(told) if " " in one][:_MAX_COSTS]


def _html(element: xml.Element) -> str:
    """An element's content as HTML; text that is HTML already stays so."""
    if len(element):
        return _inner(element, 0).strip()
    told = xml.text(element)
    if not told or "</" in told or "/>" in told:
        return told
    return "".join(f"<p>{html.escape(part.strip())}</p>" for part in told.split("\n\n") if part)


def _inner(element: xml.Element, depth: int) -> str:
    parts = [html.escape(str(element.text or ""), quote=False)]
    for child in element.iterchildren("*"):
        parts += [_outer(child, depth), html.escape(str(child.tail or ""), quote=False)]
    return "".join(parts)


def _outer(child: xml.Element, depth: int) -> str:
    tag = xml.name(child)
    inner = xml.text(child) if depth >= _MAX_DEPTH else _inner(child, depth + 1)
    if tag == "br":
        return "<br>"
    if tag == "a" and (told := child.get("href")):
        return f'<a href="{html.escape(told)}">{inner}</a>'
    if tag in _KEPT:
        return f"<{tag}>{inner}</{tag}>"
    return f"<p>{inner}</p>" if tag.startswith("h") and tag in _BLOCKS else inner


def _plain(element: xml.Element) -> str:
    """An element's text, each block of it on a line of its own."""
    text = "".join(_pieces(element))
    told = (" ".join(line.split()) for line in text.split("\n\n\n"))
    return "\n".join(line for line in told if line)


def _pieces(element: xml.Element) -> Iterator[str]:
    """Text with three line ends wherever a block begins or ends."""
    for event, node in _walk(element):
        block = xml.name(node) in _BLOCKS
        if event == "start":
            yield ("\n\n\n" if block else "") + str(node.text or "")
        else:
            yield ("\n\n\n" if block else "") + (
                str(node.tail or "") if node is not element else ""
            )


def _walk(element: xml.Element) -> Iterator[tuple[str, xml.Element]]:
    """Each element as it begins and as it ends, without recursion."""
    waiting: list[tuple[str, xml.Element]] = [("start", element)]
    while waiting:
        event, node = waiting.pop()
        yield event, node
        if event == "start":
            waiting.append(("end", node))
            waiting += [("start", child) for child in reversed(list(node.iterchildren("*")))]
