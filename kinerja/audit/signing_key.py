"""Signing key of the audit chain: Ed25519 (RFC 8032), from settings or the data folder."""

import base64
import binascii
import secrets
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kinerja import secret_file
from kinerja.errors import OperatorError
from kinerja.settings import Settings

KEY_FILE: Final = "audit.key"
_SEED_BYTES: Final = 32


class SigningKeyInvalid(OperatorError):
    """The signing key of the audit chain is unusable."""

    exit_code = 2


class SigningKey:
    """Signs chain heads, and verifies its own signatures."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key()

    @property
    def public_hex(self) -> str:
        """The public key, as hexadecimal digits."""
        return self._public.public_bytes_raw().hex()

    def sign_message(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        return self._private.sign(message)

    def verify_signature(self, message: bytes, signature: bytes) -> bool:
        """Return True if the signature is this key's, of this message."""
        try:
            self._public.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def load_or_create_signing_key(settings: Settings) -> SigningKey:
    """Load the signing key from settings or the data folder; create it if missing.

    The key from settings comes first. The file in the data folder is created at the first call, readable by its owner
    only.

    Raises:
        SigningKeyInvalid: the value set is no key.
        SecretFileUnusable: the file in the data folder can be neither read nor created.
    """
    if settings.audit_key is not None:
        return SigningKey(_decode_seed(settings.audit_key.get_secret_value(), "KINERJA_AUDIT_KEY"))
    path = settings.data_dir / KEY_FILE
    return SigningKey(_decode_seed(secret_file.read_or_create_secret(path, _generate_seed), str(path)))


def load_existing_signing_key(settings: Settings) -> SigningKey:
    """Load the signing key for chain verification; never create one.

    A new key has signed nothing.

    Raises:
        SigningKeyInvalid: the value set is no key, or there is none.
        SecretFileUnusable: the file in the data folder cannot be read.
    """
    path = settings.data_dir / KEY_FILE
    if settings.audit_key is None and not path.exists():
        raise SigningKeyInvalid(f"the key that signed the chain is not here: set KINERJA_AUDIT_KEY, or bring {path}")
    return load_or_create_signing_key(settings)


def _generate_seed() -> str:
    return base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode()


def _decode_seed(text: str, name: str) -> bytes:
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise SigningKeyInvalid(
            f"{name} is no key: 32 random bytes in base64, as `openssl rand -base64 32` makes them"
        )
    return seed
