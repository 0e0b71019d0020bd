"""The three demonstration societies and what their feeds hold."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

DATA = files("app.demo") / "data"


@dataclass(frozen=True, slots=True)
class DemoSociety:
    """A society that does not exist, and how a node would harvest it."""

    id: str
    names: Mapping[str, str]
    country: str
    connector: str
    path: str
    """Where its feed lies on the demonstration node."""
    config: Mapping[str, Any]
    """What the connector needs beside the address."""


TIANFU = DemoSociety(
    id="tianfu",
    names={
        "en": "Tianfu Society of Civil Engineers (demonstration)",
        "zh": "天府土木工程师学会（演示）",
    },
    country="CN",
    connector="oai_pmh",
    path="/demo/tianfu/oai",
    config={"metadata_prefix": "lom"},
)
INDUS = DemoSociety(
    id="indus",
    names={
        "en": "Indus Institute of Engineers (demonstration)",
        "ur": "سندھو انسٹی ٹیوٹ آف انجینئرز (نمائشی)",
    },
    country="PK",
    connector="moochub",
    path="/demo/indus/moochub.json",
    config={},
)
RIFT = DemoSociety(
    id="rift",
    names={"en": "Rift Valley Engineers' Association (demonstration)"},
    country="KE",
    connector="table",
    path="/demo/rift/courses.csv",
    config={},
)
SOCIETIES = (TIANFU, INDUS, RIFT)


def courses(society: DemoSociety) -> Sequence[dict[str, Any]]:
    """A society's courses as its own file has them."""
    if society is RIFT:
        text = (DATA / "rift.csv").read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text)))
    found: list[dict[str, Any]] = json.loads(
        (DATA / f"{society.id}.json").read_text(encoding="utf-8")
    )
    return found
