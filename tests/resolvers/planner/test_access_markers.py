"""Marks of rows: taken out of the text wherever they stand, and nothing else with them."""

from hypothesis import given
from hypothesis import strategies as st

from domain.audit.facts import ViewedPeople, ViewKind
from resolvers.planner import access_markers

PLAIN = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))
MARKS = st.tuples(st.sampled_from(list(ViewKind)), st.none() | st.integers(1, 2**63 - 1))


def write_marked_text(looked: ViewKind, person: int | None) -> str:
    """A mark as PostgreSQL writes it."""
    (opening, closing), _ = access_markers.build_access_marker(looked, "t").split_parts()
    return f"{opening}{'' if person is None else person}{closing}"


@given(PLAIN, st.lists(st.tuples(MARKS, PLAIN)))
def test_what_is_marked_comes_out_and_the_text_stays(
    first: str, rest: list[tuple[tuple[ViewKind, int | None], str]]
) -> None:
    seen = ViewedPeople()
    text = first + "".join(write_marked_text(*mark) + plain for mark, plain in rest)
    assert access_markers.extract_access_markers(text, seen) == first + "".join(plain for _, plain in rest)
    for looked, found in ((ViewKind.RISK, seen.risk), (ViewKind.RECORD, seen.record)):
        assert found == {person for (kind, person), _ in rest if kind is looked and person is not None}
