"""A policy's text, YAML or JSON, as plain values and the line of each. Data only, never code.

YAML is read in its plain core: no tags, no anchors and aliases, no second key of one name, no
depth, and a word is a word (``no`` is Norwegian, ``2026-01-01`` a text). Numbers with a point stay
texts, so that ``1.6`` is never a binary float. JSON is read by its own rules; its lines are found
as YAML's are.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

LARGEST = 128 * 1024
DEEPEST = 12
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})", re.ASCII)
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", re.ASCII)
"""One character beyond the first 65,536, as JSON may write it and YAML may not."""
_LOADER = cast(type[yaml.SafeLoader], getattr(yaml, "CSafeLoader", yaml.SafeLoader))

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a policy, where, and what mends it."""

    line: int | None
    """Counted from 1; nothing where the fault is in no line, such as a part that is missing."""
    path: str
    """Such as ``caps[0].max``."""
    code: str
    detail: str
    mend: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        where = f"{self.path}: " if self.path else ""
        return f"{place}{where}{self.detail} {self.mend}".rstrip()


class PolicyInvalid(ValueError):
    """A policy that cannot be read; ``faults`` says all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Source:
    """The values of a text, and in which line each of them stands."""

    document: Mapping[str, Any]
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int | None:
        """The line of a part, or of the nearest part around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read_text(text: str, *, largest: int = LARGEST) -> Source:
    """Read a policy's text. Raises ``PolicyInvalid`` with the line of what is wrong."""
    if len(text) > largest or len(text.encode(errors="surrogatepass")) > largest:
        raise _invalid(None, "too-large", f"It has at most {largest} bytes.", "Shorten it.")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise _invalid(None, "encoding", "The text is not UTF-8.", "Save it as UTF-8.")
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    # A tab is white space in JSON and nothing but a fault in YAML; in a string neither has one.
    as_yaml = _PAIR.sub("?", text.lstrip("\ufeff").replace("\t", " ")) if is_json else text
    root = _composed(as_yaml)
    lines: dict[Path, int] = {}
    document = _value(root, (), lines)
    if is_json:
        document = _json(text.lstrip("\ufeff"))
    if not isinstance(document, dict):
        raise _invalid(1, "not-a-policy", "A policy is a mapping of names.", "Begin as the form.")
    return Source(document, lines)


def _composed(text: str) -> yaml.Node:
    try:
        _look_through(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise _invalid(line, "syntax", f"{said}.", "Mend the text there.") from error
    except yaml.YAMLError as error:
        raise _invalid(None, "syntax", "The text has characters that YAML forbids.", "") from error
    if root is None:
        raise _invalid(1, "empty", "There is nothing in it.", "Write the policy.")
    return root


def _look_through(text: str) -> None:
    """Refuse what could be large or alive, before anything is built."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _invalid(line, "documents", "There is a second document.", "Leave one.")
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _invalid(line, "alias", "Anchors and aliases are not read.", "Write it out.")
        elif getattr(event, "tag", None) not in {None, "!"}:
            raise _invalid(line, "tag", "Tags are not read.", "Leave the ! out.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _invalid(line, "depth", f"It is over {DEEPEST} levels deep.", "Flatten it.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _invalid(line, "name", "A name is a word.", "Write a plain name.")
            name = str(key_node.value)
            if name in found:
                raise _invalid(line, "twice", f"`{name}` is there twice.", "Leave one of them.")
            lines[(*path, name)] = line
            found[name] = _value(value_node, (*path, name), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*path, number), lines) for number, one in enumerate(node.value)]
    return _scalar(cast(yaml.ScalarNode, node))


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style not in {None, ""}:  # it stands in quotes, or in a block
        return text
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) else text


def _json(text: str) -> Any:
    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise _invalid(None, "twice", f"`{twice}` is there twice.", "Leave one of them.")
        return found

    def refuse(word: str) -> Any:
        raise _invalid(None, "number", f"{word} is not a number.", "Write an exact amount.")

    try:
        return json.loads(
            text,
            object_pairs_hook=once,
            parse_float=str,
            parse_int=lambda digits: int(digits) if _INTEGER.fullmatch(digits) else digits,
            parse_constant=refuse,
        )
    except json.JSONDecodeError as error:
        raise _invalid(error.lineno, "syntax", f"{error.msg}.", "Mend the JSON there.") from error


def _invalid(line: int | None, code: str, detail: str, mend: str) -> PolicyInvalid:
    return PolicyInvalid([Fault(line, "", code, detail, mend)])


def path_of(path: Path) -> str:
    """A path as people write it: ``caps[0].max``."""
    said = ""
    for part in path:
        said += f"[{part}]" if isinstance(part, int) else f".{part}" if said else part
    return said
