"""The API at a real socket, with TLS or without, in a thread of its own; certificates made for it."""

import asyncio
import datetime as dt
import threading
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.api.service import loop_factory
from tests.api.made import MadeApi


class Authority:
    """Signs certificates into files of a folder: `ca.pem`, `NAME.pem`, `NAME.key`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made authority")])
        self.file = folder / "ca.pem"
        self._write(self.file, self._signed(self._name, self._key, ca=True))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate and its key, for a server on this machine or a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._write(files[0], self._signed(subject, key, ca=False))
        files[1].write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        return files

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )  # fmt: skip
        if not ca:
            names: list[x509.GeneralName] = [x509.DNSName("localhost")]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    @staticmethod
    def _write(path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


class Serving:
    """A made API at a socket until closed. `url`: where."""

    def __init__(self, folder: Path, *, authority: Authority | None = None, **settings: Any) -> None:
        if authority is not None:
            certificate, key = authority.issue("localhost")
            settings |= {"certificate": str(certificate), "key": str(key), "clients": str(authority.file)}
        self.made = MadeApi(folder, listen="localhost:0", **settings)
        self.url = ""
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(30)

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self.url.rpartition(":")[2])

    def close(self) -> None:
        """The end, in good order."""
        self._loop.call_soon_threadsafe(self.made.service.stop)
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.made.board.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=loop_factory(self.made.api)) as runner:
            self._loop = runner.get_loop()
            runner.run(self.made.service.run("", self._listening))

    def _listening(self, url: str) -> None:
        self.url = url
        self._up.set()
