"""A real node in the conformance profile, on loopback, behind TLS with a certificate of its own."""

import ipaddress
import os
import secrets
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.servers import free_port

_PATIENCE = 60
_HOST = "127.0.0.1"


@contextmanager
def conformance_node(folder: Path) -> Iterator[str]:
    """Start a node with its data in ``folder``; gives its address and stops it in the end."""
    key, certificate = _certificate(folder)
    port = free_port()
    url = f"https://{_HOST}:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OPENCPD_")},
        "OPENCPD_DATA_DIR": str(folder / "node"),
        "OPENCPD_PUBLIC_URL": url,
        "OPENCPD_KEY_PASSPHRASE": secrets.token_hex(16),
        "OPENCPD_VC_API": "conformance",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "app.main:from_environment"]
    command += ["--host", _HOST, "--port", str(port), "--log-level", "warning"]
    command += ["--ssl-keyfile", str(key), "--ssl-certfile", str(certificate)]
    with (folder / "node.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(server, url, certificate, folder / "node.log")
            yield url
        finally:
            server.terminate()
            server.wait(_PATIENCE)


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client's view of TLS that knows the node's own certificate and no other."""
    return ssl.create_default_context(cafile=str(certificate))


def _wait(server: subprocess.Popen[bytes], url: str, certificate: Path, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    with httpx.Client(verify=trusting(certificate)) as client:
        while time.monotonic() < end and server.poll() is None:
            try:
                client.get(f"{url}/healthz").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
    raise RuntimeError(f"The node does not answer:\n{log.read_text()[-2000:]}")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for loopback that is good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "OpenCPD conformance")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(_HOST))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "tls.key", folder / "tls.pem"
    pem = serialization.Encoding.PEM
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(pem))
    return key_file, certificate_file
