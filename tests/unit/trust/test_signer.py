"""Private keys on disk."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from app.proof.errors import ProofError
from app.proof.keys import SIGNING, Algorithm
from app.trust.signer import FileSigner, KeyLocked, KeyMissing, LockedSigner, SignerError

KEY = "did:web:node.example:societies:cse#ed25519-1"


@pytest.mark.parametrize("algorithm", SIGNING)
def test_a_key_signs_and_its_public_half_verifies(tmp_path: Path, algorithm: Algorithm) -> None:
    signer = FileSigner(tmp_path / "keys", "correct horse")
    public = signer.create(KEY, algorithm=algorithm)
    assert (public.id, public.controller) == (KEY, KEY.partition("#")[0])
    for number in range(20):
        data = f"data {number}".encode()
        public.verify(signer.sign(KEY, data), data=data)
        with pytest.raises(ProofError):
            public.verify(signer.sign(KEY, data), data=b"other data")


def test_another_process_opens_the_same_key_with_the_passphrase(tmp_path: Path) -> None:
    made = FileSigner(tmp_path, "correct horse").create(KEY, algorithm=Algorithm.ES256)
    again = FileSigner(tmp_path, "correct horse")
    assert again.public(KEY) == made
    made.verify(again.sign(KEY, b"x"), data=b"x")


def test_making_a_key_twice_gives_the_same_key(tmp_path: Path) -> None:
    signer = FileSigner(tmp_path, "correct horse")
    first = signer.create(KEY, algorithm=Algorithm.ES256)
    assert FileSigner(tmp_path, "correct horse").create(KEY, algorithm=Algorithm.ES256) == first
    with pytest.raises(SignerError, match="ES256"):
        signer.create(KEY, algorithm=Algorithm.ED25519)
    with pytest.raises(SignerError, match="Nothing is signed with ES384"):
        signer.create(KEY, algorithm=Algorithm.ES384)


def test_many_at_once_make_one_key(tmp_path: Path) -> None:
    made = []
    threads = [
        Thread(
            target=lambda: made.append(
                FileSigner(tmp_path, "correct horse").create(KEY, algorithm=Algorithm.ES256)
            )
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_the_wrong_passphrase_opens_nothing_and_says_so(tmp_path: Path) -> None:
    FileSigner(tmp_path, "correct horse").create(KEY, algorithm=Algorithm.ES256)
    with pytest.raises(KeyLocked, match="OPENCPD_KEY_PASSPHRASE"):
        FileSigner(tmp_path, "wrong horse").sign(KEY, b"x")
    with pytest.raises(KeyLocked, match="OPENCPD_KEY_PASSPHRASE"):
        FileSigner(tmp_path, "")


def test_a_damaged_key_file_is_told_from_a_missing_one(tmp_path: Path) -> None:
    signer = FileSigner(tmp_path, "correct horse")
    with pytest.raises(KeyMissing, match="backup"):
        signer.sign(KEY, b"x")
    signer.create(KEY, algorithm=Algorithm.ES256)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(KeyLocked, match="damaged"):
        FileSigner(tmp_path, "correct horse").sign(KEY, b"x")


def test_key_files_are_encrypted_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    FileSigner(folder, "correct horse").create(KEY, algorithm=Algorithm.ES256)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(KeyLocked, match="chmod 600"):
        FileSigner(folder, "correct horse").sign(KEY, b"x")
    folder.chmod(0o755)
    with pytest.raises(KeyLocked, match="chmod 700"):
        FileSigner(folder, "correct horse")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".", "did:web:x#" + "y" * 400, "é\n"])
def test_an_odd_key_id_stays_in_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "keys"
    FileSigner(folder, "correct horse").create(name, algorithm=Algorithm.ED25519)
    assert len(list(folder.iterdir())) == 1
    assert list(tmp_path.iterdir()) == [folder]


def test_the_passphrase_shows_nowhere(tmp_path: Path) -> None:
    assert "correct" not in repr(FileSigner(tmp_path, "correct horse"))


def test_without_a_passphrase_a_node_says_what_it_lacks() -> None:
    signer = LockedSigner()
    for ask in (
        lambda: signer.sign(KEY, b"x"),
        lambda: signer.public(KEY),
        lambda: signer.create(KEY, algorithm=Algorithm.ES256),
    ):
        with pytest.raises(KeyLocked, match="OPENCPD_KEY_PASSPHRASE"):
            ask()
