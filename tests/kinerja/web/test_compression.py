"""Responses made smaller."""

import gzip

import brotli
import pytest

from kinerja.web import compression


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("GZIP;Q=1", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=x", None),
        ("zstd", None),
        ("", None),
        (",;,q=1", None),
    ],
)
def test_the_encoding_that_a_client_likes_best(accepted: str, encoding: str | None) -> None:
    assert compression.choose_encoding(accepted) == encoding


def test_what_was_compressed_is_the_same() -> None:
    body = b'{"name":"Siti"}' * 1_000
    assert gzip.decompress(compression.compress_body(body, "gzip")) == body
    assert brotli.decompress(compression.compress_body(body, "br")) == body
    assert len(compression.compress_body(body, "gzip")) < len(body) / 10
