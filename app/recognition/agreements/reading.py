"""An agreement as a document: read strictly, written in one form. Pure.

The document is JSON; what is signed is the SHA-256 of its canonical form (RFC 8785), so both sides
sign the same bytes wherever they keep it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from app.platform.problems import FieldProblem, Invalid
from app.proof.did import did_web_url
from app.proof.errors import ProofError
from app.proof.jcs import canonical_json
from app.proof.parse import JSON, Object
from app.recognition.agreements.model import Agreement, Annex, Named, Party, Recognises
from app.recognition.policies.model import Span

FORMAT = "opencpd-recognition-agreement"
FORMAT_VERSION = 1
MOST_ISSUERS = 200
MOST_LANGUAGES = 12
LONGEST_NAME, LONGEST_REFERENCE, LONGEST_TEXT = 300, 200, 20_000
LONGEST_NOTICE = 1000
_DOCUMENT = 200 * 1024
_ID = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TAG = re.compile(r"[\w][\w .:+/()-]{0,99}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_LINES = "\n\t\u200c\u200d"
_REQUIRED = frozenset(
    {"format", "format_version", "id", "version", "reference", "text", "from"}
    | {"notice_days", "parties"}
)
_OPTIONAL = frozenset({"previous", "to"})


class AgreementInvalid(Invalid):
    """It is no agreement, or not one that can be signed; each fault with its place."""

    code = "agreement-invalid"


def read_agreement(document: Object) -> Agreement:
    """Read an agreement's document. Raises ``AgreementInvalid`` naming every fault."""
    return _Reading(document).agreement()


def document_of(agreement: Agreement) -> Object:
    """The document of an agreement that was put together here, whatever is in its ``document``."""
    span, members = agreement.span, dict[str, JSON]()
    members["format"], members["format_version"] = FORMAT, FORMAT_VERSION
    members["id"], members["version"] = f"urn:uuid:{agreement.id}", agreement.version
    if agreement.previous is not None:
        members["previous"] = agreement.previous
    members["reference"], members["text"] = agreement.reference, dict(agreement.texts)
    members["from"] = str(span.first or "")
    if span.last is not None:
        members["to"] = span.last.isoformat()
    members["notice_days"] = agreement.notice_days
    members["parties"] = [_party(one) for one in agreement.parties]
    return members


def _party(one: Party) -> Object:
    members: Object = {
        "id": one.id,
        "name": one.name,
        "issuers": [{"id": issuer.id, "name": issuer.name} for issuer in one.issuers],
    }
    if one.recognises is not None:
        annex = one.recognises.annex
        said: Object = {
            "tag": one.recognises.tag,
            "policy": {"id": annex.policy_id, "version": annex.version, "hash": annex.hash},
        }
        if one.recognises.kinds is not None:
            said["kinds"] = [*one.recognises.kinds]
        members["recognises"] = said
    return members


class _Reading:
    """One document under examination; what is wrong with it is told at once, in the end."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._problems: list[FieldProblem] = []

    def agreement(self) -> Agreement:
        self._members("", self._document, required=_REQUIRED, optional=_OPTIONAL)
        self._close()
        document = self._document
        if (document["format"], document["format_version"]) != (FORMAT, FORMAT_VERSION):
            self._wrong("/format", f"It is no {FORMAT} of version {FORMAT_VERSION}.")
        version = self._number("/version", document["version"], least=1, most=1000)
        previous = document.get("previous")
        if (version > 1) != (previous is not None):
            self._wrong("/previous", "Name the hash of the version before, from version 2 on.")
        made = Agreement(
            id=self._match("/id", document["id"], _ID, "Give a urn:uuid:... of its own.")[9:],
            version=version,
            previous=None if previous is None else self._hash("/previous", previous),
            reference=self._line("/reference", document["reference"], LONGEST_REFERENCE),
            texts=self._texts(document["text"]),
            span=self._span(),
            notice_days=self._number(
                "/notice_days", document["notice_days"], least=0, most=LONGEST_NOTICE
            ),
            parties=self._parties(document["parties"]),
            hash=self._digest(),
            document=document,
        )
        self._close()
        return made

    def _digest(self) -> str:
        try:
            data = canonical_json(self._document)
        except ProofError as error:
            raise AgreementInvalid(f"It cannot be signed: {error.message}") from error
        if len(data) > _DOCUMENT:
            raise AgreementInvalid(f"It is longer than {_DOCUMENT // 1024} KiB.")
        return hashlib.sha256(data).hexdigest()

    def _parties(self, value: JSON) -> tuple[Party, Party]:
        if not isinstance(value, list) or len(value) != 2:
            raise self._now("/parties", "Name the two registries that agree.")
        first, second = (self._read_party(f"/parties/{n}", one) for n, one in enumerate(value))
        if first.id >= second.id:
            self._wrong("/parties", "Two registries agree, in the order of their ids.")
        for mine, other, place in ((first, second, 0), (second, first, 1)):
            if mine.recognises is not None and not other.issuers:
                mend = "Whose records it takes is not said: the other party names no issuers."
                self._wrong(f"/parties/{place}/recognises", mend)
        if first.recognises is None and second.recognises is None:
            self._wrong("/parties", "Neither takes anything of the other; nothing is agreed.")
        if {one.id for one in first.issuers} & {one.id for one in second.issuers}:
            self._wrong("/parties", "Let one party alone answer for an issuer.")
        return first, second

    def _read_party(self, place: str, value: JSON) -> Party:
        members = self._object(place, value)
        names = frozenset({"id", "name", "issuers"})
        self._members(place, members, required=names, optional=frozenset({"recognises"}))
        self._close()
        issuers = members["issuers"]
        if not isinstance(issuers, list) or len(issuers) > MOST_ISSUERS:
            raise self._now(f"{place}/issuers", f"Name up to {MOST_ISSUERS} issuers.")
        named = tuple(self._named(f"{place}/issuers/{n}", one) for n, one in enumerate(issuers))
        if len({one.id for one in named}) != len(named):
            self._wrong(f"{place}/issuers", "Name each issuer once.")
        said = members.get("recognises")
        return Party(
            id=self._did(f"{place}/id", members["id"]),
            name=self._line(f"{place}/name", members["name"], LONGEST_NAME),
            issuers=named,
            recognises=None if said is None else self._recognises(f"{place}/recognises", said),
        )

    def _recognises(self, place: str, value: JSON) -> Recognises:
        members = self._object(place, value)
        self._members(
            place,
            members,
            required=frozenset({"tag", "policy"}),
            optional=frozenset({"kinds"}),
        )
        self._close()
        policy = self._object(f"{place}/policy", members["policy"])
        self._members(f"{place}/policy", policy, required=frozenset({"id", "version", "hash"}))
        self._close()
        return Recognises(
            tag=self._match(f"{place}/tag", members["tag"], _TAG, "Write it as the policy does."),
            annex=Annex(
                self._line(f"{place}/policy/id", policy["id"], LONGEST_REFERENCE),
                self._number(f"{place}/policy/version", policy["version"], least=1, most=10**6),
                self._hash(f"{place}/policy/hash", policy["hash"]),
            ),
            kinds=self._kinds(f"{place}/kinds", members["kinds"]) if "kinds" in members else None,
        )

    def _kinds(self, place: str, value: JSON) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or len(value) > 100:
            raise self._now(place, "Name the kinds of activity, or leave this out.")
        mend = "Name a kind as policies do, such as course."
        kinds = tuple(self._match(f"{place}/{n}", one, _KIND, mend) for n, one in enumerate(value))
        if len(set(kinds)) != len(kinds):
            self._wrong(place, "Name each kind once.")
        return kinds

    def _named(self, place: str, value: JSON) -> Named:
        members = self._object(place, value)
        self._members(place, members, required=frozenset({"id", "name"}))
        self._close()
        name = self._line(f"{place}/name", members["name"], LONGEST_NAME)
        return Named(self._did(f"{place}/id", members["id"]), name)

    def _texts(self, value: JSON) -> dict[str, str]:
        texts = self._object("/text", value)
        if not 1 <= len(texts) <= MOST_LANGUAGES:
            self._wrong("/text", f"Say it in one language, or in up to {MOST_LANGUAGES}.")
        for language, text in texts.items():
            if not _LANGUAGE.fullmatch(language):
                self._wrong("/text", f"{language[:40]!r} is no language tag such as en or zh-Hans.")
            if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
                self._wrong("/text", f"Give each text in up to {LONGEST_TEXT} characters.")
            elif not _can_be_seen(text):
                self._wrong("/text", "Leave out what cannot be seen.")
        return {language: str(text) for language, text in texts.items()}

    def _span(self) -> Span:
        first = self._day("/from", self._document["from"])
        last = self._day("/to", self._document["to"]) if "to" in self._document else None
        if first and last and last < first:
            self._wrong("/to", "Let it end on the day it begins, or after.")
        return Span(first, last)

    def _day(self, place: str, value: JSON) -> date | None:
        try:
            if isinstance(value, str) and len(value) == 10:
                day = date.fromisoformat(value)
                if day.year >= 1900:
                    return day
        except ValueError:
            pass
        self._wrong(place, "Write the day as 2026-12-31.")
        return None

    def _did(self, place: str, value: JSON) -> str:
        try:
            if isinstance(value, str) and len(value) <= 300:
                did_web_url(value)
                return value
        except ProofError:
            pass
        self._wrong(place, "Give a did:web id.")
        return ""

    def _hash(self, place: str, value: JSON) -> str:
        return self._match(place, value, _SHA256, "Give a SHA-256 in hexadecimal.")

    def _line(self, place: str, value: JSON, longest: int) -> str:
        good = isinstance(value, str) and bool(value.strip()) and len(value) <= longest
        if good and "\n" not in str(value) and _can_be_seen(str(value)):
            return str(value)
        self._wrong(place, f"Give one line of up to {longest} characters.")
        return ""

    def _match(self, place: str, value: JSON, form: re.Pattern[str], mend: str) -> str:
        if isinstance(value, str) and form.fullmatch(value):
            return value
        self._wrong(place, mend)
        return ""

    def _number(self, place: str, value: JSON, *, least: int, most: int) -> int:
        good = isinstance(value, int) and not isinstance(value, bool)
        if good and least <= int(str(value)) <= most:
            return int(str(value))
        self._wrong(place, f"Give a whole number from {least} to {most}.")
        return least

    def _object(self, place: str, value: JSON) -> Object:
        if not isinstance(value, dict):
            raise self._now(place, "This must be an object.")
        return value

    def _members(
        self,
        place: str,
        members: Mapping[str, JSON],
        *,
        required: frozenset[str],
        optional: frozenset[str] = frozenset(),
    ) -> None:
        for name in sorted(required - members.keys()):
            self._wrong(f"{place}/{name}", "This is missing.")
        for name in sorted(members.keys() - required - optional):
            self._wrong(f"{place}/{name[:80]}", "An agreement has no such member here.")

    def _wrong(self, place: str, mend: str) -> None:
        self._problems.append(FieldProblem(place, "agreement-invalid", mend))

    def _now(self, place: str, mend: str) -> AgreementInvalid:
        self._wrong(place, mend)
        return AgreementInvalid("It is no agreement as it stands.", fields=self._problems)

    def _close(self) -> None:
        if self._problems:
            raise AgreementInvalid("It is no agreement as it stands.", fields=self._problems)


def _can_be_seen(text: str) -> bool:
    """Whether a person reads all of it: nothing hidden, nothing that turns the direction."""
    return all(c in _LINES or c.isprintable() or unicodedata.category(c) == "Zs" for c in text)
