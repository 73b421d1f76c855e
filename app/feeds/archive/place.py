"""Where an archive lies: a folder, or a prefix of an S3 bucket; `archive://` before it is allowed and changes nothing.

S3 takes its keys, region and endpoint from the AWS_* environment variables: they are never part of an address.
"""

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from app.engine.errors import SettingsError, complaint

if TYPE_CHECKING:
    from pyarrow import fs

FORMAT: Final = "archive"
_SCHEME: Final = re.compile(r"^archive:(//(?=[^/]|/[^/])|/(?=[^/]))(?P<rest>.+)$")
_S3: Final = re.compile(r"^s3a?:/{1,2}(?P<rest>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?)$")
_OTHER: Final = re.compile(r"^[a-z][a-z0-9+.-]+:/")
_ALLOWED: Final = "a folder, or s3://BUCKET/PREFIX"
# A store that does not answer is told to the user after seconds, not minutes; the writer itself waits and tries again.
_PATIENCE: Final = {"timeout": "20s", "connect_timeout": "5s", "max_retries": "2", "retry_timeout": "10s"}


def require_library() -> None:
    """Raises SettingsError where the extra that the archive needs is not installed."""
    if find_spec("deltalake") is None:
        raise SettingsError("the archive is not installed: pip install 'leakage-scorecard[archive]'")


def is_archive(text: str) -> bool:
    """True for an address that names an archive by its scheme."""
    return bool(_SCHEME.match(text) or _S3.match(text))


def _bare(text: str) -> str:
    """The address without its scheme; where pathlib has taken slashes away, the path that is there."""
    found = _SCHEME.match(text)
    if not found:
        return text
    rest = found["rest"]
    if found[1] == "/" and not _S3.match(rest):
        return rest if Path(rest).exists() and not Path(f"/{rest}").exists() else f"/{rest}"
    return rest


class Place(NamedTuple):
    """An address that has been read: `uri` of the whole, and what the store is told beside it."""

    uri: str
    s3: bool
    environment: Mapping[str, str]

    @classmethod
    def of(cls, text: str, environment: Mapping[str, str] | None = None) -> "Place":
        """The place an address names; raises SettingsError for one that names none."""
        known = dict(os.environ if environment is None else environment)
        bare = _bare(text)
        bucket = _S3.match(bare)
        if bucket:
            return cls(f"s3://{bucket['rest'].rstrip('/')}", True, known)
        if not bare or _OTHER.match(bare):
            raise SettingsError(complaint("archive", "address", text, _ALLOWED))
        return cls(str(Path(bare).absolute()), False, known)

    def table(self, name: str) -> str:
        """The address of one of its tables."""
        return f"{self.uri}/{name}"

    def options(self) -> dict[str, str]:
        """What the Delta library is told of the store."""
        if not self.s3:
            return {}
        told = {key: value for key, value in self.environment.items() if key.startswith("AWS_") and value}
        if told.get("AWS_ENDPOINT_URL", "").startswith("http://"):
            told["AWS_ALLOW_HTTP"] = "true"
        return {**_PATIENCE, **told, "aws_conditional_put": "etag"}  # two writers never take one version

    def files(self) -> "fs.FileSystem":
        """The same store for Arrow, which reads the data files."""
        from pyarrow import fs  # noqa: PLC0415 - every command knows what an archive is, few open one

        if not self.s3:
            return fs.LocalFileSystem()
        endpoint = self.environment.get("AWS_ENDPOINT_URL", "")
        scheme, _, host = endpoint.partition("://")
        region = self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION") or None
        keys = {
            "access_key": self.environment.get("AWS_ACCESS_KEY_ID"),
            "secret_key": self.environment.get("AWS_SECRET_ACCESS_KEY"),
            "session_token": self.environment.get("AWS_SESSION_TOKEN"),
        }
        return fs.S3FileSystem(
            region=region,
            connect_timeout=5,
            request_timeout=20,
            **({"endpoint_override": host, "scheme": scheme} if endpoint else {}),
            **({name: value for name, value in keys.items() if value} if keys["access_key"] else {}),
        )

    def within(self, relative: str) -> str:
        """The path of a file below the archive as Arrow's store names it."""
        return f"{self.uri.removeprefix('s3://')}/{relative}"

    def __repr__(self) -> str:
        return f"Place({self.uri!r})"  # the environment holds secrets

    def __str__(self) -> str:
        return self.uri
