"""The city's seal: an enveloped XML signature with its certificate, and checking those of others.

A tenant's key lies in its folder, readable by this program's user alone. Where the city has a certificate of an
authority, its files take the place of the ones made here. What is signed is what was approved: the signature is put
into the document, and no other byte changes.
Source: OASIS CAP 1.2, 3.3.2.1 (XML signature); W3C XML Signature 1.1.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import Unavailable

KEY: Final = "warnings.key.pem"
CERTIFICATE: Final = "warnings.cert.pem"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_YEARS: Final = 10


class Seal(msgspec.Struct, frozen=True):
    """A key with its certificate, as PEM."""

    key: bytes
    certificate: bytes


def seal(folder: Path, name: str, now_us: int) -> Seal:
    """The tenant's seal; made where there is none.

    Raises:
        Unavailable: one of the two files is missing: neither is replaced in silence.
    """
    key, certificate = folder / KEY, folder / CERTIFICATE
    if key.exists() != certificate.exists():
        raise Unavailable(f"Of {KEY} and {CERTIFICATE} one is missing; put it back, or remove the other")
    if not key.exists():
        made = _make(name, now_us)
        _put(key, made.key)
        _put(certificate, made.certificate)
    return Seal(key.read_bytes(), certificate.read_bytes())


def _put(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _make(name: str, now_us: int) -> Seal:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:60] or "warnings")])
    now = datetime.fromtimestamp(now_us // SECOND, UTC)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Seal(private, certificate.public_bytes(pem))


def sign(document: bytes, with_seal: Seal) -> bytes:
    """The document with its signature at its end; without it, it is the document that came in, byte by byte (C14N)."""
    from lxml import etree
    from signxml import methods
    from signxml.signer import XMLSigner

    root = etree.fromstring(document, _parser())
    signer = XMLSigner(method=methods.enveloped)
    signed = signer.sign(root, key=with_seal.key, cert=with_seal.certificate.decode())
    return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))


def bare(document: bytes) -> bytes:
    """A document without its signature, canonical: what can be compared with the document that was signed."""
    from lxml import etree

    root = etree.fromstring(document, _parser())
    for signature in root.findall(f"{{{DS}}}Signature"):
        root.remove(signature)
    return bytes(etree.tostring(root, method="c14n"))


class Seen(msgspec.Struct, frozen=True):
    """What a look at a signature showed. A broken one is told and no reason to refuse (3.3.2.1)."""

    state: Literal["none", "good", "broken", "unknown"]  # unknown: of a kind that is not checked here
    by: str = ""  # subject of the certificate, as it says itself
    detail: str = ""


def look(document: bytes) -> Seen:
    """Whether a document is what its signer signed. Whether that one may be trusted, a person decides."""
    from lxml import etree

    try:
        root = etree.fromstring(document, _parser(blanks=False))
    except etree.XMLSyntaxError:
        return Seen("none")
    found = root.find(f".//{{{DS}}}X509Certificate")
    if root.find(f"{{{DS}}}Signature") is None:
        return Seen("none")
    if found is None or not found.text:
        return Seen("unknown", detail="The signature brings no certificate")
    pem = f"-----BEGIN CERTIFICATE-----\n{found.text.strip()}\n-----END CERTIFICATE-----\n"
    from signxml.exceptions import InvalidDigest, InvalidSignature

    first, state = "", "unknown"
    for tree in (etree.fromstring(document, _parser(blanks=True)), root):
        try:
            _verify(tree, pem)
        except Exception as error:  # of the library or of the certificate, in many kinds
            first = first or f"{type(error).__name__}: {error}"[:300]
            if type(error) in (InvalidDigest, InvalidSignature):
                state = "broken"
        else:
            return Seen("good", _subject(pem))
    return Seen("broken" if state == "broken" else "unknown", _subject(pem), first)


def _verify(tree: Any, pem: str) -> None:
    from signxml.verifier import XMLVerifier

    XMLVerifier().verify(tree, x509_cert=pem)


def _subject(pem: str) -> str:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()[:200]
    except ValueError:
        return ""


def _parser(*, blanks: bool = True) -> Any:
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=not blanks)
