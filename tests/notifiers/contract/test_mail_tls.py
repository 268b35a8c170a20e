"""E-mail over TLS, by STARTTLS or from the first byte on: with a certificate that is trusted, and with others."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.notifiers.contract.services import MailService, mail_service
from tests.notifiers.contract.subjects import SECRET, TO, made
from tests.notifiers.notices import EXAMPLES
from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.settings_channels import Channel

SCHEMES = pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])


@dataclass(frozen=True)
class Certificate:
    """A certificate that vouches for itself."""

    path: Path

    def context(self) -> ssl.SSLContext:
        """As a server shows it."""
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(self.path)
        return found


def certificate(folder: Path, host: str = "127.0.0.1", days: int = 1) -> Certificate:
    """A certificate for *host*, until so many days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    made_of = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    path = folder / f"{host}.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + made_of.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return Certificate(path)


def delivered(service: MailService, scheme: str) -> Delivered:
    url = f"{scheme}://wabawatch:{SECRET}@127.0.0.1:{service.port}"
    return made(Channel(kind="email", to=TO), url).deliver(EXAMPLES["firing"], "")


@SCHEMES
def test_a_mail_goes_to_a_server_whose_certificate_is_trusted(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.path))
    with mail_service(SECRET, shown.context(), at_once=scheme == "smtps") as service:
        found = delivered(service, scheme)

        assert found.outcome is Outcome.SENT, found
        assert service.tried == [SECRET.encode()]
        assert len(service.mails) == 1
        assert service.receivers == [list(TO)]


@SCHEMES
@pytest.mark.parametrize(
    ("host", "days", "trusted"), [("127.0.0.1", 1, False), ("10.1.2.3", 1, True), ("127.0.0.1", -1, True)]
)
def test_a_server_whose_certificate_is_not_accepted_gets_neither_mail_nor_password(
    scheme: str, host: str, days: int, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = certificate(tmp_path, host, days)
    if trusted:  # for another machine, or too old
        monkeypatch.setenv("SSL_CERT_FILE", str(shown.path))
    with mail_service(SECRET, shown.context(), at_once=scheme == "smtps") as service:
        found = delivered(service, scheme)

        assert found.outcome is Outcome.RETRY
        assert "certificate" in found.detail
        assert SECRET not in found.detail
        assert service.tried == []
        assert service.mails == []
