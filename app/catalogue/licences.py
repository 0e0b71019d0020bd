"""Licences as sources write them, to SPDX identifiers.

``read`` knows identifiers, the addresses of licences, and their names in the spellings that feeds
have. It invents nothing: "CC BY" without a version is no licence one could look up, so that it
stays words; a ported licence without an SPDX identifier stays its address.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_IDS = (
    "0BSD", "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0",
    "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "BSL-1.0", "CC0-1.0", "CC-PDDC",
    "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "CECILL-2.1",
    "DL-DE-BY-2.0", "DL-DE-ZERO-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2",
    "etalab-2.0", "FAL-1.3", "GFDL-1.2-only", "GFDL-1.2-or-later", "GFDL-1.3-only",
    "GFDL-1.3-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later",
    "ISC", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT",
    "MIT-0", "MPL-1.1", "MPL-2.0", "MulanPSL-2.0", "NLOD-2.0", "ODbL-1.0", "ODC-By-1.0",
    "OGL-Canada-2.0", "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "PDDL-1.0", "Unlicense", "WTFPL",
    "Zlib",
)  # fmt: skip
_NAMES = {
    "apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0", "apache-2": "Apache-2.0",
    "mit license": "MIT", "the mit license": "MIT", "expat": "MIT",
    'bsd 2-clause "simplified" license': "BSD-2-Clause", "bsd 2-clause license": "BSD-2-Clause",
    'bsd 3-clause "new" or "revised" license': "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause", "bsd 3-clause clear license": "BSD-3-Clause-Clear",
    "gpl-2.0": "GPL-2.0-only", "gpl-3.0": "GPL-3.0-only", "lgpl-3.0": "LGPL-3.0-only",
    "lgpl-2.1": "LGPL-2.1-only", "agpl-3.0": "AGPL-3.0-only", "gpl-2.0+": "GPL-2.0-or-later",
    "gpl-3.0+": "GPL-3.0-or-later", "gplv2": "GPL-2.0-only", "gplv3": "GPL-3.0-only",
    "gpl v3": "GPL-3.0-only", "gfdl-1.3": "GFDL-1.3-only", "gfdl-1.2": "GFDL-1.2-only",
    "gnu general public license v2.0 only": "GPL-2.0-only",
    "gnu general public license v3.0 only": "GPL-3.0-only",
    "gnu general public license v2.0 or later": "GPL-2.0-or-later",
    "gnu general public license v3.0 or later": "GPL-3.0-or-later",
    "gnu lesser general public license v3.0 only": "LGPL-3.0-only",
    "gnu affero general public license v3.0 only": "AGPL-3.0-only",
    "gnu affero general public license v3.0 or later": "AGPL-3.0-or-later",
    "mozilla public license 2.0": "MPL-2.0", "the unlicense": "Unlicense",
    "european union public license 1.2": "EUPL-1.2",
    "open data commons open database license v1.0": "ODbL-1.0",
    "open database license": "ODbL-1.0", "odbl": "ODbL-1.0",
    "open data commons attribution license v1.0": "ODC-By-1.0",
    "open data commons public domain dedication & license 1.0": "PDDL-1.0",
    "open government licence v3.0": "OGL-UK-3.0", "open government licence 3.0": "OGL-UK-3.0",
    "uk open government licence v3": "OGL-UK-3.0", "licence ouverte 2.0": "etalab-2.0",
    "licence ouverte v2.0": "etalab-2.0", "etalab open license 2.0": "etalab-2.0",
    "datenlizenz deutschland namensnennung 2.0": "DL-DE-BY-2.0", "dl-de/by-2-0": "DL-DE-BY-2.0",
    "datenlizenz deutschland zero 2.0": "DL-DE-ZERO-2.0", "dl-de/zero-2-0": "DL-DE-ZERO-2.0",
    "norwegian licence for open government data (nlod) 2.0": "NLOD-2.0",
    "cc0": "CC0-1.0", "cc-0": "CC0-1.0", "cc zero": "CC0-1.0", "cc0 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0", "creative commons zero": "CC0-1.0",
    "creative commons zero v1.0 universal": "CC0-1.0", "cc zero 1.0": "CC0-1.0",
    "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
    "creative commons cc0": "CC0-1.0", "creative commons cc0 1.0": "CC0-1.0",
    "cc0 1.0 universal public domain dedication": "CC0-1.0",
}  # fmt: skip
_ADDRESSES = {
    "opensource.org/licenses/mit": "MIT", "opensource.org/license/mit": "MIT",
    "opensource.org/licenses/apache-2.0": "Apache-2.0",
    "opensource.org/licenses/bsd-3-clause": "BSD-3-Clause",
    "opensource.org/licenses/bsd-2-clause": "BSD-2-Clause",
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "gnu.org/licenses/gpl-3.0": "GPL-3.0-only", "gnu.org/licenses/lgpl-3.0": "LGPL-3.0-only",
    "gnu.org/licenses/agpl-3.0": "AGPL-3.0-only", "gnu.org/licenses/fdl-1.3": "GFDL-1.3-only",
    "gnu.org/licenses/old-licenses/gpl-2.0": "GPL-2.0-only",
    "mozilla.org/mpl/2.0": "MPL-2.0", "opendatacommons.org/licenses/odbl/1.0": "ODbL-1.0",
    "opendatacommons.org/licenses/odbl/1-0": "ODbL-1.0",
    "opendatacommons.org/licenses/by/1.0": "ODC-By-1.0",
    "opendatacommons.org/licenses/by/1-0": "ODC-By-1.0",
    "opendatacommons.org/licenses/pddl/1.0": "PDDL-1.0",
    "opendatacommons.org/licenses/pddl/1-0": "PDDL-1.0",
    "nationalarchives.gov.uk/doc/open-government-licence/version/3": "OGL-UK-3.0",
    "govdata.de/dl-de/by-2-0": "DL-DE-BY-2.0", "govdata.de/dl-de/zero-2-0": "DL-DE-ZERO-2.0",
    "etalab.gouv.fr/licence-ouverte-open-licence": "etalab-2.0",
}  # fmt: skip
_PORTED = frozenset(
    [
        "CC-BY-2.5-AU",
        "CC-BY-3.0-AT",
        "CC-BY-3.0-AU",
        "CC-BY-3.0-DE",
        "CC-BY-3.0-IGO",
        "CC-BY-3.0-NL",
        "CC-BY-3.0-US",
        "CC-BY-NC-3.0-DE",
        "CC-BY-NC-ND-3.0-DE",
        "CC-BY-NC-ND-3.0-IGO",
        "CC-BY-NC-SA-2.0-DE",
        "CC-BY-NC-SA-2.0-FR",
        "CC-BY-NC-SA-2.0-UK",
        "CC-BY-NC-SA-3.0-DE",
        "CC-BY-NC-SA-3.0-IGO",
        "CC-BY-ND-3.0-DE",
        "CC-BY-SA-2.0-UK",
        "CC-BY-SA-2.1-JP",
        "CC-BY-SA-3.0-AT",
        "CC-BY-SA-3.0-DE",
        "CC-BY-SA-3.0-IGO",
    ]
)
_VERSIONS = frozenset({"1.0", "2.0", "2.5", "3.0", "4.0"})
_SPDX = {name.casefold(): name for name in _IDS}
_CC_ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>[a-z-]{2,8})(?:/(?P<version>\d\.\d))?"
    r"(?:/(?P<port>[a-z]{2,4})(?=[/?#]|$))?|publicdomain/(?P<zero>zero|mark)/1\.0)",
    re.IGNORECASE,
)
_CC_WORDS = re.compile(
    r"\b(?:cc|creative[ -]commons)[ _:.-]*"
    r"(?P<kind>(?:by|attribution)(?:[ _-]*(?:nc|nd|sa|non-?commercial|no-?deriv(?:ative)?s?"
    r"(?:[ -]works?)?|share[- ]?alike)\b)*)"
    r"(?:[ _-]*(?:licen[cs]e)?[ _-]*(?:v(?:ersion)?\.?[ _]*)?"
    r"(?P<version>[1-4](?:\.[05])?|[1-4]0)(?![\d.]*\d))?",
    re.IGNORECASE,
)
_CC_PORT = re.compile(
    r"^[ _-]*(?P<name>international|unported|generic|intl\.?|(?P<port>[a-z]{2,3}|igo)\b)?"
    r"(?:[ _-]*(?:public )?licen[cs]e)?(?:[ _-]*\([^()]*\))?[ .]*$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"([ _-])[ _-]+")
_NUMBERED = re.compile(r"[ _v.-]{0,4}\d")
_ELEMENTS = (
    ("NC", re.compile(r"nc|non", re.IGNORECASE)),
    ("SA", re.compile(r"sa|share", re.IGNORECASE)),
    ("ND", re.compile(r"nd|no-?deriv", re.IGNORECASE)),
)
_UNSAID = frozenset(
    {"", "-", "?", "n/a", "na", "none", "not specified", "notspecified", "null", "other",
     "other (open)", "see description", "unknown", "unspecified", "no license", "no licence"}
)  # fmt: skip
_RESERVED = re.compile(
    r"©|\(c\)|\bcopyright|all rights reserved|alle rechte vorbehalten|tous droits réservés|"
    r"todos los derechos reservados|все права защищены|版权所有|جميع الحقوق محفوظة|"
    r"rightsstatements\.org/(?:vocab|page)/InC",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Licence:
    """What was read. ``code`` is that of the warning to give, ``None`` when all is said."""

    text: str
    code: str | None = None


def said(text: str) -> bool:
    """Whether a source said anything; many write that they say nothing."""
    return text.strip().casefold() not in _UNSAID


@lru_cache(maxsize=1024)
def read(text: str) -> Licence:
    """The licence in one form; the text as it is, with a warning, where there is none for it."""
    text = text.strip()
    if known := _address(text) or _named(text):
        return Licence(known)
    if text.casefold().startswith(("http://", "https://")):
        return Licence(text, "W-LICENCE-RIGHTS" if _RESERVED.search(text) else None)
    if found := _words(text):
        return found
    return Licence(text, "W-LICENCE-RIGHTS" if _RESERVED.search(text) else "W-LICENCE-UNKNOWN")


def _named(text: str) -> str | None:
    name = re.sub(r"\s+", " ", text.casefold()).strip(" .")
    hyphened = name.replace(" ", "-").replace("_", "-")
    bare = re.sub(r"-licen[cs]e$", "", hyphened)
    return _NAMES.get(name) or _SPDX.get(name) or _SPDX.get(hyphened) or _SPDX.get(bare)


def _address(text: str) -> str | None:
    """The licence of an address; a Creative Commons deed or legal code, SPDX's own page, ..."""
    if found := _CC_ADDRESS.search(text):
        if found["zero"]:
            return "CC0-1.0" if found["zero"].lower() == "zero" else None
        version, port = found["version"], (found["port"] or "").upper()
        kind = _kind(found["kind"])
        if kind is None or version not in _VERSIONS:
            return None
        port = "" if port == "DEED" else port
        name = f"CC-{kind}-{version}" + (f"-{port}" if port else "")
        return name if not port or name in _PORTED else None
    if "/" not in text:
        return None
    page = re.sub(r"^https?://(?:www\.)?", "", text.casefold())
    page = re.sub(r"(?:[?#].*|\.(?:html?|txt|json|en))+$", "", page).rstrip("/")
    if page.startswith("spdx.org/licenses/"):
        return _named(page.rsplit("/", 1)[-1]) or _spdx_cc(page.rsplit("/", 1)[-1])
    return _ADDRESSES.get(page)


def _spdx_cc(name: str) -> str | None:
    found = _words(name)
    return found.text if found and found.code is None else None


def _words(text: str) -> Licence | None:
    """A Creative Commons licence in words; in a sentence too, when only one is named there."""
    text = _JOINED.sub(r"\1", text)
    found: dict[tuple[str | None, str | None], re.Match[str]] = {
        (_kind(one["kind"]), _version(one["version"])): one for one in _CC_WORDS.finditer(text)
    }
    versions = {named for named in found if named[1]} or set(found)
    if len(versions) != 1 or len({kind for kind, _ in found}) != 1:
        return None
    (kind, version) = versions.pop()
    if kind is None:
        return None
    match = found[(kind, version)]
    if version is None:
        odd = _NUMBERED.match(text, match.end())
        return None if odd else Licence(f"CC {kind}", "W-LICENCE-NO-VERSION")
    name = f"CC-{kind}-{version}"
    rest = _CC_PORT.match(text[match.end() :]) if match.start() == 0 else None
    if rest is None:
        return Licence(name, "W-LICENCE-READ")
    port = (rest["port"] or "").upper()
    if port and f"{name}-{port}" not in _PORTED:
        return None
    return Licence(f"{name}-{port}" if port else name)


def _kind(text: str) -> str | None:
    """``BY-NC-SA`` of "by-nc-sa", "Attribution-NonCommercial-ShareAlike", "by sa"."""
    parts = ["BY", *(name for name, sign in _ELEMENTS if sign.search(text[2:]))]
    return (
        "-".join(parts) if text[:2].lower() in {"by", "at"} and parts[-2:] != ["SA", "ND"] else None
    )


def _version(text: str | None) -> str | None:
    if not text:
        return None
    version = f"{text[0]}.{text[-1]}" if len(text) > 1 else f"{text}.0"
    return version if version in _VERSIONS else None
