import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.platform.problems import Invalid
from app.proof.baking import unbake_png, unbake_svg
from app.proof.compact import unpack
from app.records.certificate import content, languages, service
from app.records.certificate.languages import LANGUAGES, find_language
from app.records.certificate.press import ExtraMissing, FontMissing, PageFailed, Press
from app.records.certificate.service import Form, NotStanding, Wish
from app.records.certificate.wording import Words
from app.verification import Result, verify
from app.verification.forms import find_record
from tests.conftest import NOW
from tests.simulator.issuer import SimulatedIssuer

ISSUER = SimulatedIssuer()
BUNDLE = ISSUER.bundle()
HERE = Path(languages.__file__).parent


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    made = Press()
    yield made
    made.close()


def signed(**changes: Any) -> bytes:
    """A record whose achievement differs as told."""
    document = ISSUER.record()
    document["credentialSubject"]["achievement"] |= changes
    return ISSUER.secure_json(document)


def made(press: Press, record: bytes, wish: Wish) -> bytes:
    return service.make(
        press,
        record,
        wish,
        bundle=BUNDLE,
        public_url="https://cpd.example",
        node_name="Test node",
        at=NOW,
    )


def sheet(record: bytes, language: str = "en", name: str | None = None) -> content.Sheet:
    facts = verify(record, bundle=BUNDLE, at=NOW).accept()
    return content.Sheet(record, facts, LANGUAGES[language], "https://cpd.example", "Node", name)


def test_a_pdf_is_an_archive_file_with_the_record_in_it(press: Press) -> None:
    record = signed()
    page = made(press, record, Wish(Form.PDF, "en", "Achieng Otieno"))
    assert page.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>3</pdfaid:part>" in page
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in page
    assert find_record(page) == record


def test_badges_carry_the_record(press: Press) -> None:
    record = signed()
    assert unbake_png(made(press, record, Wish(Form.PNG))) == record
    assert unbake_svg(made(press, record, Wish(Form.SVG))) == record


def test_the_same_record_gives_the_same_page(press: Press) -> None:
    record = signed()
    assert made(press, record, Wish(Form.PDF)) == made(press, record, Wish(Form.PDF))


MARKUP = '#panic("no") *a* $x$ @b <c> `d` \\ #read("page.typ") #sys.inputs // [e] "'


def test_texts_are_shown_and_never_obeyed(press: Press) -> None:
    document = ISSUER.record(name=MARKUP)
    document["credentialSubject"]["achievement"]["name"] = MARKUP
    record = ISSUER.secure_json(document)
    assert find_record(made(press, record, Wish(Form.PDF, name=MARKUP[:60]))) == record
    assert unbake_svg(made(press, record, Wish(Form.SVG))) == record


def test_a_letter_without_a_font_is_an_error_and_not_an_empty_box(press: Press) -> None:
    title = "Bridges \U0010fffd"
    document = ISSUER.record(name=title)
    document["credentialSubject"]["achievement"]["name"] = title
    for form in Form:
        with pytest.raises(FontMissing, match="fonts-noto-cjk") as refused:
            made(press, ISSUER.secure_json(document), Wish(form))
        assert refused.value.status == 503


def test_a_page_that_takes_too_long_is_given_up() -> None:
    hasty = Press(patience=0.001)
    try:
        with pytest.raises(PageFailed, match="too long"):
            made(hasty, signed(), Wish(Form.PDF))
    finally:
        hasty.close()


def test_a_setter_that_died_is_started_again() -> None:
    press = Press()
    try:
        first = made(press, signed(), Wish(Form.PDF))
        process = press._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        assert len(made(press, signed(), Wish(Form.PDF))) == pytest.approx(len(first), rel=0.1)
        assert press._process is not process
    finally:
        press.close()


class WithoutExtra(Press):
    @property
    def ready(self) -> bool:
        return False


def test_without_the_extra_the_mend_is_said() -> None:
    with pytest.raises(ExtraMissing, match=r"opencpd\[pdf\]"):
        made(WithoutExtra(), signed(), Wish(Form.PDF))


def test_nothing_is_made_of_a_record_that_does_not_hold() -> None:
    press = Press()  # it is never asked
    with_bit = replace(ISSUER, revoked={4711})
    revoked = ISSUER.bundle(status=_same_keys(with_bit).status_body())
    with pytest.raises(NotStanding, match="status"):
        service.make(
            press, signed(), Wish(Form.PDF), bundle=revoked, public_url="https://a.example",
            node_name="Node", at=NOW,
        )  # fmt: skip
    for record in (b"{}", signed().replace(b"masonry walls", b"masonry halls")):
        with pytest.raises(NotStanding):
            made(press, record, Wish(Form.PDF))
    with pytest.raises(NotStanding, match="JSON form"):
        made(press, ISSUER.secure_jwt(ISSUER.record()).encode(), Wish(Form.PDF))
    assert press._process is None


def _same_keys(other: SimulatedIssuer) -> SimulatedIssuer:
    vars(other).update({**vars(ISSUER), "revoked": other.revoked})
    return other


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(Form.PDF, language="tlh"), "language"),
        (Wish(Form.PDF, name="x" * 81), "name"),
        (Wish(Form.PDF, name="evil\u202eeman"), "name"),
        (Wish(Form.PDF, name="a\x00b"), "name"),
    ],
)
def test_a_bad_wish_names_its_field(press: Press, wish: Wish, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(press, signed(), wish)
    assert [each.pointer for each in refused.value.fields] == [field]


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "en"), ("en-KE", "en"), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"), ("ar-SA", "ar"), ("UR", "ur"),
        ("sw", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_tag_finds_its_language(tag: str | None, found: str | None) -> None:
    language = find_language(tag)
    assert (language.tag if language else None) == found


def test_the_code_says_the_address_and_the_whole_record() -> None:
    record = signed()
    address, digits = content.code_text(record, public_url="https://cpd.example")
    assert address == "https://cpd.example/verify#"
    assert find_record(f"{address}{digits}".encode()) == unpack(digits)


def test_a_record_that_is_too_long_for_a_code_says_so() -> None:
    description = " ".join(str(number * 7919 % 104_729) for number in range(800))
    values = content.certificate(sheet(signed(description=description)))
    assert values["code"] is None
    texts = values["texts"]
    assert isinstance(texts, dict)
    assert "too long for a printed code" in str(texts["how"])


def test_what_has_no_room_is_counted() -> None:
    alignments = [
        {"type": ["Alignment"], "targetName": f"Competence {n}", "targetUrl": f"https://c.example/{n}",
         "targetType": "ceasn:Competency"}
        for n in range(40)
    ]  # fmt: skip
    values = content.certificate(sheet(signed(alignment=alignments)))
    group = values["aligned"][0]  # type: ignore[index]
    assert len(group["entries"]) == content.MOST_ALIGNED + 1
    assert group["entries"][-1] == "and 26 more, in the record"


@pytest.mark.parametrize(
    ("tag", "minutes", "said"),
    [
        ("en", 60, "1 hour"), ("en", 750, "12 hours 30 minutes"), ("en", 0, "0 minutes"),
        ("ru", 300, "5 часов"), ("ru", 180, "3 часа"), ("ar", 120, "ساعتان"),
        ("zh-Hans", 90, "1 小时 30 分钟"), ("fr", 45, "45 minutes"),
    ],
)  # fmt: skip
def test_minutes_are_said_as_people_say_them(tag: str, minutes: int, said: str) -> None:
    assert Words(LANGUAGES[tag]).time(minutes) == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result("ext:ContactMinutes", "n", "360", None), ("Contact time", "6 hours")),
        (Result("ext:ContactMinutes", "n", "many", None), ("Contact time", "many")),
        (Result("ext:Assessed", "n", "false", None), ("Assessed", "No")),
        (Result("ext:Country", "n", "KE", None), ("Country", "Kenya")),
        (Result("ext:TeachingLanguages", "n", "zh, en", None), ("Languages", "Chinese, English")),
        (Result("ext:CPDHours", "Claimed by the issuer, in CPDHours", "6", None),
         ("Claimed by the issuer", "6 CPDHours")),
        (Result("Status", "Attendance", None, "Completed"), ("Attendance", "Completed")),
        (Result("ext:Unheard", "Something else", "7", None), ("Something else", "7")),
    ],
)  # fmt: skip
def test_a_fact_is_said_with_its_unit_and_never_left_out(
    result: Result, said: tuple[str, str]
) -> None:
    assert Words(LANGUAGES["en"]).fact(result) == said


def test_every_text_is_in_the_catalogue() -> None:
    found = {
        message
        for _, _, message, _, _ in extract_from_dir(
            HERE, method_map=[("**.py", "python")], keywords={"N_": None, "ngettext": (1, 2)}
        )
    }
    assert _ids(HERE / "locale" / "certificate.pot") == found


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_every_language_says_everything(tag: str) -> None:
    path = HERE / "locale" / f"{tag}.po"
    assert _ids(path) == _ids(HERE / "locale" / "certificate.pot")
    with path.open("rb") as file:
        catalogue = read_po(file, locale=tag.replace("-", "_"))
    for message in catalogue:
        if not message.id:
            continue
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(said), message.id
        assert len(said) in {1, catalogue.num_plurals}
        asked = message.id[0] if isinstance(message.id, tuple) else message.id
        for text in said:
            counted = "{count}" in asked  # Arabic has words of their own for one and two
            assert ("{address}" in text) == ("{address}" in asked)
            assert counted or "{count}" not in text


def _ids(path: Path) -> set[object]:
    with path.open("rb") as file:
        return {message.id for message in read_po(file) if message.id}
