import contextlib
import io
import struct
import zlib
from collections.abc import Callable

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from openbadgeslib import baking as theirs
from PIL import Image, PngImagePlugin

from app.proof import ProofError
from app.proof.baking import (
    KEYWORD,
    MOST_BYTES,
    NAMESPACE,
    PNG_SIGNATURE,
    bake_png,
    bake_svg,
    unbake_png,
    unbake_svg,
)
from tests.simulator.issuer import SimulatedIssuer

ISSUER = SimulatedIssuer()
JSON = ISSUER.secure_json(ISSUER.record())
TOKEN = ISSUER.secure_jwt(ISSUER.record()).encode()
FORMS = pytest.mark.parametrize("record", [JSON, TOKEN], ids=["json", "token"])


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    segno.make("a picture").save(out, kind=kind)
    return out.getvalue()


PNG, SVG = picture("png"), picture("svg")
EMPTY_SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
ELEMENT = f'<o:credential xmlns:o="{NAMESPACE}"'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEAD = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
TAIL = chunk(b"IEND", b"")


def png(*chunks: bytes) -> bytes:
    return PNG_SIGNATURE + HEAD + b"".join(chunks) + TAIL


def itxt(text: bytes, *, compressed: int = 0, keyword: bytes = KEYWORD) -> bytes:
    return chunk(b"iTXt", keyword + bytes([0, compressed, 0, 0, 0]) + text)


@FORMS
def test_a_png_gives_back_what_was_baked_and_still_is_a_picture(record: bytes) -> None:
    baked = bake_png(PNG, record)
    assert unbake_png(baked) == record
    with Image.open(io.BytesIO(baked)) as shown, Image.open(io.BytesIO(PNG)) as before:
        shown.load()
        assert shown.tobytes() == before.tobytes()
        assert shown.text["openbadgecredential"].encode() == record


@FORMS
def test_an_svg_gives_back_what_was_baked(record: bytes) -> None:
    assert unbake_svg(bake_svg(SVG, record)) == record


@FORMS
def test_others_read_our_png_and_we_read_theirs(record: bytes) -> None:
    assert theirs.extract_png(bake_png(PNG, record), keyword=theirs.ITXT_KEYWORD_OB3) == (
        record.decode()
    )
    baked = theirs.bake_png(PNG, record.decode(), "a comment", keyword=theirs.ITXT_KEYWORD_OB3)
    assert unbake_png(baked) == record


@FORMS
def test_others_read_our_svg_and_we_read_theirs(record: bytes) -> None:
    element = theirs.SVG_ELEMENT_OB3
    ours = bake_svg(SVG, record)
    assert theirs.extract_svg(ours, element=element, text_fallback=True) == record.decode()
    baked = theirs.bake_svg(
        SVG,
        record.decode(),
        "a comment",
        element=element,
        namespace=theirs.SVG_NS_OB3,
        as_text=record == JSON,
    )
    assert unbake_svg(baked) == record


def test_json_that_ends_a_cdata_section_comes_back() -> None:
    record = b'{"a":"]]>","b":[[">"]],"c":"<&\'"}'
    assert unbake_svg(bake_svg(SVG, record)) == record


def test_a_record_that_xml_cannot_carry_is_not_baked() -> None:
    with pytest.raises(ProofError, match="cannot carry"):
        bake_svg(SVG, b'{"a":"line\r\nline"}')


@pytest.mark.parametrize(
    ("bake", "image"), [(bake_png, bake_png(PNG, JSON)), (bake_svg, bake_svg(SVG, JSON))]
)
def test_nothing_is_baked_twice(bake: Callable[[bytes, bytes], bytes], image: bytes) -> None:
    with pytest.raises(ProofError) as refused:
        bake(image, TOKEN)
    assert refused.value.code == "image-several-records"


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"", "image-malformed"),
        (PNG_SIGNATURE, "image-malformed"),
        (PNG, "image-without-record"),
        (png(itxt(JSON, keyword=b"openbadges")), "image-without-record"),
        (png(chunk(b"tEXt", KEYWORD + b"\0" + JSON)), "image-without-record"),
        (png(itxt(JSON), itxt(TOKEN)), "image-several-records"),
        (png(itxt(zlib.compress(b" " * 50_000_000), compressed=1)), "image-compressed"),
        (png(chunk(b"iTXt", KEYWORD + b"\0")), "image-malformed"),
        (png(chunk(b"iTXt", KEYWORD + b"\0\0\0no end")), "image-malformed"),
        (PNG_SIGNATURE + itxt(JSON) + HEAD + TAIL, "image-malformed"),
        (PNG_SIGNATURE + HEAD + itxt(JSON), "image-malformed"),
        (png(itxt(JSON)).replace(b"Seismic", b"Seasick"), "image-malformed"),
        (png(itxt(JSON))[:-13], "image-malformed"),
        (PNG_SIGNATURE + struct.pack(">I", 2**31 - 1) + b"IHDR" + b"x" * 100, "image-malformed"),
        (png(*[chunk(b"tEXt", b"")] * 20_000), "image-malformed"),
        (b"\x89PNG" + b"\0" * MOST_BYTES, "image-too-large"),
    ],
)  # fmt: skip
def test_a_bad_png_is_refused_for_its_reason(image: bytes, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        unbake_png(image)
    assert refused.value.code == code


LAUGHS = (
    '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f'<svg xmlns="http://www.w3.org/2000/svg">{ELEMENT}>&b;</o:credential></svg>'
)
READS_A_FILE = (
    '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    f'<svg xmlns="http://www.w3.org/2000/svg">{ELEMENT}>&a;</o:credential></svg>'
)
PUBLIC = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("", "image-malformed"),
        ("<svg", "image-malformed"),
        ("<html/>", "image-malformed"),
        ("<svg/>", "image-malformed"),
        (EMPTY_SVG.format(""), "image-without-record"),
        (EMPTY_SVG.format(f"<g>{ELEMENT}>{{}}</o:credential></g>"), "image-without-record"),
        (EMPTY_SVG.format('<credential verify="a.b.c"/>'), "image-without-record"),
        (EMPTY_SVG.format(f"{ELEMENT}/>"), "image-malformed"),
        (EMPTY_SVG.format(f'{ELEMENT} verify="a.b.c">{{}}</o:credential>'), "image-malformed"),
        (EMPTY_SVG.format(f"{ELEMENT}>{{<b/>}}</o:credential>"), "image-malformed"),
        (EMPTY_SVG.format(f'{ELEMENT} verify="a.b.c"/>' * 2), "image-several-records"),
        (LAUGHS, "image-entities"),
        (READS_A_FILE, "image-entities"),
        (PUBLIC + EMPTY_SVG.format(f"{ELEMENT}>&nbsp;{{}}</o:credential>"), "image-entities"),
        (EMPTY_SVG.format(f"{ELEMENT}>&nbsp;{{}}</o:credential>"), "image-malformed"),
        (EMPTY_SVG.format("<g>" * 300 + "</g>" * 300), "image-too-deep"),
        ('<?xml version="1.0" encoding="utf-7"?><svg>+ADw-</svg>', "image-malformed"),
    ],
)  # fmt: skip
def test_a_bad_svg_is_refused_for_its_reason(image: str, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        unbake_svg(image.encode())
    assert refused.value.code == code


def test_a_document_type_without_definitions_is_put_up_with() -> None:
    image = PUBLIC + EMPTY_SVG.format(f"{ELEMENT}> {{}} </o:credential>")
    assert unbake_svg(image.encode()) == b"{}"


def test_a_tag_with_brackets_in_its_attributes_is_baked_in_the_right_place() -> None:
    root = b'<svg xmlns="http://www.w3.org/2000/svg" id="a>b"><g/></svg>'
    image = b'<?xml version="1.0"?><!-- <svg> -->' + root
    baked = bake_svg(image, TOKEN)
    assert unbake_svg(baked) == TOKEN
    assert baked.endswith(b"<g/></svg>")


def test_an_image_without_anything_in_it_is_not_baked() -> None:
    with pytest.raises(ProofError, match="nothing to see"):
        bake_svg(b'<svg xmlns="http://www.w3.org/2000/svg"/>', TOKEN)


def test_a_png_by_another_program_with_other_texts_is_read() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "A title")
    texts.add_itxt("openbadgecredential", JSON.decode(), lang="en")
    out = io.BytesIO()
    Image.new("L", (4, 4)).save(out, "png", pnginfo=texts)
    assert unbake_png(out.getvalue()) == JSON


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_images_raise_the_one_error_or_give_bytes(data: st.DataObject) -> None:
    image, unbake = data.draw(
        st.sampled_from([(bake_png(PNG, TOKEN), unbake_png), (bake_svg(SVG, JSON), unbake_svg)])
    )
    place = data.draw(st.integers(0, len(image) - 1))
    cut = data.draw(st.integers(0, 8))
    damaged = image[:place] + data.draw(st.binary(max_size=8)) + image[place + cut :]
    with contextlib.suppress(ProofError):
        assert isinstance(unbake(damaged), bytes)
