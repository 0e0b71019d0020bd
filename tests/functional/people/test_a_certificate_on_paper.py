"""A certificate is printed, its code scanned from the paper, and the record verified offline."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from app.records.certificate import service
from app.records.certificate.languages import LANGUAGES
from app.records.certificate.press import Press
from app.records.certificate.service import Form, Wish
from app.verification import verify
from app.verification.forms import find_record
from tests.conftest import NOW, skip_or_fail
from tests.simulator.issuer import SimulatedIssuer

pytestmark = pytest.mark.slow
PROGRAMS = ("pdftoppm", "pdftotext", "pdfinfo", "pdfdetach", "zbarimg")
TITLES = {
    "en": "Seismic design of masonry walls",
    "fr": "Conception parasismique des murs en maçonnerie",
    "es": "Diseño sísmico de muros de mampostería",
    "ru": "Сейсмостойкое проектирование каменных стен",
    "zh-Hans": "砌体墙抗震设计",
    "zh-Hant": "砌體牆抗震設計",
    "ar": "التصميم الزلزالي للجدران الحجرية",
    "ur": "پلوں کا ڈیزائن اور معائنہ",
}


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        skip_or_fail(f"not here: {', '.join(missing)} (Debian: poppler-utils, zbar-tools)")
    made = Press()
    yield made
    made.close()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_named: object) -> NoReturn:
        raise AssertionError("verifying opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)


def titled(issuer: SimulatedIssuer, title: str, language: str, **changes: Any) -> bytes:
    document = issuer.record(name=title)
    document["credentialSubject"]["achievement"] |= {
        "name": title, "inLanguage": language.partition("-")[0], **changes,
    }  # fmt: skip
    return issuer.secure_json(document)


def printed(
    press: Press, record: bytes, issuer: SimulatedIssuer, file: Path, *, language: str
) -> None:
    wish = Wish(Form.PDF, language, "Achieng Otieno")
    page = service.make(
        press, record, wish, bundle=issuer.bundle(), public_url="https://cpd.example.org",
        node_name="Test node", at=NOW,
    )  # fmt: skip
    file.write_bytes(page)


def run(*command: str | Path) -> bytes:
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dots_per_inch", [110, 200])
def test_the_code_scanned_from_the_page_verifies_with_the_network_off(
    press: Press, tmp_path: Path, no_network: None, language: str, dots_per_inch: int
) -> None:
    issuer = SimulatedIssuer()
    record = titled(issuer, TITLES[language], language)
    bundle = issuer.bundle()
    page = tmp_path / "page.pdf"
    printed(press, record, issuer, page, language=language)
    run(
        "pdftoppm",
        "-r",
        str(dots_per_inch),
        "-gray",
        "-png",
        "-singlefile",
        page,
        tmp_path / "page",
    )
    scanned = run("zbarimg", "-q", "--raw", tmp_path / "page.png")
    assert scanned.startswith(b"https://cpd.example.org/verify#")
    facts = verify(find_record(scanned), bundle=bundle, at=NOW).accept()
    assert facts.title == TITLES[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_programs_find_one_page_the_words_and_the_record(
    press: Press, tmp_path: Path, language: str
) -> None:
    issuer = SimulatedIssuer()
    record = titled(issuer, TITLES[language], language)
    page = tmp_path / "page.pdf"
    printed(press, record, issuer, page, language=language)
    assert b"\nPages:           1\n" in run("pdfinfo", page)
    assert "Achieng Otieno" in run("pdftotext", page, "-").decode()
    run("pdfdetach", "-save", "1", "-o", tmp_path / "record.json", page)
    assert (tmp_path / "record.json").read_bytes() == record
    assert find_record(page.read_bytes()) == record


@pytest.mark.parametrize("language", ["en", "zh-Hans", "ar", "ur"])
def test_a_record_with_as_much_as_there_may_be_still_takes_one_page(
    press: Press, tmp_path: Path, language: str
) -> None:
    issuer = SimulatedIssuer()
    alignments = [
        {"type": ["Alignment"], "targetName": f"{TITLES[language]} {n} " * 4, "targetType": kind,
         "targetUrl": f"https://c.example/{n}", "targetFramework": f"Framework {n % 7}"}
        for n in range(60) for kind in ["ceasn:Competency"]
    ]  # fmt: skip
    title = (TITLES[language] + " ") * 30
    record = titled(issuer, title[:295].strip() + ".", language, alignment=alignments)
    page = tmp_path / "page.pdf"
    printed(press, record, issuer, page, language=language)
    assert b"\nPages:           1\n" in run("pdfinfo", page)
    assert find_record(page.read_bytes()) == record
