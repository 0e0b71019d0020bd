import io
import json
import zlib

import pytest
import rfc8785
import segno
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof import ProofError
from app.proof.baking import MOST_BYTES, bake_png, bake_svg
from app.proof.compact import pack
from app.verification.forms import find_record
from tests.simulator.issuer import SimulatedIssuer

ISSUER = SimulatedIssuer()
JSON = ISSUER.secure_json(ISSUER.record())
TOKEN = ISSUER.secure_jwt(ISSUER.record()).encode()
CODE = pack(JSON).encode()
CANONICAL = rfc8785.dumps(json.loads(JSON))


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    segno.make("a picture").save(out, kind=kind)
    return out.getvalue()


def certificate(*files: bytes) -> bytes:
    """A PDF by the program that makes ours, with files attached."""
    lines = [
        f'#pdf.attach("{number}.json", bytes(json(bytes(sys.inputs.files)).at({number})))'
        for number in range(len(files))
    ]
    compiler = typst.Compiler("\n".join(["A page", *lines]).encode(), ignore_system_fonts=True)
    inputs = {"files": json.dumps([file.decode() for file in files])}
    made = compiler.compile(format="pdf", sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made


PDF = certificate(JSON)


def pdf(head: bytes, body: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<<" + head + b">>\nstream\n" + body + b"\nendstream\nendobj\n"


FILE = b"/Type /EmbeddedFile "
FLATE = FILE + b"/Filter/FlateDecode "


@pytest.mark.parametrize(
    ("given", "record"),
    [
        (JSON, JSON),
        (b" \n" + JSON, b" \n" + JSON),
        (TOKEN, TOKEN),
        (b"\xef\xbb\xbf" + TOKEN + b"\r\n", TOKEN),
        (bake_png(picture("png"), JSON), JSON),
        (bake_png(picture("png"), TOKEN), TOKEN),
        (bake_svg(picture("svg"), JSON), JSON),
        (b"\n" + bake_svg(picture("svg"), TOKEN), TOKEN),
        (CODE, CANONICAL),
        (b"https://cpd.example/verify#" + CODE, CANONICAL),
        (b"HTTP://CPD.EXAMPLE/verify?lang=ar#" + CODE + b"\n", CANONICAL),
        (CODE[:500] + b"\r\n " + CODE[500:], CANONICAL),
        (PDF, JSON),
        (certificate(TOKEN, b"some other file"), TOKEN),
        (certificate(JSON, JSON), JSON),
        (pdf(FLATE, zlib.compress(JSON)), JSON),
        (pdf(FILE + b"/Filter [ /FlateDecode ]", zlib.compress(JSON)), JSON),
        (pdf(FILE + b"/Length 9 0 R", JSON), JSON),
        (b"junk\n" + pdf(FILE + b"/Length %d" % len(TOKEN), TOKEN), TOKEN),
        (b"", b""),
        (b"no record at all", b"no record at all"),
        (b"12345", b"12345"),
        (b"<p>hello", b"<p>hello"),
    ],
    ids=range(23),
)  # fmt: skip
def test_every_form_gives_its_record(given: bytes, record: bytes) -> None:
    assert find_record(given) == record


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b" " * (MOST_BYTES + 1), "form-too-large"),
        (picture("png"), "image-without-record"),
        (picture("svg"), "image-without-record"),
        (b"<svg>hello", "image-malformed"),
        (CODE[: 94 * 3], "compact-damaged"),
        (certificate(), "pdf-without-record"),
        (certificate(b"some other file"), "pdf-without-record"),
        (certificate(JSON, TOKEN), "pdf-several-records"),
        (PDF + b"/Encrypt 9 0 R", "pdf-encrypted"),
        (PDF[:3000], "pdf-without-record"),
        (pdf(b"/Type /EmbeddedFiles", JSON), "pdf-without-record"),
        (pdf(FILE + b"/Length 999999", JSON), "pdf-without-record"),
        (pdf(FILE + b"/Filter/LZWDecode", JSON), "pdf-without-record"),
        (pdf(FILE + b"/Filter[/ASCII85Decode /FlateDecode]", JSON), "pdf-without-record"),
        (pdf(FLATE, b"not deflated"), "pdf-without-record"),
        (pdf(FLATE, zlib.compress(JSON)[:-9]), "pdf-without-record"),
        (pdf(FLATE, zlib.compress(b"{" + b" " * 50_000_000)), "pdf-without-record"),
        (b"%PDF-1.7 /Type/EmbeddedFile", "pdf-without-record"),
        (b"%PDF-1.7" + b"/Type/EmbeddedFile" * 50, "pdf-several-records"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_a_form_without_a_record_is_refused_for_its_reason(given: bytes, code: str) -> None:
    with pytest.raises(ProofError) as refused:
        find_record(given)
    assert refused.value.code == code


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_forms_raise_the_one_error_or_give_bytes(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([JSON, TOKEN, CODE, PDF, pdf(FLATE, zlib.compress(JSON))]))
    place = data.draw(st.integers(0, len(form) - 1))
    damaged = (
        form[:place]
        + data.draw(st.binary(max_size=8))
        + form[place + data.draw(st.integers(0, 8)) :]
    )
    try:
        found = find_record(damaged)
    except ProofError:
        return
    assert isinstance(found, bytes)
