"""Marks of rows: taken out of the text wherever they stand, and nothing else with them."""

from hypothesis import given
from hypothesis import strategies as st

from domain.audit.facts import Looked, Seen
from resolvers.planner import marks

PLAIN = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))
MARKS = st.tuples(st.sampled_from(list(Looked)), st.none() | st.integers(1, 2**63 - 1))


def written(looked: Looked, person: int | None) -> str:
    """A mark as PostgreSQL writes it."""
    (opening, closing), _ = marks.mark(looked, "t").cut()
    return f"{opening}{'' if person is None else person}{closing}"


@given(PLAIN, st.lists(st.tuples(MARKS, PLAIN)))
def test_what_is_marked_comes_out_and_the_text_stays(
    first: str, rest: list[tuple[tuple[Looked, int | None], str]]
) -> None:
    seen = Seen()
    text = first + "".join(written(*mark) + plain for mark, plain in rest)
    assert marks.take(text, seen) == first + "".join(plain for _, plain in rest)
    for looked, found in ((Looked.RISK, seen.risk), (Looked.RECORD, seen.record)):
        assert found == {person for (kind, person), _ in rest if kind is looked and person is not None}
