"""From the classes of a schema to the graph, or to a refusal to start."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from types import ModuleType
from typing import Any

from domain import deprecation
from domain.refusals import Refusal
from resolvers.graph import ids, lists, model, requests, said, scalars, tables, words
from resolvers.graph.declared import Classes, Declared, Refused, staying, what
from resolvers.graph.docs import of as docs_of
from resolvers.graph.fields import Fields
from resolvers.graph.model import Argument, Shape
from resolvers.graph.scalars import Scalar


def compile(  # noqa: A001 - read as build.compile
    query: type[Any],
    mutation: type[Any] | None = None,
    subscription: type[Any] | None = None,
    *,
    types: Iterable[type[Any] | ModuleType],
    access: tables.Access,
    refusals: Sequence[type[Refusal]] = (),
    always: Sequence[type[Refusal]] = (),
    stands_for: Mapping[type[Any], Scalar] | None = None,
) -> model.Graph:
    """Compile a schema into the graph.

    Args:
        query: the class of Query.
        mutation: the class of Mutation.
        subscription: the class of Subscription.
        types: declared classes, or modules of them, that annotations name.
        access: whose rows and whose fields, by role.
        refusals: the refusals that unions may list; name and docstring are shown.
        always: the refusals that the union of every command lists.
        stands_for: scalars for further Python types of requests and facts, which take and give text.

    Raises:
        Refused: the first declaration that cannot be compiled, by type, field and reason.
    """
    known = {**scalars.BY_PYTHON, **(stands_for or {})}
    building = _Build(Classes(types, known), tables.Tables(access), known, (*refusals, *always), always)
    return building.graph(query, mutation, subscription)


class _Build:
    def __init__(
        self,
        classes: Classes,
        made: tables.Tables,
        stands_for: Mapping[Any, Scalar],
        refusals: Sequence[type[Refusal]],
        always: Sequence[type[Refusal]],
    ) -> None:
        self.classes = classes
        self.tables = made
        self.refusals = {refusal: _docstring(refusal) for refusal in refusals}
        self.always = tuple(always)
        self.nodes = _nodes(classes)
        codes = {table: code for code, (table, _) in self.nodes.items()}
        self.fields = Fields(classes, made, codes)
        self.fields.stands_for = stands_for
        self.models = requests.Models(codes, stands_for)
        self.inputs: dict[str, model.Input] = {}
        self.keys: dict[str, model.Filters] = {}
        self.unions: dict[str, model.Union] = {}

    def graph(self, query: type[Any], mutation: type[Any] | None, subscription: type[Any] | None) -> model.Graph:
        objects = {name: made for name, cls in self.classes.by_name.items() if (made := self.object(cls))}
        asked = model.Object("Query", self.classes.described(query).whole, self.roots(query, self.query))
        changed = None
        if mutation is not None:
            described = self.classes.described(mutation).whole
            changed = model.Object("Mutation", described, self.roots(mutation, self.mutation))
        told = None
        if subscription is not None:
            described = self.classes.described(subscription).whole
            told = model.Object("Subscription", described, self.roots(subscription, self.subscription))
        self.inputs |= {made.name: made for made in self.models.made.values()}
        made_enums = {**self.fields.enums, **self.models.enums}
        return model.Graph(
            asked,
            changed,
            objects,
            self.fields.filters,
            self.keys,
            self.fields.orders,
            {name: _enum(cls) for name, cls in sorted(made_enums.items())},
            self.inputs,
            self.unions,
            {scalar.name: scalar for scalar in scalars.ALL},
            self.refusals,
            self.tables.made,
            {code: name for code, (_, name) in self.nodes.items()},
            told,
        )

    def object(self, cls: type[Any]) -> model.Object | None:
        match what(cls):
            case said.OfTable(table, code):
                rows = tables.of(table)
                self.tables.table(rows)
                fields = [
                    _leaving(field, self.fields.of_row(field, rows, code)) for field in self.classes.fields(cls)
                ]
                return self._object(cls, fields, rows.name, code)
            case said.OfFacts(facts, looked):
                fields = [_leaving(field, self.fields.of_facts(field, facts)) for field in self.classes.fields(cls)]
                return replace(self._object(cls, fields), looked=looked)
            case _:
                return None

    def _object(
        self, cls: type[Any], fields: list[model.Field], table: str | None = None, code: str | None = None
    ) -> model.Object:
        described = self.classes.described(cls).whole
        named = {field.name: field for field in fields}
        if not named:
            raise Refused(cls.__name__, "shows no field")
        return model.Object(cls.__name__, described, named, table, code)

    def roots(self, cls: type[Any], make: Any) -> Mapping[str, model.Field]:
        fields = [_leaving(field, make(field)) for field in self.classes.fields(cls)]
        return {field.name: field for field in fields}

    def query(self, field: Declared) -> model.Field:
        match field.word:
            case said.FromRows() as word:
                return self.fields.of_query(field, word)
            case said.FromLookup(by=None):
                return self._lookup(field)
            case said.FromLookup(by):
                return self._lookup_by(field, by)
            case said.FromService() as word:
                return self._service(field, word)
            case _:
                raise field.refuse("says not where it comes from (lookup, one, many, connection, service)")

    def _lookup(self, field: Declared) -> model.Field:
        shape = field.shape.items or field.shape
        if not shape.null or (field.shape.items and field.shape.null):
            raise field.refuse("finds nothing for an unknown ID, so annotate it `… | None`, or a list of such")
        node = None
        if field.read.python is not words.Node:
            self.fields.target(field)
            node = shape.name
            if node not in {name for _, name in self.nodes.values()}:
                raise field.refuse(f"{node} has no global ID; declare it by @node(…)")
        if field.shape.items:
            text = "Global IDs; the answer is in their order, null where nothing is seen."
            argument = Argument("ids", "ids", text, Shape("", items=Shape("ID")))
        else:
            argument = Argument("id", "id", "The global ID.", Shape("ID"))
        source = model.Lookup(node, many=field.shape.items is not None)
        return model.Field(field.shown, field.description, field.shape, source, (argument,))

    def _lookup_by(self, field: Declared, by: Any) -> model.Field:
        if not field.shape.null or field.shape.items:
            raise field.refuse("finds one thing or nothing, so annotate it `… | None`")
        table = self.fields.target(field)
        lists.check_class(by, said.OfKeys, table, field.place)
        codes = {table: code for code, (table, _) in self.nodes.items()}
        for declared in self.classes.fields(by):
            self.fields.note(declared.read.python)
        self.keys[by.__name__] = lists.compile_keys(by, table, self.classes, self.tables, codes)
        argument = Argument("by", "by", "Which one: exactly one of its keys.", Shape(by.__name__))
        source = model.Lookup(field.shape.name, many=False, by=self.keys[by.__name__])
        return model.Field(field.shown, field.description, field.shape, source, (argument,))

    def _service(self, field: Declared, word: said.FromService) -> model.Field:
        asked = None if word.request is None else self._input(field, word.request, f"{_pascal(field)}Request")
        shape, python, union = self._result(field, ())
        if field.read.members and not isinstance(what(python), said.OfFacts):
            raise field.refuse(f"{getattr(python, '__name__', python)} is no view")
        if isinstance(what(python), said.OfTable):
            raise field.refuse("a service returns facts; show them by a view")
        self.fields.note(python)
        shows = python.__name__ if isinstance(what(python), said.OfFacts) else ""
        source = model.Service(word.function, asked, shows, union)
        return model.Field(field.shown, field.description, shape, source, asked.fields if asked else ())

    def mutation(self, field: Declared) -> model.Field:
        word = field.word
        if not isinstance(word, said.FromCommand):
            raise field.refuse("is a command(…)")
        asked = self._input(field, word.request, f"{_pascal(field)}Input")
        if any(argument.name == "clientMutationKey" for argument in asked.fields):
            raise field.refuse("`clientMutationKey` is every command's own; the request may not have it")
        self.inputs[asked.name] = asked
        shape, python, union = self._result(field, self.always)
        if not isinstance(what(python), said.OfTable):
            raise field.refuse("a command changes a row; show it by a node")
        source = model.Command(word.function, asked, python.__name__, union)
        argument = Argument("input", "input", "What is asked.", Shape(asked.name))
        return model.Field(field.shown, field.description, Shape(shape.name, null=True), source, (argument,))

    def subscription(self, field: Declared) -> model.Field:
        word, shows = field.word, field.shape.name
        if not isinstance(word, said.FromEvents):
            raise field.refuse("is live(…)")
        codes = {name: code for code, (_, name) in self.nodes.items()}
        if not field.read.live or shows not in codes:
            raise field.refuse("tells of things that have a global ID, so annotate it `Live[…]` of such a type")
        under = shows[:1].lower() + shows[1:]
        source = model.Events(word.topic, shows, codes[shows], under, word.chosen)
        return model.Field(
            field.shown, field.description, Shape(_pascal(field)), source, _of_events(under, chosen=word.chosen)
        )

    def _input(self, field: Declared, request: type[Any], name: str) -> model.Input:
        try:
            return self.models.input(request, name)
        except requests.Unfit as reason:
            raise field.refuse(str(reason)) from None

    def _result(
        self, field: Declared, always: Sequence[type[Refusal]]
    ) -> tuple[Shape, Any, tuple[type[Refusal], ...]]:
        """The shape, the thing and the refusals of a result."""
        thing, *listed = field.read.members or (field.read.python,)
        for refusal in listed:
            if refusal not in self.refusals:
                raise field.refuse(f"{getattr(refusal, '__name__', refusal)} is not among compile(refusals=…)")
        members = tuple(dict.fromkeys([*listed, *always]))
        if not members:
            return field.shape, thing, ()
        if field.read.shape.items:
            raise field.refuse("a union of a list and refusals is no type of GraphQL")
        name = f"{_pascal(field)}Result"
        text = f"What `{field.shown}` gives: the {thing.__name__}, or why not."
        names = (thing.__name__, *(member.__name__ for member in members))
        self.unions[name] = model.Union(name, text, names)
        return Shape(name), thing, members


def _of_events(under: str, *, chosen: bool) -> tuple[Argument, ...]:
    text = "The cursor of the last event that you were told: it goes on with the next. Without it, from now on."
    after = Argument("after", "after", text, Shape("String", null=True))
    one = Argument(under, under, "Only what happens to this one.", Shape("ID", null=True))
    return (after, one) if chosen else (after,)


def _nodes(classes: Classes) -> dict[str, tuple[str, str]]:
    """The table and type of each code. Raises Refused for one of two types, or two of one table."""
    found: dict[str, tuple[str, str]] = {}
    shown: set[str] = set()
    for name, cls in classes.by_name.items():
        declared = what(cls)
        if not isinstance(declared, said.OfTable) or declared.code is None:
            continue
        table = tables.of(declared.table).name
        if not ids.CODE.fullmatch(declared.code) or declared.code in found:
            raise Refused(name, f"code {declared.code!r} is another type's, or not one to eight small letters")
        if table in shown:
            raise Refused(name, f"{table} already has a node; show it again by @shown(…)")
        if not issubclass(cls, words.Node):
            raise Refused(name, "is a node, so it extends Node")
        shown.add(table)
        found[declared.code] = (table, name)
    return found


def _enum(cls: type[StrEnum]) -> model.Choices:
    described = docs_of(cls)
    if not described.whole:
        raise Refused(cls.__name__, "has no docstring, and so no description")
    for member in cls:
        if not described.parts.get(member.name):
            raise Refused(f"{cls.__name__}.{member.name}", "has no docstring under it, and so no description")
        if not member.value.isidentifier() or not member.value.isascii():
            raise Refused(f"{cls.__name__}.{member.name}", f"{member.value!r} is no name of GraphQL")
    texts = {member.value: described.parts[member.name] for member in cls}
    return model.Choices(cls.__name__, described.whole, cls, texts, dict(_leaving_members(cls)))


def _leaving_members(cls: type[StrEnum]) -> Iterator[tuple[str, str]]:
    for name, why in deprecation.of(cls).items():
        if name not in cls.__members__:
            raise Refused(f"{cls.__name__}.{name}", "is deprecated and no member")
        _, text = staying(said.Leaving(None, why), f"{cls.__name__}.{name}")
        yield cls[name].value, str(text)


def _leaving(declared: Declared, made: model.Field) -> model.Field:
    return replace(made, deprecated=declared.deprecated)


def _docstring(refusal: type[Refusal]) -> str:
    text = docs_of(refusal).whole
    if not text:
        raise Refused(refusal.__name__, "has no docstring, and so no description")
    return text


def _pascal(field: Declared) -> str:
    return field.shown[:1].upper() + field.shown[1:]


__all__ = ["Refused", "compile"]
