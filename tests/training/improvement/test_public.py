"""The public data are the files that their page describes."""

import hashlib
import re

import pytest

from tests.training.improvement import public_datasets

LISTED = re.findall(
    r"^\| (\S+\.csv) \|.*`([0-9a-f]{64})` \|$",
    (public_datasets.DATA / "IMPROVEMENT.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_three_files_are_listed() -> None:
    assert [name for name, _ in LISTED] == ["lalonde_nsw_dw.csv", "lalonde_psid_controls.csv", "mpdta.csv"]


@pytest.mark.parametrize(("name", "sha256"), LISTED)
def test_every_file_is_the_one_listed(name: str, sha256: str) -> None:
    assert hashlib.sha256((public_datasets.DATA / name).read_bytes()).hexdigest() == sha256
