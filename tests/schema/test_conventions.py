"""The conventions that front-end teams rely on, of the schema as it is served."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    get_named_type,
    is_specified_directive,
    is_specified_scalar_type,
)
from sqlmodel import SQLModel

import schema
from resolvers.graph import indexes, model, sql_fragments
from schema.schema import GRAPH, SCHEMA

SERVED = SCHEMA.graphql_schema
TYPES = {name: named for name, named in SERVED.type_map.items() if not name.startswith("__")}


def list_fields(named: Any) -> dict[str, Any]:
    has = isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    return dict(named.fields) if has else {}


def list_descriptions() -> Iterator[tuple[str, str | None]]:
    for name, named in TYPES.items():
        if not is_specified_scalar_type(named):
            yield name, named.description
        for field, each in list_fields(named).items():
            yield f"{name}.{field}", each.description
            for argument, one in getattr(each, "args", {}).items():
                yield f"{name}.{field}({argument})", one.description
        if isinstance(named, GraphQLEnumType):
            yield from ((f"{name}.{value}", each.description) for value, each in named.values.items())
    for directive in SERVED.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description


def test_everything_is_described() -> None:
    places = dict(list_descriptions())
    assert len(places) > 500
    assert [place for place, text in places.items() if not text or not text.strip()] == []


def test_descriptions_are_sentences() -> None:
    assert [place for place, text in list_descriptions() if text and not text.rstrip().endswith((".", "…"))] == []


def test_every_scalar_says_where_it_is_specified() -> None:
    ours = {
        name: named.specified_by_url
        for name, named in TYPES.items()
        if isinstance(named, GraphQLScalarType) and not is_specified_scalar_type(named)
    }
    assert set(ours) == {"Date", "DateTime", "Decimal", "Nip", "Period"}
    assert all(url and url.startswith("https://") for url in ours.values()), ours


def test_each_mutation_has_an_input_a_result_and_a_key() -> None:
    assert SERVED.mutation_type
    for name, field in SERVED.mutation_type.fields.items():
        capital = name[0].upper() + name[1:]
        assert {argument: str(each.type) for argument, each in field.args.items()} == {"input": f"{capital}Input!"}
        assert str(field.type) == f"{capital}Result"
        asked, result = TYPES[f"{capital}Input"], TYPES[f"{capital}Result"]
        assert str(list_fields(asked)["clientMutationKey"].type) == "String!"
        assert isinstance(result, GraphQLUnionType)
        done, *refusals = result.types
        assert TYPES["Node"] in done.interfaces
        assert refusals
        assert all(TYPES["Refusal"] in refusal.interfaces for refusal in refusals), name


def test_a_refusal_says_code_message_and_path() -> None:
    assert {name: str(field.type) for name, field in list_fields(TYPES["Refusal"]).items()} == {
        "code": "String!",
        "message": "String!",
        "path": "[String!]!",
    }


def test_nothing_is_called_an_error() -> None:
    assert [name for name in TYPES if name.endswith(("Error", "Exception", "Payload"))] == []


def test_inputs_are_named_by_what_they_do() -> None:
    inputs = [name for name, named in TYPES.items() if isinstance(named, GraphQLInputObjectType)]
    assert [name for name in inputs if not name.endswith(("Input", "Where", "By"))] == []
    keys = {name for name in inputs if getattr(TYPES[name], "is_one_of", False)}
    assert keys == {name for name in inputs if name.endswith("By")}
    assert keys == set(GRAPH.key_inputs)
    orders = {each.name for each in GRAPH.order_enums.values()}
    assert all(name.endswith("Order") for name in orders)


CONNECTIONS = [name for name in TYPES if name.endswith("Connection")]


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_is_relays(name: str) -> None:
    of = name.removesuffix("Connection")
    assert {field: str(each.type) for field, each in list_fields(TYPES[name]).items()} == {
        "edges": f"[{of}Edge!]!",
        "nodes": f"[{of}!]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    }
    assert {field: str(each.type) for field, each in list_fields(TYPES[f"{of}Edge"]).items()} == {
        "cursor": "String!",
        "node": f"{of}!",
    }


def list_output_types() -> Iterator[tuple[str, Any]]:
    for name, named in TYPES.items():
        if isinstance(named, GraphQLObjectType):
            yield from ((f"{name}.{field}", each) for field, each in named.fields.items())


def test_connections_are_asked_alike() -> None:
    paged = {place: each for place, each in list_output_types() if str(each.type).endswith("Connection!")}
    assert len(paged) > 10
    for place, each in paged.items():
        given = {argument: str(one.type) for argument, one in each.args.items()}
        order = given.pop("orderBy")
        where = given.pop("where", None)
        assert given == {"first": "Int", "after": "String", "last": "Int", "before": "String"}, place
        assert order.endswith("Order!"), place
        assert where is None or where.endswith("Where"), place


def list_types_by_kind(kind: Any) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def test_a_plain_list_is_bounded() -> None:
    """What can grow is a connection; a plain list of rows has a largest length, one of facts is of one answer."""
    rows = {
        f"{name}.{field.name}": field.source
        for name, each in GRAPH.object_types.items()
        for field in each.fields.values()
    }
    rows |= {f"Query.{name}": field.source for name, field in GRAPH.query.fields.items()}
    plain = {
        place
        for place, each in list_output_types()
        if list_types_by_kind(each.type)
        and isinstance(get_named_type(each.type), GraphQLObjectType | GraphQLInterfaceType)
    }
    plain -= {f"{name}.{field}" for name in CONNECTIONS for field in ("edges", "nodes")}
    unbounded = {place for place in plain if not isinstance(rows[place], model.BoundedListSource)}
    assert unbounded == {"Query.nodes", "AssignmentPreview.candidates"}
    assert all(source.max_rows <= 200 for source in rows.values() if isinstance(source, model.BoundedListSource))


# Words of descriptions.

FORBIDDEN: Final = re.compile(
    r"\b(he|him|his|himself|she|her|hers|herself|somebody|anybody|everybody|nobody|thing|things)\b", re.IGNORECASE
)
ARTICLE: Final = re.compile(r"\b[Aa] (?=[AEIOaeio]|[Uu](?!ni))|\b[Aa]n (?![aeiouAEIOU`]|hour)", re.ASCII)
RELATIVE: Final = re.compile(r"\b(who|whom|whose|which|what|whether|where|that)\b", re.IGNORECASE)
WORD: Final = re.compile(r"[A-Za-z']+")


def rate(texts: list[str]) -> float:
    """Relative pronouns per 100 words."""
    return 100 * sum(len(RELATIVE.findall(text)) for text in texts) / sum(len(WORD.findall(text)) for text in texts)


def test_descriptions_hold_no_forbidden_word() -> None:
    assert [(place, text) for place, text in list_descriptions() if text and FORBIDDEN.search(text)] == []


def test_articles_agree() -> None:
    assert [(place, text) for place, text in list_descriptions() if text and ARTICLE.search(text)] == []
    assert ARTICLE.search("A Assignment in a list")
    assert ARTICLE.search("an person")
    assert not ARTICLE.search("a unit of an office")


def test_descriptions_have_few_relative_pronouns() -> None:
    assert rate([text for _, text in list_descriptions() if text]) <= 0.5
    folder = Path(str(schema.__file__)).parent
    nodes = (node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    strings = [
        node.value.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    assert rate([text for text in strings if isinstance(text, str)]) <= 0.5


GENERATED: Final = re.compile(
    r"^\w+(Connection|Edge|Recorded|Published|Changed|Progressed)\.|\.(id|code|message|path|clientMutationKey)$"
    r"|\((first|last|after|before|where|orderBy|by|input|language)\)$"
)
"""Places of descriptions that the compiler writes for each list, look-up, command, event and refusal."""


def test_few_descriptions_are_the_same() -> None:
    own = Counter(text for place, text in list_descriptions() if not GENERATED.search(place))
    assert {text for text, times in own.items() if times > 4} == set()
    assert sum(times for times in own.values() if times > 1) < 0.25 * sum(own.values())


# One meaning to a name.

MEANINGS: Final[Mapping[str, str]] = {
    "kind": "each type has its own kinds",
    "status": "each type has its own course",
    "node": "a row of a list, or any object by its global ID",
    "nodes": "the same in the plural",
    "edges": "rows of a list",
    "indicators": "the catalogue, and those of a post or a planned result with their own data",
    "assignments": "those of a batch can be thousands and are paged, those of a person are bounded",
}
"""Names of fields that have several types, and why."""

RETIRED: Final[Mapping[str, str]] = {
    "low": "Evaluation.lowPerformance; <figure>Low for the end of an interval",
    "high": "<figure>High for the end of an interval",
    "taken": "Session.seatsTaken; alreadyTrained",
    "clash": "scheduleConflict",
    "run": "scoringRun",
    "riskRun": "publishedScoringRun",
    "gate": "publicationCheck",
    "considered": "candidates; lotterySize",
    "abstained": "abstention; abstainedCount",
    "looks": "accessLog",
    "looked": "kind",
    "standsIn": "delegationsReceived",
    "periods": "quarters",
}
"""Names that had several meanings or none, and what stands in for them."""


def test_a_name_has_one_type() -> None:
    outputs: dict[str, set[str]] = defaultdict(set)
    inputs: dict[str, set[str]] = defaultdict(set)
    for named in TYPES.values():
        into = inputs if isinstance(named, GraphQLInputObjectType) else outputs
        for field, each in list_fields(named).items():
            into[field].add(str(each.type).replace("!", ""))
            for argument, one in getattr(each, "args", {}).items():
                inputs[argument].add(str(one.type).replace("!", ""))
    several = {name for name, types in outputs.items() if len(types) > 1}
    assert several == set(MEANINGS)
    several = {name for name, types in inputs.items() if len(types) > 1}
    assert several == {"kind", "status", "where", "orderBy", "by", "input"}
    apart = {
        name: (inputs[name], outputs[name])
        for name in inputs.keys() & outputs.keys()
        if inputs[name] != {"ID"} and not inputs[name] <= outputs[name]
    }
    assert apart == {}


def test_no_name_of_several_meanings_is_back() -> None:
    named = {field for kind in TYPES.values() for field in list_fields(kind)}
    named |= {argument for _, each in list_output_types() for argument in each.args}
    assert named & RETIRED.keys() == set()


# References and look-ups.

MAY_BE_NULL: Final[Mapping[str, str]] = {
    "Unit.parent": "the root has none",
    "Person.position": "none after leaving",
    "Person.unit": "none after leaving",
    "Person.appraiser": "another person",
    "AppraiserLine.appraiser": "another person",
    "Delegation.appraiser": "the delegate may not see the appraiser",
    "Delegation.delegate": "another person",
    "Delegation.decidedBy": "another person",
    "Delegation.endedBy": "another person",
    "PlanIndicator.indicator": "it need not be of the catalogue",
    "PlanResult.supports": "a result of another person",
    "PlanResult.plan": "no constraint says that both are about one person",
    "Plan.person": "a supervisor keeps what they decided of a line no longer theirs",
    "Plan.setBy": "another person",
    "Plan.replaces": "the first version replaces none",
    "Evaluation.person": "a supervisor keeps what they decided of a line no longer theirs",
    "Evaluation.plan": "who may see the evaluation for having decided it may not see the plan",
    "Evaluation.evaluatedBy": "another person",
    "Model.approvedBy": "another person",
    "Assignment.person": "HR keeps what it decided of units no longer its own",
    "Assignment.riskScore": "a volunteer has none, and fewer roles see scores",
    "Assignment.decidedBy": "another person",
    "AssignmentBatch.unit": "none for all units of who decided",
    "AssignmentBatch.scoringRun": "none for volunteers",
    "AssignmentBatch.decidedBy": "another person",
    "TrainingRecord.session": "training elsewhere has none",
    "AssignmentCandidate.person": "facts of a service have no scope",
    "Job.requestedBy": "another person, or a service",
    "AccessSummary.actor": "another person, or a service",
    "AccessSummary.person": "its unit path is of the day of the access, the person's of today",
    "AuditEntry.actor": "another person, or a service",
    "AuditEntry.person": "the same as of an access, or nobody in particular",
}
"""References that are null for some, and why; the compiler proves all others and refuses to have them null."""


def test_a_reference_is_null_for_a_reason() -> None:
    edges = {
        f"{name}.{field.name}": field.type_ref.nullable
        for name, each in GRAPH.object_types.items()
        for field in each.fields.values()
        if isinstance(field.source, model.ReferenceSource)
    }
    assert {place for place, null in edges.items() if null} == set(MAY_BE_NULL)
    assert len(edges) - len(MAY_BE_NULL) == 14


def test_each_look_up_of_one_type_takes_a_key_by_name() -> None:
    single = {
        name: field.source
        for name, field in GRAPH.query.fields.items()
        if isinstance(field.source, model.LookupSource) and field.source.node_type is not None
    }
    assert {name for name, source in single.items() if source.key_input is None} == set()
    found = {source.node_type: set(source.key_input.fields) for source in single.values() if source.key_input}
    assert {"Unit", "Position", "Indicator", "Person", "Programme", "Session", "ScoringRun", "Model", "Job"} <= set(
        found
    )
    for name in GRAPH.types_by_code.values():
        assert natural_keys(GRAPH.object_types[name]) <= found.get(name, set()), (
            f"{name} is not looked up by its own key"
        )


def natural_keys(of: model.ObjectType) -> set[str]:
    """The fields that show a column of which each value is of one row."""
    table = SQLModel.metadata.tables[str(of.table)]
    unique = [column for column in table.columns if not (column.primary_key or column.nullable)]
    pieces = [sql_fragments.compile_fragment(column, table) for column in unique if indexes.is_unique_column(column)]
    shown_by = {field.name: field.source for field in of.fields.values()}
    return {
        name
        for name, source in shown_by.items()
        if isinstance(source, model.ColumnSource) and source.fragment in pieces
    }


def test_a_natural_key_is_found() -> None:
    assert [natural_keys(GRAPH.object_types[name]) for name in ("Unit", "Person", "Model", "Session")] == [
        {"code"},
        {"nip"},
        {"sha256"},
        set(),
    ]
