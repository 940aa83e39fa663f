"""What a document may be."""

import pytest
from graphql import get_introspection_query, parse

from kinerja.graphql_server import query_limits
from kinerja.web.graphql_protocol import ErrorCode, RequestRejected


def check(text: str) -> None:
    query_limits.check_query_limits(parse(text))


def nested(levels: int) -> str:
    return "{a" * levels + "}" * levels


def chained(length: int, spreads: int = 1, body: str = "%s") -> str:
    links = [f"fragment F{n} on T {{ {body % ' '.join([f'...F{n + 1}'] * spreads)} }}" for n in range(length)]
    return " ".join(["{ ...F0 }", *links, f"fragment F{length} on T {{ b }}"])


@pytest.mark.parametrize(
    "text",
    [
        nested(10),
        "query A { a } query B { b }",
        "{" + " ".join(f"x{n}: a" for n in range(30)) + "}",
        "mutation { a b c d __typename }",
        "mutation { a a a a a a a }",
        "{ a { " + "b { edges { node { " * 7 + "c" + " } } }" * 7 + " } }",
        "{ p { edges { ...E } } } fragment E on PersonEdge { node { " + "a { " * 7 + "b" + " }" * 7 + " } }",
        "{ p { edges { ... on PersonEdge { node { " + "a { " * 7 + "b" + " }" * 7 + " } } } } }",
        chained(20),
        chained(9, 1, "a { %s }"),
        chained(45, 2),
        get_introspection_query(input_value_deprecation=True, specified_by_url=True, schema_description=True),
        "{ "
        + " ".join(f"...F{n}" for n in range(60))
        + " } "
        + " ".join(f"fragment F{n} on Query {{ a{n} {{ id name }} }}" for n in range(60)),
        "{ m { __typename " + " ".join(f"... on T{n} {{ code message path }}" for n in range(14)) + " } }",
    ],
)
def test_what_people_ask_is_within_the_limits(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (nested(11), "levels of fields"),
        (chained(10, 1, "a { %s }"), "levels of fields"),
        (chained(29, 2, "a { %s } b { c }"), "levels of fields"),
        ("{ node { node { " + "a { " * 9 + "b" + " }" * 9 + " } } }", "levels of fields"),
        (chained(100), "levels of selections"),
        (chained(100, 2), "levels of selections"),
        ("{ " + "... { " * 100 + "a" + " }" * 101, "levels of selections"),
        ("{ __schema { types { " + "ofType { " * 20 + "name" + " }" * 23, "levels of introspection"),
        (
            "{ ...F } fragment F on Query { __schema { types { " + "ofType { " * 15 + "name" + " }" * 18,
            "levels of introspection",
        ),
        ("{" + " ".join(f"x{n}: a" for n in range(31)) + "}", "aliases"),
        ("{ a " + "@skip(if: true) " * 31 + "}", "directives"),
        ("query Q " + "@a " * 31 + "{ a }", "directives"),
        ("{ ... @a " + "@a " * 30 + "{ b } }", "directives"),
        (" ".join(f"query Q{n} {{ a }}" for n in range(11)), "operations"),
        ("mutation { a b c d e }", "mutations"),
        ("mutation { ...F } fragment F on M { a b ... { c d e } }", "mutations"),
        ("{" + "... on Query { a } " * 300 + "}", "same keys"),
        ("{" + "a { b } " * 400 + "}", "same keys"),
        ("{" + "a { b { c { d } } } " * 150 + "}", "same keys"),
        ("{ x { " + "a " * 50 + "} x { " + "a " * 70 + "} }", "same keys"),
        (
            "{ " + " ".join(f"...F{n}" for n in range(150)) + " } "
            + " ".join(f"fragment F{n} on Query {{ a{n} }}" for n in range(150)),
            "same keys",
        ),
    ],
)  # fmt: skip
def test_what_goes_beyond_is_refused_by_name(text: str, what: str) -> None:
    with pytest.raises(RequestRejected, match=what) as caught:
        check(text)
    assert caught.value.code == ErrorCode.TOO_COMPLEX


def test_circles_of_fragments_end_and_are_left_to_validation() -> None:
    check("{ ...A } fragment A on T { a ...B } fragment B on T { b { ...A } }")
    check("{ ...A } fragment A on T { ...A }")
    check("{ ...Missing }")
