"""The key that signs the chain: Ed25519 (RFC 8032), set by the operator or kept in the data folder."""

import base64
import binascii
import secrets
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kinerja import secret_file
from kinerja.failures import CannotRun
from kinerja.settings import Settings

FILE: Final = "audit.key"
_BYTES: Final = 32


class KeyInvalid(CannotRun):
    """The key that signs the audit chain cannot be used."""

    exit_code = 2


class Key:
    """Signs heads, and knows its own signatures."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key()

    @property
    def public(self) -> str:
        """The public key, as hexadecimal digits."""
        return self._public.public_bytes_raw().hex()

    def sign(self, told: bytes) -> bytes:
        """The signature of bytes."""
        return self._private.sign(told)

    def holds(self, told: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's, of these bytes."""
        try:
            self._public.verify(signature, told)
        except InvalidSignature:
            return False
        return True


def key(settings: Settings) -> Key:
    """The key that was set, or else the one in the data folder, made at the first call, readable by us alone.

    Raises:
        KeyInvalid: what was set is no key.
        SecretFileUnusable: the one in the data folder can be neither read nor made.
    """
    if settings.audit_key is not None:
        return Key(_seed(settings.audit_key.get_secret_value(), "KINERJA_AUDIT_KEY"))
    path = settings.data_dir / FILE
    return Key(_seed(secret_file.text(path, _random), str(path)))


def known(settings: Settings) -> Key:
    """The same for whoever looks a chain over: a key that is made only now has signed nothing.

    Raises:
        KeyInvalid: what was set is no key, or there is none.
        SecretFileUnusable: the one in the data folder cannot be read.
    """
    path = settings.data_dir / FILE
    if settings.audit_key is None and not path.exists():
        raise KeyInvalid(f"the key that signed the chain is not here: set KINERJA_AUDIT_KEY, or bring {path}")
    return key(settings)


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def _seed(text: str, name: str) -> bytes:
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != _BYTES:
        raise KeyInvalid(f"{name} is no key: 32 random bytes in base64, as `openssl rand -base64 32` makes them")
    return seed
