"""Query limits: depth, aliases, tokens, checked before validation in linear time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from kinerja.web.graphql_protocol import ErrorCode, RequestRejected

MAX_TOKENS: Final = 2_000
"""Maximum number of lexical tokens, counted by the parser."""

MAX_DEPTH: Final = 10
"""Maximum depth of fields, with fragments expanded.

A connection's `edges` and the `node` in them do not count.
"""

MAX_SCHEMA_DEPTH: Final = 16
"""Maximum depth below `__schema` and `__type`; the introspection query of tools has fifteen levels."""

MAX_NESTING: Final = 60
"""Maximum nesting of selection sets, fragments expanded; bounds the recursion."""

MAX_ALIASES: Final = 30
MAX_DIRECTIVES: Final = 30
MAX_OPERATIONS: Final = 10
MAX_ROOT_MUTATIONS: Final = 4

MAX_PAIRS: Final = 6_000
"""Maximum number of selection pairs compared by validation.

Pairs are formed by selections with one response key, and by fragments of one selection.
"""

_MAX_VISITS: Final = 20_000
_INTROSPECTION_FIELDS: Final = frozenset({"__schema", "__type"})

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(slots=True)
class _DepthCount:
    """Depth of fields and nesting of selection sets in one part of a document.

    `spreads` are the fragments and their positions.
    """

    depth: int = 0
    nesting: int = 0
    spreads: list[tuple[str, int, int]] = field(default_factory=list)

    def include_fragments(self, fragments: Mapping[str, "_DepthCount"]) -> "_DepthCount":
        """Return the counts with fragments expanded."""
        depth, nesting = self.depth, self.nesting
        for name, at, within in self.spreads:
            if name in fragments:
                depth = max(depth, at + fragments[name].depth)
                nesting = max(nesting, within + fragments[name].nesting)
        return _DepthCount(depth, nesting)


@dataclass(slots=True)
class _DefinitionCounts:
    """Counts of one definition: its data, its introspection, its aliases and directives."""

    data: _DepthCount = field(default_factory=_DepthCount)
    schema: _DepthCount = field(default_factory=_DepthCount)
    aliases: int = 0
    directives: int = 0


def check_query_limits(document: DocumentNode) -> None:
    """Check a document against the schema-independent query limits.

    Raises:
        RequestRejected: a limit is exceeded; the message names it.
    """
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    _require_at_most(len(operations), MAX_OPERATIONS, "operations")
    outlines = _count_definitions(document)
    _require_at_most(sum(outline.aliases for outline in outlines), MAX_ALIASES, "aliases")
    _require_at_most(sum(outline.directives for outline in outlines), MAX_DIRECTIVES, "directives")
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    _check_depth(document, outlines)
    _check_pairs(document, fragments)
    for operation in operations:
        if operation.operation is OperationType.MUTATION:
            _require_at_most(
                _count_root_fields(operation, fragments), MAX_ROOT_MUTATIONS, "mutations in one operation"
            )


def _require_at_most(count: int, limit: int, noun: str) -> None:
    if count > limit:
        raise RequestRejected(ErrorCode.TOO_COMPLEX, f"The document has {count} {noun}; the limit is {limit}.")


def _count_definitions(document: DocumentNode) -> list[_DefinitionCounts]:
    return [_count_definition(each) for each in _executable_definitions(document)]


def _count_definition(definition: OperationDefinitionNode | FragmentDefinitionNode) -> _DefinitionCounts:
    found = _DefinitionCounts(directives=len(definition.directives or ()))
    on_edge = isinstance(definition, FragmentDefinitionNode) and _is_edge_type(definition.type_condition.name.value)
    waiting = [(definition.selection_set, 0, 1, on_edge, found.data)]
    while waiting:
        selections, depth, nesting, on_edge, reach = waiting.pop()
        reach.nesting = max(reach.nesting, nesting)
        for selection in selections.selections:
            found.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                reach.spreads.append((selection.name.value, depth, nesting))
            elif isinstance(selection, InlineFragmentNode):
                narrowed = selection.type_condition
                edge = on_edge or (narrowed is not None and _is_edge_type(narrowed.name.value))
                waiting.append((selection.selection_set, depth, nesting + 1, edge, reach))
            elif isinstance(selection, FieldNode):
                found.aliases += selection.alias is not None
                name = selection.name.value
                within = found.schema if name in _INTROSPECTION_FIELDS else reach
                level = depth + (name != "edges" and not (on_edge and name == "node"))
                within.depth = max(within.depth, level)
                if selection.selection_set is not None:
                    waiting.append((selection.selection_set, level, nesting + 1, name == "edges", within))
    return found


def _is_edge_type(type_name: str) -> bool:
    return type_name.endswith("Edge")


def _check_depth(document: DocumentNode, definition_counts: Sequence[_DefinitionCounts]) -> None:
    pairs = list(zip(_executable_definitions(document), definition_counts, strict=True))
    named = {each.name.value: outline for each, outline in pairs if isinstance(each, FragmentDefinitionNode)}
    known: dict[str, _DepthCount] = {}
    for name in _order_fragments(named):
        known[name] = named[name].data.include_fragments(known)
    for definition, outline in pairs:
        data, schema = outline.data.include_fragments(known), outline.schema.include_fragments(known)
        if isinstance(definition, OperationDefinitionNode):
            _require_at_most(data.depth, MAX_DEPTH, "levels of fields")
        _require_at_most(schema.depth, MAX_SCHEMA_DEPTH, "levels of introspection")
        _require_at_most(max(data.nesting, schema.nesting), MAX_NESTING, "levels of selections")


def _order_fragments(counts_by_name: Mapping[str, _DefinitionCounts]) -> Sequence[str]:
    """Order fragments after their own spreads; empty for cyclic fragments."""
    spread = {
        name: {inner for inner, _, _ in (*outline.data.spreads, *outline.schema.spreads) if inner in counts_by_name}
        for name, outline in counts_by_name.items()
    }
    try:
        return list(TopologicalSorter(spread).static_order())
    except CycleError:
        return ()  # validation reports it with its position


def _check_pairs(document: DocumentNode, fragments: Fragments) -> None:
    """Bound the pairs of selections compared by validation's merge rule.

    Selection sets to be merged are processed together, each combination once.
    """
    waiting: list[tuple[SelectionSetNode, ...]] = [
        (each.selection_set,) for each in _executable_definitions(document)
    ]
    seen: set[tuple[int, ...]] = set()
    pairs = visits = spreads = 0
    while waiting:
        merged = waiting.pop()
        by_key, spread, visited = _merge_selections(merged, fragments)
        visits += visited
        pairs += sum(_count_pairs(len(fields)) for fields in by_key.values())
        spreads = max(spreads, _count_pairs(len(spread)))  # compared once in a document
        if pairs + spreads > MAX_PAIRS or visits > _MAX_VISITS:
            raise RequestRejected(
                ErrorCode.TOO_COMPLEX,
                f"The document gives the same keys too many times over; the limit is {MAX_PAIRS} pairs to compare.",
            )
        for fields in by_key.values():
            below = {id(each.selection_set): each.selection_set for each in fields if each.selection_set is not None}
            if below and (combination := tuple(sorted(below))) not in seen:
                seen.add(combination)
                waiting.append(tuple(below.values()))


def _merge_selections(
    selection_sets: Sequence[SelectionSetNode], fragments: Fragments
) -> tuple[Mapping[str, Sequence[FieldNode]], set[str], int]:
    """Merge selection sets into fields by response key.

    Returned with the spread fragments and the number of visited selections.
    """
    by_key: dict[str, list[FieldNode]] = {}
    spread: set[str] = set()
    waiting = list(selection_sets)
    visited = 0
    while waiting:
        for selection in waiting.pop().selections:
            visited += 1
            if isinstance(selection, FieldNode):
                by_key.setdefault((selection.alias or selection.name).value, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
                spread.add(selection.name.value)
                if selection.name.value in fragments:
                    waiting.append(fragments[selection.name.value].selection_set)
    return by_key, spread, visited


def _count_pairs(count: int) -> int:
    return count * (count - 1) // 2


def _count_root_fields(operation: OperationDefinitionNode, fragments: Fragments) -> int:
    by_key, _, _ = _merge_selections([operation.selection_set], fragments)
    return sum(key != "__typename" for key in by_key)


def _executable_definitions(document: DocumentNode) -> list[OperationDefinitionNode | FragmentDefinitionNode]:
    return [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
