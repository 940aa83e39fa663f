"""HTTP requests of the questions in each server's dialect, and comparison of answers."""

import itertools
import json
import random
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bench.workload.material import RECORDED_PERIOD, RecordablePlan, WorkloadMaterial
from bench.workload.questions import POSITION_PARTS, Question, QuestionKind
from domain.actor import Actor, Role

_PREFIXED_ID: Final = re.compile(r"[a-z]{2}([0-9]+)")
_SINGLE_ROW_FIELDS: Final = frozenset({"lastEvaluation", "plan", "risk"})
_ID_PREFIXES: Final = {"id": "po", "member": "pe"}
_VARIABLE: Final = re.compile(r"\$(\w+):")
_EVIDENCE: Final = "Laporan bulanan Desember."
_SOURCE: Final = "SIMPEG"
_REQUEST_NUMBERS: Final = itertools.count()
_RUN_ID: Final = secrets.token_hex(4)


ActorKey = tuple[Role, int | None, str | None]
"""Key of an actor: role, person, and path of their part of the tree."""


class AnswersDiffer(Exception):
    """Two servers gave different data, so their times say nothing."""


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """One POST of a JSON body."""

    path: str
    body: str
    headers: Mapping[str, str]

    def to_generator_form(self) -> dict[str, Any]:
        """Convert the request to the load generator's form."""
        headers = {"content-type": "application/json", "accept": "application/json", **self.headers}
        return {"method": "POST", "path": self.path, "headers": headers, "body": self.body}


class RequestBuilder(Protocol):
    """Request dialect of one server."""

    def build_read(
        self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None
    ) -> BenchRequest:
        """Build a read with the question's own parameters.

        A question with a role is sent in the name of the actor.
        """
        ...

    def build_recording(self, question: Question, plan: RecordablePlan, key: str) -> BenchRequest:
        """Build the recording of an evaluation."""
        ...

    def build_unseen(self, position: int, turn: int) -> BenchRequest | None:
        """Build the deep position in a document never sent before.

        None for a server without documents.
        """
        ...


class KinerjaRequests:
    """Request dialect of Kinerja: opaque IDs, and a token for each actor."""

    def __init__(self, service: str, tokens: Mapping[ActorKey, str]) -> None:
        self._service = service
        self._tokens = tokens

    def build_read(
        self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None
    ) -> BenchRequest:
        """Build a read of the actor, or of the service account."""
        given = {
            name: f"{_ID_PREFIXES.get(name, '')}{value}"
            for name, value in _select_variables(question.kinerja_document, variables).items()
        }
        return self.build_graphql(
            question.kinerja_document, given, self._tokens[find_actor_key(actor)] if actor else None
        )

    def build_recording(self, question: Question, plan: RecordablePlan, key: str) -> BenchRequest:
        """Build a recording by the appraiser of the plan's person."""
        given = {"input": {**_build_evaluation_input(plan), "clientMutationKey": key, "plan": f"pl{plan.id}"}}
        return self.build_graphql(
            question.kinerja_document, given, self._tokens[Role.SUPERVISOR, plan.appraiser, None]
        )

    def build_unseen(self, position: int, turn: int) -> BenchRequest:
        """Build a document with shuffled parts, the field under an alias of its own."""
        fields, alias = shuffle_fields("ours", turn)
        document = f"query Position($id: ID!) {{ {alias}: position(by: {{ id: $id }}) {{ {fields} }} }}"
        return self.build_graphql(document, {"id": f"po{position}"})

    def build_graphql(self, document: str, variables: Mapping[str, Any], token: str | None = None) -> BenchRequest:
        """Build a request of any document, by the service account unless a token is given."""
        return _build_graphql_request(document, variables, {"authorization": f"Bearer {token or self._service}"})


class StrawberryRequests:
    """Request dialect of the plain server: ours with numeric IDs and an actor header."""

    def build_read(
        self,
        question: Question,
        variables: Mapping[str, Any],
        actor: Actor | None = None,  # noqa: ARG002 - it knows no roles
    ) -> BenchRequest:
        """Build a read with Kinerja's document."""
        return _build_graphql_request(
            question.kinerja_document, _select_variables(question.kinerja_document, variables)
        )

    def build_recording(self, question: Question, plan: RecordablePlan, key: str) -> BenchRequest:
        """Build a recording with Kinerja's document."""
        given = {"input": {**_build_evaluation_input(plan), "clientMutationKey": key, "plan": str(plan.id)}}
        return _build_graphql_request(question.kinerja_document, given, {"x-person": str(plan.appraiser)})

    def build_unseen(self, position: int, turn: int) -> BenchRequest:
        """Build an unseen document of Kinerja's kind."""
        fields, alias = shuffle_fields("ours", turn)
        document = f"query Position($id: ID!) {{ {alias}: position(by: {{ id: $id }}) {{ {fields} }} }}"
        return _build_graphql_request(document, {"id": str(position)})


class PostGraphileRequests:
    """Request dialect of PostGraphile: its plain lists, and a token if access is on."""

    def __init__(self, tokens: Mapping[ActorKey, str] | None = None) -> None:
        self._tokens = tokens

    def build_read(
        self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None
    ) -> BenchRequest:
        """Build a read with the document of its own schema."""
        headers = self._build_headers(find_actor_key(actor)) if actor else {}
        return _build_graphql_request(
            question.postgraphile_document, _select_variables(question.postgraphile_document, variables), headers
        )

    def build_recording(self, question: Question, plan: RecordablePlan, key: str) -> BenchRequest:
        """Build a recording as a call of the database function."""
        given = {
            **_build_evaluation_input(plan),
            "clientKey": key,
            "planId": str(plan.id),
            "appraiserId": str(plan.appraiser),
        }
        headers = self._build_headers((Role.SUPERVISOR, plan.appraiser, None))
        return _build_graphql_request(question.postgraphile_document, {"input": given}, headers)

    def _build_headers(self, key: ActorKey) -> Mapping[str, str]:
        return {} if self._tokens is None else {"authorization": f"Bearer {self._tokens[key]}"}

    def build_unseen(self, position: int, turn: int) -> BenchRequest:
        """Build a document with shuffled parts, the field under an alias of its own."""
        fields, alias = shuffle_fields("postgraphile", turn)
        document = f"query Position($id: BigInt!) {{ {alias}: positionByRowId(rowId: $id) {{ {fields} }} }}"
        return _build_graphql_request(document, {"id": str(position)})


class HandwrittenRequests:
    """Request dialect of the limit server: a path per question, parameters as body."""

    def build_read(
        self,
        question: Question,
        variables: Mapping[str, Any],
        actor: Actor | None = None,  # noqa: ARG002 - it knows no roles
    ) -> BenchRequest:
        """Build a read: the parameters."""
        return BenchRequest(f"/{question.name}", _dump_json([variables[name] for name in question.parameters]), {})

    def build_recording(self, question: Question, plan: RecordablePlan, key: str) -> BenchRequest:
        """Build a recording: the function's parameters."""
        given = {**_build_evaluation_input(plan), "clientKey": key, "planId": plan.id, "appraiserId": plan.appraiser}
        return BenchRequest(f"/{question.name}", _dump_json([given[name] for name in question.parameters]), {})

    def build_unseen(self, position: int, turn: int) -> None:
        """None: the limit server has no documents."""


def find_actor_key(actor: Actor) -> ActorKey:
    """Key of an actor's token."""
    return actor.role, actor.person_id, actor.unit_path


def build_turn_requests(
    question: Question, builder: RequestBuilder, material: WorkloadMaterial, count: int
) -> Sequence[BenchRequest]:
    """Build the requests of one turn.

    Each variant once, or `count` of them for questions without repetition.
    """
    match question.kind:
        case QuestionKind.MUTATION:
            plans = material.plans[:count]
            return [builder.build_recording(question, plan, f"{_RUN_ID}-{next(_REQUEST_NUMBERS)}") for plan in plans]
        case QuestionKind.UNSEEN:
            places = itertools.cycle(material.positions)
            made = [builder.build_unseen(next(places), next(_REQUEST_NUMBERS)) for _ in range(count)]
            return [request for request in made if request is not None]
        case QuestionKind.READ if question.role is not None:
            return [
                builder.build_read(question, each.variables, each.actor) for each in material.actors[question.role]
            ]
        case QuestionKind.READ if "id" in question.parameters:
            return [builder.build_read(question, {"id": key}) for key in material.positions]
        case QuestionKind.READ:
            return [builder.build_read(question, {"run": material.run})]


def shuffle_fields(dialect: str, turn: int) -> tuple[str, str]:
    """Shuffle the parts of the deep position for a turn.

    Returns them with an alias unique to the turn.
    """
    parts = list(POSITION_PARTS[dialect])
    random.Random(turn).shuffle(parts)  # noqa: S311 - an order, not a secret
    return " ".join(parts), f"seen_{_RUN_ID}_{turn}"


def require_equal_answers(name: str, kind: QuestionKind, one: bytes, other: bytes) -> None:
    """Require two answers to hold the same data, and some.

    Raises:
        AnswersDiffer: they differ, or one is an error.
    """
    first, second = (_parse_answer_data(name, kind, text) for text in (one, other))
    if first != second:
        raise AnswersDiffer(f"{name}: the servers give different data: {_describe_difference(first, second)}")


def normalise_answer(value: Any, name: str = "") -> Any:
    """Normalise an answer to its content, independent of form.

    IDs are numbers, connections are lists, one row is no list.
    """
    match value:
        case {"nodes": list() as rows} | {"evaluation": rows} if len(value) == 1:
            return normalise_answer(rows, name)
        case dict():
            return {key: normalise_answer(inner, key) for key, inner in value.items()}
        case list():
            return _normalise_rows([normalise_answer(row) for row in value], name)
        case str() if name == "id":
            found = _PREFIXED_ID.fullmatch(value)
            return int(found[1] if found else value)
        case _:
            return value


def _normalise_rows(rows: list[Any], name: str) -> Any:
    """Sort rows; a single row itself, if the name stands for one."""
    if name in _SINGLE_ROW_FIELDS:
        return rows[0] if rows else None
    return sorted(rows, key=lambda row: (row["endsOn"], row["id"])) if name == "evaluations" else rows


def _parse_answer_data(name: str, kind: QuestionKind, text: bytes) -> Any:
    try:
        body = json.loads(text)
    except ValueError:
        raise AnswersDiffer(f"{name}: no JSON but {text[:300]!r}") from None
    if "errors" in body or not body.get("data"):
        raise AnswersDiffer(f"{name}: no data but {text[:300]!r}")
    shown = normalise_answer(body["data"])
    if kind is QuestionKind.UNSEEN:
        return list(shown.values())
    if kind is QuestionKind.MUTATION:
        shown["recordEvaluation"].pop("id", None)  # each writes a row of its own
    return shown


def _describe_difference(one: Any, other: Any) -> str:
    """Describe the first difference of two contents, for reading."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if one.get(key) != other.get(key):
                return f"{key}: {_describe_difference(one.get(key), other.get(key))}"
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return f"[{place}] {_describe_difference(left, right)}"
    return f"{str(one)[:200]} and {str(other)[:200]}"


def _build_evaluation_input(plan: RecordablePlan) -> dict[str, Any]:
    results, behaviour = 60 + plan.id % 60, 60 + plan.id % 55
    return {
        "period": RECORDED_PERIOD,
        "resultsIndex": f"{results}.50",
        "behaviourIndex": f"{behaviour}.25",
        "evidence": _EVIDENCE,
        "evidenceSource": _SOURCE,
    }


def _select_variables(document: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Select the values of a document's variables, as text."""
    return {name: str(values[name]) for name in _VARIABLE.findall(document.partition("{")[0])}


def _build_graphql_request(
    document: str, variables: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> BenchRequest:
    return BenchRequest("/graphql", _dump_json({"query": document, "variables": variables}), headers or {})


def _dump_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
