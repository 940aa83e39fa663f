"""What one walk proves of documents, against graphql-core, which visits every node with every rule."""

import re
from collections.abc import Sequence
from random import Random

import pytest
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kinerja.demo import documents as demo
from kinerja.graphql_server import query_limits
from kinerja.graphql_server.fast_validation import FastValidator, ValidityUnproven
from kinerja.web.graphql_protocol import RequestRejected
from schema.schema import SCHEMA

ZOO = build_schema(
    """
    directive @tag(name: String!) repeatable on FIELD | QUERY | FRAGMENT_DEFINITION | VARIABLE_DEFINITION
    directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
    scalar Day
    enum Food { HAY MEAT }
    interface Named { id: ID! name: String }
    type Keeper implements Named {
        id: ID!
        name: String
        animals(first: Int! = 5, where: Where, by: Order! = NAME): [Animal!]!
    }
    type Tiger implements Named { id: ID! name: String stripes: Int! cubs(kind: [Food!]): [Tiger!]! }
    type Hare implements Named { id: ID! name: String! leaps(days: [Day!]!): Float }
    union Animal = Tiger | Hare
    enum Order { NAME AGE }
    input Where {
        food: Food foods: [Food!] age: Range day: Day grid: [[Int!]] must: Boolean! = true ranges: [Range!]
    }
    input Range { least: Int! most: Int }
    input Key @oneOf { id: ID number: Int range: Range }
    type Query {
        keeper(id: ID!): Keeper
        animals(where: Where): [Animal]
        one(by: Key!): Named
        hello(name: String = "x"): String
    }
    type Mutation { feed(id: ID!, food: Food!): Tiger rest: Boolean }
    type Subscription { fed: Tiger born: Hare }
    """
)
SERVED: GraphQLSchema = SCHEMA.graphql_schema

PLAIN = (
    "{ hello }",
    '{ __typename hello(name: "you") again: hello }',
    "query Q($id: ID!) { keeper(id: $id) { id name animals { ... on Tiger { id stripes } ... on Hare { id } } } }",
    "query Q($n: Int! = 3, $o: Order) { keeper(id: 7) { animals(first: $n, by: $o) { __typename } } }",
    "query Q($n: Int = 3) { keeper(id: 7) { animals(first: $n) { __typename } } }",
    "query Q($w: Where = {age: {least: 1}, foods: HAY}) { animals(where: $w) { ...A } } fragment A on Named { id }",
    "query Q($f: Food!, $m: Int) { animals(where: {foods: [HAY, $f], age: {least: 1, most: $m}}) { __typename } }",
    "query Q($f: [Food!]) { animals(where: {foods: $f, grid: [[1, 2], [3]]}) { __typename } }",
    "query Q($b: Boolean) { animals(where: {must: $b, ranges: {least: 1}}) { ... { __typename } } }",
    "query Q($b: Boolean!) { hello @skip(if: $b) @include(if: true) ... @include(if: $b) { it: hello } }",
    "query Q($k: ID!) { one(by: {id: $k}) { ... on Tiger { cubs { ...T } } } } fragment T on Tiger { id }",
    '{ one(by: {range: {least: 2}}) { id ... on Hare { leaps(days: ["a", "b"]) } } }',
    'mutation { feed(id: "t", food: HAY) { id } rest }',
    "{ ...A ...B } fragment A on Query { hello } fragment B on Query { hello ...C } fragment C on Query { b: hello }",
)
"""Documents that one walk proves."""

MERGING = (
    "{ keeper(id: 1) { id } keeper(id: 1) { name } }",
    "{ keeper(id: 1) { id } ...A } fragment A on Query { keeper(id: 1) { name } }",
    '{ hello(name: "a") hello(name: "a") }',
)
"""Valid documents that give one name to several fields."""

BROKEN = {
    "ExecutableDefinitionsRule": "{ hello } type T { a: Int }",
    "KnownOperationTypesRule": "mutation { a }",
    "UniqueOperationNamesRule": "query A { hello } query A { hello }",
    "LoneAnonymousOperationRule": "{ hello } query A { hello }",
    "SingleFieldSubscriptionsRule": "subscription { fed { id } born { id } }",
    "KnownTypeNamesRule": "query Q($a: Nothing) { hello(name: $a) }",
    "FragmentsOnCompositeTypesRule": "{ ...A } fragment A on Day { id }",
    "VariablesAreInputTypesRule": "query Q($a: Tiger) { hello(name: $a) }",
    "ScalarLeafsRule": "{ keeper(id: 1) }",
    "FieldsOnCorrectTypeRule": "{ nothing }",
    "UniqueFragmentNamesRule": "{ ...A } fragment A on Query { hello } fragment A on Query { hello }",
    "KnownFragmentNamesRule": "{ ...A }",
    "NoUnusedFragmentsRule": "{ hello } fragment A on Query { hello }",
    "PossibleFragmentSpreadsRule": "{ one(by: {id: 1}) { ... on Query { hello } } }",
    "NoFragmentCyclesRule": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "UniqueVariableNamesRule": "query Q($a: String, $a: String) { hello(name: $a) }",
    "NoUndefinedVariablesRule": "{ hello(name: $a) }",
    "NoUnusedVariablesRule": "query Q($a: String) { hello }",
    "KnownDirectivesRule": "{ hello @nothing }",
    "UniqueDirectivesPerLocationRule": "{ hello @skip(if: true) @skip(if: true) }",
    "DeferStreamDirectiveOnRootField": "mutation { ... @defer { rest } }",
    "DeferStreamDirectiveOnValidOperationsRule": "subscription { fed { ... @defer { id } } }",
    "DeferStreamDirectiveLabel": "query Q($a: String!) { ... @defer(label: $a) { hello } }",
    "StreamDirectiveOnListField": "{ hello @stream }",
    "KnownArgumentNamesRule": "{ hello(nothing: 1) }",
    "UniqueArgumentNamesRule": '{ hello(name: "a", name: "b") }',
    "ValuesOfCorrectTypeRule": "{ animals(where: {age: {most: 1}}) { __typename } }",
    "ProvidedRequiredArgumentsRule": "{ keeper { id } }",
    "VariablesInAllowedPositionRule": "query Q($a: Int) { hello(name: $a) }",
    "OverlappingFieldsCanBeMergedRule": '{ hello(name: "a") hello }',
    "UniqueInputFieldNamesRule": "{ animals(where: {food: HAY, food: MEAT}) { __typename } }",
    "MaxIntrospectionDepthRule": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
}
"""For each rule of graphql-core a document that it objects to."""

WRONG = (
    "{ hello @skip }",
    "{ hello @skip(if: 1) }",
    "{ hello @skip(unless: true) }",
    "query Q($a: Boolean) { hello @skip(if: $a) }",
    "{ hello { id } }",
    "{ hello(name: 5) }",
    "{ one(by: {}) { id } }",
    "{ one(by: {id: 1, number: 2}) { id } }",
    "{ animals(where: {foods: [HAY, null]}) { __typename } }",
    "{ animals(where: {ranges: [{least: 1, least: 2}]}) { __typename } }",
    "query Q($f: Food) { animals(where: {foods: [$f]}) { __typename } }",
    "query Q($w: Where = {food: HAY, food: HAY}) { animals(where: $w) { __typename } }",
    "query Q($n: ID = null) { keeper(id: $n) { id } }",
    "query Q($n: Int = 1.5) { keeper(id: $n) { id } }",
    "{ animals { id } }",
    "{ animals { ... on Keeper { id } } }",
    "{ one(by: {id: 1}) { ... on Tiger { n: stripes } ... on Hare { n: name } } }",
    "{ one(by: {id: 1}) { ... on Tiger { name } ... on Hare { name } } }",
    "query Q($a: String @tag) { hello(name: $a) }",
    "{ ...A } fragment A on Query @skip(if: true) { hello }",
)
"""Other ways to be wrong."""

_TOKEN = re.compile(r"[_A-Za-z][_0-9A-Za-z]*|\"[^\"]*\"|-?[0-9.]+|\.\.\.|[^\s,]")


def build_validator(schema: GraphQLSchema = ZOO) -> FastValidator:
    return FastValidator(schema, max_errors=10, suggests_fields=True)


def messages_of(errors: Sequence[GraphQLError]) -> list[str]:
    return [str(error) for error in errors]


@pytest.mark.parametrize("text", PLAIN)
def test_one_walk_proves_plain_documents(text: str) -> None:
    document = parse(text)
    assert validate(ZOO, document) == []
    assert not build_validator().has_possible_conflict(document)
    assert build_validator().validate_document(document) == ()


@pytest.mark.parametrize("text", MERGING)
def test_where_names_meet_one_rule_decides(text: str) -> None:
    document = parse(text)
    assert build_validator().has_possible_conflict(document)
    assert not build_validator().validate_document(document)


@pytest.mark.parametrize("text", [*BROKEN.values(), *WRONG])
def test_what_is_wrong_is_told_as_graphql_core_tells_it(text: str) -> None:
    schema = build_schema("type Query { hello: String }") if text == "mutation { a }" else ZOO
    expected = messages_of(validate(schema, parse(text), max_errors=10))
    assert expected
    assert messages_of(build_validator(schema).validate_document(parse(text))) == expected


def test_every_rule_was_thought_of() -> None:
    assert {rule.__name__ for rule in specified_rules} == set(BROKEN)


@pytest.mark.parametrize("rule", specified_rules, ids=lambda rule: str(rule.__name__))
def test_each_rule_objects_to_its_document(rule: type) -> None:
    text = BROKEN[rule.__name__]
    schema = build_schema("type Query { hello: String }") if text == "mutation { a }" else ZOO
    assert validate(schema, parse(text), [rule])


def test_suggestions_are_hidden_where_they_would_tell_the_schema() -> None:
    silent = FastValidator(ZOO, max_errors=10, suggests_fields=False)
    assert "hello" not in messages_of(silent.validate_document(parse("{ helo }")))[0]
    assert "hello" in messages_of(build_validator().validate_document(parse("{ helo }")))[0]


def test_a_chain_beside_a_circle_ends() -> None:
    links = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(200))
    document = parse(f"{{ ...F0 }} {links} fragment F200 on Query {{ hello ...C }} fragment C on Query {{ ...C }}")
    with pytest.raises(ValidityUnproven):
        build_validator().has_possible_conflict(document)


OWN = tuple(text for name, text in vars(demo).items() if name.isupper() and isinstance(text, str))
SERVED_DOCUMENTS = (
    *OWN,
    (
        "query P($id: ID!) { p: position(by: { id: $id }) { id unit { parent { id } }"
        " indicators { ordinal indicator { id } }"
        " people(first: 5) { nodes { id lastEvaluation { id score } } } } }"
    ),
    (
        "query People($n: Int!, $after: String, $where: PersonWhere)"
        " { people(first: $n, after: $after, where: $where)"
        " { totalCount edges { cursor node { ...P } } pageInfo { hasNextPage endCursor } } }"
        " fragment P on Person { id name unit { id name } }"
    ),
    "query N($id: ID!) { node(id: $id) { id ... on Person { name } ... on Unit { name } } }",
    (
        "mutation M($input: RecordEvaluationInput!) { recordEvaluation(input: $input)"
        " { ... on Evaluation { id score person { id } } ... on Refusal { code message } } }"
    ),
)


@pytest.mark.parametrize("text", SERVED_DOCUMENTS)
def test_what_clients_send_is_proven_in_one_walk(text: str) -> None:
    document = parse(text)
    assert validate(SERVED, document) == []
    build_validator(SERVED).has_possible_conflict(document)


def mutate_document(text: str, words: Sequence[str], draw: Random) -> str:
    """A document with some of its tokens left out, repeated, exchanged or replaced."""
    tokens = _TOKEN.findall(text)
    for _ in range(draw.randint(1, 4)):
        place, other = draw.randrange(len(tokens)), draw.randrange(len(tokens))
        match draw.randrange(5):
            case 0:
                del tokens[place : place + draw.randint(1, 3)]
            case 1:
                tokens[place:place] = tokens[other : other + draw.randint(1, 8)]
            case 2:
                tokens[place] = draw.choice(words)
            case 3:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case _:
                tokens[place] = tokens[other]
        if not tokens:
            return "{ }"
    return " ".join(tokens)


def parse_within_limits(text: str) -> DocumentNode | None:
    """A document as far as it comes to be validated."""
    try:
        document = parse(text, max_tokens=query_limits.MAX_TOKENS)
        query_limits.check_query_limits(document)
    except (GraphQLSyntaxError, RequestRejected):
        return None
    return document


def sources(schema: GraphQLSchema) -> tuple[Sequence[str], Sequence[str]]:
    """Documents to begin with, and the words of which changed ones are made."""
    texts = (*PLAIN, *MERGING, *BROKEN.values(), *WRONG) if schema is ZOO else SERVED_DOCUMENTS
    return texts, sorted({token for text in texts for token in _TOKEN.findall(text)})


@pytest.mark.parametrize("schema", [ZOO, SERVED], ids=["zoo", "served"])
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_change_makes_a_wrong_document_pass(schema: GraphQLSchema, seed: int) -> None:
    draw = Random(seed)
    texts, words = sources(schema)
    document = parse_within_limits(mutate_document(draw.choice(texts), words, draw))
    if document is None:
        return
    assert messages_of(validator_for(schema).validate_document(document)) == messages_of(
        validate(schema, document, max_errors=10)
    )


@pytest.mark.long
@pytest.mark.parametrize("schema", [ZOO, SERVED], ids=["zoo", "served"])
def test_no_change_of_very_many_makes_a_wrong_document_pass(schema: GraphQLSchema) -> None:
    draw = Random(20_261)
    texts, words = sources(schema)
    read_, valid, proven = 0, 0, 0
    while read_ < 8_000:
        document = parse_within_limits(mutate_document(draw.choice(texts), words, draw))
        if document is None:
            continue
        read_ += 1
        expected = messages_of(validate(schema, document, max_errors=10))
        assert messages_of(validator_for(schema).validate_document(document)) == expected
        valid += not expected
        proven += is_proven(validator_for(schema), document)
    print(f"{read_} changed documents: {valid} valid, {proven} of them proven in one walk, none wrongly: PASS")
    assert proven > valid / 2


def is_proven(by: FastValidator, document: DocumentNode) -> bool:
    try:
        return not by.has_possible_conflict(document)
    except ValidityUnproven:
        return False


_VALIDITIES = {id(schema): build_validator(schema) for schema in (ZOO, SERVED)}


def validator_for(schema: GraphQLSchema) -> FastValidator:
    return _VALIDITIES[id(schema)]
