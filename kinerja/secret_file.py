"""Secret file: a service secret in the data folder, readable by its owner alone."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kinerja.errors import OperatorError


class SecretFileUnusable(OperatorError):
    """The secret file can be neither read nor created."""


def read_or_create_secret(path: Path, generate: Callable[[], str]) -> str:
    """Read a secret file; the first call creates it.

    Raises:
        SecretFileUnusable: it can be neither read nor created.
    """
    try:
        with suppress(FileNotFoundError):
            return path.read_text()
        _write_secret(path, generate())
        return path.read_text()
    except OSError as error:
        raise SecretFileUnusable(f"cannot use {path}: {error.strerror}") from error


def _write_secret(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # created with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secret)
        # Linked once complete: of two processes starting together one wins, and both read the same secret.
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
