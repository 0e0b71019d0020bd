"""Keys in a token of SoftHSM, through the plugin as a node opens it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from app.platform import clock
from app.platform.settings import Settings
from app.proof.errors import ProofError
from app.proof.keys import SIGNING, Algorithm
from app.records import service as records
from app.records.model import CourseFacts, Holder, Identifier, NewCompletion
from app.trust import service as trust
from app.trust.signer import KeyLocked, KeyMissing, Signer, SignerError
from app.trust.signers import SignerSetup, open_signer
from app.verification import verify
from app.wiring import open_node
from tests.conftest import skip_or_fail

pytestmark = pytest.mark.slow

KEY = "did:web:node.example:societies:cse#es256-1"
PIN = "987654"
MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib64/softhsm/libsofthsm2.so")]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A fresh token in a folder of its own; the library reads its place once in a process."""
    tool, module = shutil.which("softhsm2-util"), next(filter(Path.exists, MODULES), None)
    if tool is None or module is None:
        skip_or_fail("SoftHSM is not installed (Debian's softhsm2)")
    home = tmp_path_factory.mktemp("token")
    (home / "tokens").mkdir()
    settings = home / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {home / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    command = [str(tool), "--init-token", "--free", "--label", "opencpd", "--so-pin", "1234567"]
    subprocess.run([*command, "--pin", PIN], check=True, capture_output=True, timeout=60)
    pin_file = home / "pin"
    pin_file.write_text(PIN + "\n")
    pin_file.chmod(0o600)
    yield {"module": str(module), "token": "opencpd", "pin_file": str(pin_file)}
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture(scope="module")
def signer(config: dict[str, str]) -> Signer:
    return open_signer("pkcs11", SignerSetup(Path("unused"), config=config))


@pytest.mark.parametrize("algorithm", SIGNING)
def test_a_key_made_in_the_token_signs_there(signer: Signer, algorithm: Algorithm) -> None:
    key_id = f"{KEY}-{algorithm}"
    public = signer.create(key_id, algorithm=algorithm)
    assert public == signer.public(key_id)
    public.verify(signer.sign(key_id, b"data"), data=b"data")
    with pytest.raises(ProofError):
        public.verify(signer.sign(key_id, b"data"), data=b"other")


def test_making_a_key_twice_gives_the_same_key(signer: Signer) -> None:
    first = signer.create(KEY, algorithm=Algorithm.ES256)
    assert signer.create(KEY, algorithm=Algorithm.ES256) == first
    with pytest.raises(SignerError, match="ES256"):
        signer.create(KEY, algorithm=Algorithm.ED25519)


def test_a_key_that_is_not_there_is_named(signer: Signer) -> None:
    with pytest.raises(KeyMissing, match="es256-9"):
        signer.sign(KEY.replace("-1", "-9"), b"data")


def test_many_threads_sign_at_once(signer: Signer) -> None:
    public = signer.create(f"{KEY}-many", algorithm=Algorithm.ES256)
    signatures: list[tuple[bytes, bytes]] = []

    def sign(number: int) -> None:
        data = f"data {number}".encode()
        signatures.append((signer.sign(f"{KEY}-many", data), data))

    threads = [Thread(target=sign, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signatures) == 20
    for signature, data in signatures:
        public.verify(signature, data=data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"token": "another"}, "does not open"),
        ({"module": "/nowhere.so"}, "does not open"),
        ({"module": None}, "lacks 'module'"),
        ({"pin": PIN}, "not both"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    config: dict[str, str], change: dict[str, str | None], said: str
) -> None:
    given = {name: value for name, value in {**config, **change}.items() if value is not None}
    with pytest.raises(SignerError, match=said):
        open_signer("pkcs11", SignerSetup(Path("unused"), config=given))


def test_a_wrong_pin_opens_nothing(config: dict[str, str]) -> None:
    # In a process of its own: whoever is logged in already is not asked again.
    program = (
        "from pathlib import Path; from app.trust.signers import SignerSetup, open_signer;"
        f"open_signer('pkcs11', SignerSetup(Path('unused'), config={config | {'pin': '1'}!r}))"
    ).replace(f"'pin_file': {config['pin_file']!r}, ", "")
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert "does not open: PinIncorrect" in ended.stderr


def test_a_pin_that_others_may_read_is_refused(config: dict[str, str], tmp_path: Path) -> None:
    loose = tmp_path / "pin"
    loose.write_text(PIN)
    loose.chmod(0o644)
    with pytest.raises(KeyLocked, match="chmod 600"):
        open_signer("pkcs11", SignerSetup(tmp_path, config={**config, "pin_file": str(loose)}))


def test_a_signer_that_nobody_brings_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SignerError, match="known: file, pkcs11"):
        open_signer("abacus", SignerSetup(Path("unused")))


def test_a_node_issues_with_keys_that_never_leave_the_token(
    config: dict[str, str], tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path, signer="pkcs11", signer_config=json.loads(json.dumps(config))
    )
    node = open_node(settings)
    try:
        at = clock.now()
        with node.database.write() as session:
            trust.add_issuer(
                session,
                node.signer,
                society_id="cse",
                name="Society",
                url=None,
                public_url=settings.public_url,
                at=at,
            )
        issued = records.complete(
            node.database,
            node.signer,
            completion(),
            society_id="cse",
            idempotency_key="k",
            public_url=settings.public_url,
            at=at,
        )
        with node.database.read() as session:
            bundle = trust.bundle(session, at=at)
    finally:
        node.close()
    for form in (issued.json, issued.jwt.encode()):
        assert verify(form, bundle=bundle, at=at).accept().title == "Bridges"
    assert [path.name for path in (tmp_path / "keys").glob("*.pem")] == ["tokens.pem"]


def completion() -> NewCompletion:
    return NewCompletion(
        holder=Holder(identifiers=(Identifier("ext:RegisterNumber", "1"),)),
        completed_on=datetime(2026, 11, 20, tzinfo=UTC).date(),
        kind="course",
        mode="onsite",
        role="participant",
        assessed=False,
        course=CourseFacts(title={"en": "Bridges"}),
        contact_minutes=60,
    )
