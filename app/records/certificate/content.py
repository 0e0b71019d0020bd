"""From a verified record to the values that a page is set from. Pure.

Everything is bounded here, so that a page stays one page: what has no room is counted, not lost
(it stands in the record that the page carries).
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import segno
from segno import consts
from segno.encoder import DataOverflowError

from app.proof.compact import pack
from app.proof.parse import JSON, Object, load_object
from app.records.certificate.languages import LANGUAGES, Language, find_language
from app.records.certificate.wording import ALIGNMENTS, ROLES, Words
from app.verification import Record, reading
from app.verification.model import Alignment

MOST_FACTS = 14
MOST_TITLES = 4
MOST_ALIGNED = 14
LARGEST_CODE = 26
"""A QR code of a higher version has modules too small for a phone at the size it is printed."""
_UUID = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page or a badge is made of."""

    json: bytes
    """The record, as it was signed."""
    record: Record
    language: Language
    public_url: str
    node_name: str
    name: str | None = None
    """The holder's name, given for this page; no record holds one."""


def certificate(sheet: Sheet) -> Object:
    """The values of ``page.typ``."""
    words = Words(sheet.language)
    code = qr_png(sheet.json, public_url=sheet.public_url)
    address = f"{sheet.public_url}/verify"
    verify = words.say("with_code" if code else "without_code")
    texts: Object = {
        name: words.say(name)
        for name in ("certificate", "awarded_to", "verify", "code",
                     "what_counts", "name_unsigned", "record", "holder", "issuer")
    }  # fmt: skip
    return {
        **_common(sheet, words),
        "texts": texts | {"how": verify.format(address=address)},
        "name": _said(sheet.name, sheet.language) if sheet.name else None,
        "facts": [list(pair) for pair in _facts(sheet.record, words)],
        "aligned": [*_aligned(sheet.record.alignments, words)],
        "code": [*code] if code else None,
        "record_json": sheet.json.decode(),
    }


def badge(sheet: Sheet) -> Object:
    """The values of ``badge.typ``."""
    words = Words(sheet.language)
    awarded = sheet.record.awarded_at
    return {
        **_common(sheet, words),
        "texts": {"badge": words.say("badge")},
        "day": words.day(awarded.date()) if awarded else "",
        "address": sheet.public_url.partition("://")[2] + "/verify",
    }


def code_text(record_json: bytes, *, public_url: str) -> tuple[str, str]:
    """What the printed code says: the address, and the record in digits after it."""
    return f"{public_url}/verify#", pack(record_json)


def qr_png(record_json: bytes, *, public_url: str) -> bytes | None:
    """The printed code, ISO/IEC 18004 with error correction M; nothing when it would be too fine.

    The address is in byte mode and the digits in numeric mode, so that they cost 3.3 bits each.
    """
    address, digits = code_text(record_json, public_url=public_url)
    try:
        made = segno.make_qr(
            [(address, consts.MODE_BYTE), (digits, consts.MODE_NUMERIC)],  # type: ignore[arg-type] # it takes parts
            error="m",
            boost_error=False,
        )
    except DataOverflowError:
        return None
    if int(made.version) > LARGEST_CODE:
        return None
    out = io.BytesIO()
    made.save(out, kind="png", scale=8, border=4)
    return out.getvalue()


def titles(document: Object) -> list[tuple[str, str]]:
    """Every title in the record with its language, the first being the one that counts."""
    achievement = reading.nested(reading.nested(document, "credentialSubject"), "achievement")
    found = [
        (reading.text(achievement, "name"), reading.optional_text(achievement, "inLanguage") or "")
    ]
    for entry in reading.objects(achievement, "related"):
        name = reading.optional_text(entry, "name")
        if name is not None:
            found.append((name, reading.optional_text(entry, "inLanguage") or ""))
    return found


def _common(sheet: Sheet, words: Words) -> Object:
    record, language = sheet.record, sheet.language
    all_titles = titles(load_object(sheet.json))
    shown: list[JSON] = [_said(text, find_language(tag)) for text, tag in all_titles]
    return {
        "lang": list(language.typst),
        "direction": language.direction,
        "fonts": list(language.fonts),
        "titles": shown[:MOST_TITLES],
        "issuer": _said(record.issuer_name, None),
        "issuer_id": record.issuer_id,
        "holder_id": (record.holder_id or "").removeprefix(_UUID),
        "record_id": record.id.removeprefix(_UUID),
        "node": sheet.node_name,
    }


def _said(text: str, language: Language | None) -> Object:
    """A text in a language of its own: its letters, shapes and direction are not the page's."""
    language = language or LANGUAGES[_guess(text)]
    return {
        "text": text,
        "lang": list(language.typst),
        "direction": language.direction,
        "fonts": list(language.fonts),
    }


def _guess(text: str) -> str:
    """A language whose direction and letters fit a text of unknown language."""
    for letter in text:
        if "\u0590" <= letter <= "\u08ff" or "\ufb1d" <= letter <= "\ufefc":
            return "ar"
        if "\u3400" <= letter <= "\u9fff":
            return "zh-Hans"
        if letter.isalpha():
            return "en"
    return "en"


def _facts(record: Record, words: Words) -> Sequence[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if record.awarded_at:
        found.append((words.say("completed_on"), words.day(record.awarded_at.date())))
    if record.activity_start or record.activity_end:
        days = words.days(record.activity_start, record.activity_end)
        found.append((words.say("took_place"), days))
    if record.role:
        found.append((words.say("took_part_as"), words.call(record.role, ROLES)))
    found += [words.fact(result) for result in record.results]
    if record.valid_from:
        found.append((words.say("issued_on"), words.day(record.valid_from.date())))
    if len(found) > MOST_FACTS:
        left = len(found) - MOST_FACTS + 1
        found = [*found[: MOST_FACTS - 1], (words.say("more"), words.more(left))]
    return found


def _aligned(alignments: Sequence[Alignment], words: Words) -> Iterator[JSON]:
    """The alignments by what they are to: each group with its entries and its framework."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in alignments:
        kind = each.kind if each.kind and each.kind in ALIGNMENTS else ""
        framework = each.framework or ""
        shown = each.code if each.code and framework else each.name
        groups.setdefault((kind, framework), []).append(shown)
    for (kind, framework), entries in list(groups.items())[:5]:
        said = entries[:MOST_ALIGNED]
        if len(entries) > len(said):
            said.append(words.more(len(entries) - len(said)))
        name = words.call(kind, ALIGNMENTS) if kind else words.say("aligned_to")
        yield {"name": name, "framework": framework, "entries": [*said]}
