"""Strangers' XML: whole and plain, or refused."""

import pytest

from connectors import xml
from connectors.contract import SourceMisconfigured, SourceUnavailable

BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>"""


def test_a_whole_document_is_read_without_a_warning() -> None:
    document = xml.parse(b'\n<?xml version="1.0"?><!-- c --><a><B>x</B></a>', where="here")
    assert document.warnings == ()
    assert xml.text(xml.find(document.root, "b")) == "x"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<a>", b"<a><b></a>", b"<a><b>x</b", b"text", b"<a/><b>", b"<a/>&x;<a",
        b'<?xml version="1.0" encoding="nonsense"?><a/>', b"<a>\xff\xfe</a>", b"<a>&undefined;</a>",
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)  # fmt: skip
def test_what_is_not_whole_is_trouble(body: bytes) -> None:
    try:
        document = xml.parse(body, where="here")
    except SourceUnavailable:
        return
    assert [code for code, _ in document.warnings] == ["W-XML-TRAILING"]
    assert xml.as_text(document.root) == "<a/>"


@pytest.mark.parametrize(
    "body",
    [
        BOMB + b"<a>&e;</a>",
        BOMB + b'<a b="&e;"/>',
        b'<!DOCTYPE a SYSTEM "http://169.254.169.254/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a/>'.encode("utf-16"),
    ],
)
def test_a_doctype_is_refused(body: bytes) -> None:
    with pytest.raises((SourceMisconfigured, SourceUnavailable), match=r"DOCTYPE|broken"):
        xml.parse(body, where="here")


@pytest.mark.parametrize("body", [b"<!doctype html><p>Sign in", b"\n <HTML><body>x</body></HTML>"])
def test_a_web_page_is_named_as_one(body: bytes) -> None:
    with pytest.raises(SourceMisconfigured, match="web page"):
        xml.parse(body, where="here")


def test_a_notice_after_the_root_is_ignored_and_told() -> None:
    document = xml.parse(b"<o:a xmlns:o='u'>x</o:a>\n<br />Notice: <b>y</b>", where="here")
    assert xml.text(document.root) == "x"
    assert document.warnings[0][0] == "W-XML-TRAILING"
    assert "Notice" in document.warnings[0][1]


@pytest.mark.parametrize("character", [b"\x0b", b"\x00", b"&#11;", b"&#x1F;", b"&#0;"])
def test_control_characters_are_taken_out_and_the_record_named(character: bytes) -> None:
    body = b"<a>\n<identifier>oai:x:7</identifier><t>good" + character + b"bye</t></a>"
    document = xml.parse(body, where="here")
    assert xml.text(xml.find(document.root, "t")) == "goodbye"
    code, message = document.warnings[0]
    assert code == "W-XML-CONTROL"
    assert "oai:x:7" in message
    assert "line 2" in message


def test_other_encodings_are_left_alone() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><a>课程</a>'
    assert xml.text(xml.parse(text.encode("utf-16"), where="here").root) == "课程"
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Brücke</a>'.encode("latin-1")
    assert xml.text(xml.parse(latin, where="here").root) == "Brücke"
