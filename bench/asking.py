"""Questions as HTTP requests: what each server is sent, and whether the answers say the same."""

import itertools
import json
import random
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bench.material import PERIOD, Material, Plan
from bench.questions import SHUFFLED, Kind, Question
from domain.actor import Actor, Role

_PREFIXED: Final = re.compile(r"[a-z]{2}([0-9]+)")
_SINGLE: Final = frozenset({"lastEvaluation", "plan", "risk"})
_CODES: Final = {"id": "po", "member": "pe"}
_VARIABLE: Final = re.compile(r"\$(\w+):")
_EVIDENCE: Final = "Laporan bulanan Desember."
_SOURCE: Final = "SIMPEG"
_SERIAL: Final = itertools.count()
_RUN: Final = secrets.token_hex(4)


Who = tuple[Role, int | None, str | None]
"""Who asks: the role, the person, and the path of his part of the tree."""


class NotTheSame(Exception):
    """Two servers gave different data, so that their times say nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """One POST of a JSON body."""

    path: str
    body: str
    headers: Mapping[str, str]

    def plain(self) -> dict[str, Any]:
        """As the load generator reads it."""
        headers = {"content-type": "application/json", "accept": "application/json", **self.headers}
        return {"method": "POST", "path": self.path, "headers": headers, "body": self.body}


class Words(Protocol):
    """How one server is asked."""

    def read(self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None) -> Request:
        """A read, by the question's own parameters, in the name of an actor if it is asked in a role."""
        ...

    def record(self, question: Question, plan: Plan, key: str) -> Request:
        """The recording of an evaluation."""
        ...

    def unseen(self, position: int, turn: int) -> Request | None:
        """The deep position in a document that was never sent before; None where there are no documents."""
        ...


class Ours:
    """The words of Kinerja: opaque IDs, and a token for each who asks."""

    def __init__(self, service: str, tokens: Mapping[Who, str]) -> None:
        self._service = service
        self._tokens = tokens

    def read(self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None) -> Request:
        """Asked by the actor, or by the service account."""
        given = {name: f"{_CODES.get(name, '')}{value}" for name, value in _asked(question.ours, variables).items()}
        return self.graphql(question.ours, given, self._tokens[who(actor)] if actor else None)

    def record(self, question: Question, plan: Plan, key: str) -> Request:
        """Asked by the appraiser of the plan's person."""
        given = {"input": {**_indices(plan), "clientMutationKey": key, "plan": f"pl{plan.id}"}}
        return self.graphql(question.ours, given, self._tokens[Role.SUPERVISOR, plan.appraiser, None])

    def unseen(self, position: int, turn: int) -> Request:
        """Parts shuffled, the field under an alias of its own."""
        fields, alias = shuffled("ours", turn)
        document = f"query Position($id: ID!) {{ {alias}: position(id: $id) {{ {fields} }} }}"
        return self.graphql(document, {"id": f"po{position}"})

    def graphql(self, document: str, variables: Mapping[str, Any], token: str | None = None) -> Request:
        """Any document, by the service account unless another token is given."""
        return _graphql(document, variables, {"authorization": f"Bearer {token or self._service}"})


class Plain:
    """The words of the plain server: ours, but for IDs that are numbers, and a header that says who asks."""

    def read(self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None) -> Request:  # noqa: ARG002 - it knows no roles
        """The same document."""
        return _graphql(question.ours, _asked(question.ours, variables))

    def record(self, question: Question, plan: Plan, key: str) -> Request:
        """The same document."""
        given = {"input": {**_indices(plan), "clientMutationKey": key, "plan": str(plan.id)}}
        return _graphql(question.ours, given, {"x-person": str(plan.appraiser)})

    def unseen(self, position: int, turn: int) -> Request:
        """The same kind of document."""
        fields, alias = shuffled("ours", turn)
        document = f"query Position($id: ID!) {{ {alias}: position(id: $id) {{ {fields} }} }}"
        return _graphql(document, {"id": str(position)})


class Peer:
    """The words of PostGraphile, with its plain lists, and with a token where access is on."""

    def __init__(self, tokens: Mapping[Who, str] | None = None) -> None:
        self._tokens = tokens

    def read(self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None) -> Request:
        """The document of its own schema."""
        headers = self._headers(who(actor)) if actor else {}
        return _graphql(question.postgraphile, _asked(question.postgraphile, variables), headers)

    def record(self, question: Question, plan: Plan, key: str) -> Request:
        """A call of the function."""
        given = {**_indices(plan), "clientKey": key, "planId": str(plan.id), "appraiserId": str(plan.appraiser)}
        headers = self._headers((Role.SUPERVISOR, plan.appraiser, None))
        return _graphql(question.postgraphile, {"input": given}, headers)

    def _headers(self, asker: Who) -> Mapping[str, str]:
        return {} if self._tokens is None else {"authorization": f"Bearer {self._tokens[asker]}"}

    def unseen(self, position: int, turn: int) -> Request:
        """Parts shuffled, the field under an alias of its own."""
        fields, alias = shuffled("postgraphile", turn)
        document = f"query Position($id: BigInt!) {{ {alias}: positionByRowId(rowId: $id) {{ {fields} }} }}"
        return _graphql(document, {"id": str(position)})


class ByHand:
    """The words of the limit server: a path for each question, its parameters as the body."""

    def read(self, question: Question, variables: Mapping[str, Any], actor: Actor | None = None) -> Request:  # noqa: ARG002 - it knows no roles
        """The parameters."""
        return Request(f"/{question.name}", _json([variables[name] for name in question.parameters]), {})

    def record(self, question: Question, plan: Plan, key: str) -> Request:
        """The function's parameters."""
        given = {**_indices(plan), "clientKey": key, "planId": plan.id, "appraiserId": plan.appraiser}
        return Request(f"/{question.name}", _json([given[name] for name in question.parameters]), {})

    def unseen(self, position: int, turn: int) -> None:
        """None: no documents here."""


def who(actor: Actor) -> Who:
    """By what an actor's token is found."""
    return actor.role, actor.person_id, actor.unit_path


def requests(question: Question, words: Words, material: Material, count: int) -> Sequence[Request]:
    """The requests of one turn: each variant once, or `count` of them where no two may be the same."""
    match question.kind:
        case Kind.MUTATION:
            plans = material.plans[:count]
            return [words.record(question, plan, f"{_RUN}-{next(_SERIAL)}") for plan in plans]
        case Kind.UNSEEN:
            places = itertools.cycle(material.positions)
            made = [words.unseen(next(places), next(_SERIAL)) for _ in range(count)]
            return [request for request in made if request is not None]
        case Kind.READ if question.asker is not None:
            return [words.read(question, each.values, each.actor) for each in material.askers[question.asker]]
        case Kind.READ if "id" in question.parameters:
            return [words.read(question, {"id": key}) for key in material.positions]
        case Kind.READ:
            return [words.read(question, {"run": material.run})]


def shuffled(words: str, turn: int) -> tuple[str, str]:
    """The parts of the deep position in the order of a turn, and an alias that no other turn has."""
    parts = list(SHUFFLED[words])
    random.Random(turn).shuffle(parts)  # noqa: S311 - an order, not a secret
    return " ".join(parts), f"seen_{_RUN}_{turn}"


def same(name: str, kind: Kind, one: bytes, other: bytes) -> None:
    """See that two answers hold the same data, and some.

    Raises:
        NotTheSame: they do not, or one is an error.
    """
    first, second = (_data(name, kind, text) for text in (one, other))
    if first != second:
        raise NotTheSame(f"{name}: the servers give different data: {_difference(first, second)}")


def content(value: Any, name: str = "") -> Any:
    """What an answer says, whatever its form: IDs are numbers, connections are lists, one row is no list."""
    match value:
        case {"nodes": list() as rows} | {"evaluation": rows} if len(value) == 1:
            return content(rows, name)
        case dict():
            return {key: content(inner, key) for key, inner in value.items()}
        case list():
            return _rows([content(row) for row in value], name)
        case str() if name == "id":
            found = _PREFIXED.fullmatch(value)
            return int(found[1] if found else value)
        case _:
            return value


def _rows(rows: list[Any], name: str) -> Any:
    """Rows in one order; the only row itself, where a name stands for one."""
    if name in _SINGLE:
        return rows[0] if rows else None
    return sorted(rows, key=lambda row: (row["endsOn"], row["id"])) if name == "evaluations" else rows


def _data(name: str, kind: Kind, text: bytes) -> Any:
    try:
        body = json.loads(text)
    except ValueError:
        raise NotTheSame(f"{name}: no JSON but {text[:300]!r}") from None
    if "errors" in body or not body.get("data"):
        raise NotTheSame(f"{name}: no data but {text[:300]!r}")
    shown = content(body["data"])
    if kind is Kind.UNSEEN:
        return list(shown.values())
    if kind is Kind.MUTATION:
        shown["recordEvaluation"].pop("id", None)  # each writes a row of its own
    return shown


def _difference(one: Any, other: Any) -> str:
    """Where two contents part, for reading."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if one.get(key) != other.get(key):
                return f"{key}: {_difference(one.get(key), other.get(key))}"
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return f"[{place}] {_difference(left, right)}"
    return f"{str(one)[:200]} and {str(other)[:200]}"


def _indices(plan: Plan) -> dict[str, Any]:
    results, behaviour = 60 + plan.id % 60, 60 + plan.id % 55
    return {
        "period": PERIOD,
        "resultsIndex": f"{results}.50",
        "behaviourIndex": f"{behaviour}.25",
        "evidence": _EVIDENCE,
        "evidenceSource": _SOURCE,
    }


def _asked(document: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The values of the variables that a document takes, as text."""
    return {name: str(values[name]) for name in _VARIABLE.findall(document.partition("{")[0])}


def _graphql(document: str, variables: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Request:
    return Request("/graphql", _json({"query": document, "variables": variables}), headers or {})


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
