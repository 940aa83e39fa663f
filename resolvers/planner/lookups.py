"""Look-ups by global ID or unique key as SQL: one object or a list.

A list keeps the order of its IDs.
"""

from resolvers.graph import global_ids, model
from resolvers.planner import json_sql
from resolvers.planner.compiler_protocol import CompilerProtocol
from resolvers.planner.field_arguments import InvalidArgument
from resolvers.planner.json_sql import JsonSql, coalesce_to_null
from resolvers.planner.request_values import DeferredValue, FieldCall, RequestValues
from resolvers.planner.selections import FieldNodes


def compile_lookup(
    compiler: CompilerProtocol, source: model.LookupSource, at: FieldCall, nodes: FieldNodes
) -> JsonSql:
    """Compile a look-up to JSON text."""
    if source.is_list:
        return _lookup_by_ids(compiler, source, at, nodes)
    if source.key_input is not None:
        return _lookup_by_key(compiler, str(source.node_type), source.key_input, at, nodes)
    if source.node_type is not None:
        return _lookup_by_id(compiler, source.node_type, at, nodes)
    name = compiler.plan_key.add_decision(
        lambda facts: _find_type_by_id(compiler.graph, facts.coerce_arguments(at)["id"])
    )
    return JsonSql("null") if name is None else _lookup_by_id(compiler, name, at, nodes)


def _lookup_by_key(
    compiler: CompilerProtocol, name: str, keys: model.FilterInput, at: FieldCall, nodes: FieldNodes
) -> JsonSql:
    of = compiler.graph.object_types[name]
    alias = compiler.create_alias()
    wanted = compiler.plan_key.decide_filter_values(at, keys, "by")
    shown = str(compiler.build_object_json(of, alias, nodes))
    found = compiler.row_query.select_rows(shown, model.RowSet(str(of.table)), alias=alias, filter_values=wanted)
    return JsonSql().add_sql(coalesce_to_null(f"({found})"))


def _lookup_by_id(compiler: CompilerProtocol, name: str, at: FieldCall, nodes: FieldNodes) -> JsonSql:
    of = compiler.graph.object_types[name]
    key = compiler.parameters.add_value(
        DeferredValue(lambda facts: _parse_typed_key(of, facts.coerce_arguments(at)["id"])), "bigint"
    )
    return JsonSql().add_sql(coalesce_to_null(compiler.build_row_json(of, nodes, key)))


def _lookup_by_ids(
    compiler: CompilerProtocol, source: model.LookupSource, at: FieldCall, nodes: FieldNodes
) -> JsonSql:
    graph = compiler.graph

    def read_requested_ids(facts: RequestValues) -> list[tuple[str, int] | None]:
        given = facts.coerce_arguments(at)["ids"]
        if len(given) > facts.context.max_page_size:
            raise InvalidArgument(f"`ids` takes at most {facts.context.max_page_size} IDs, not {len(given)}")
        found = [global_ids.parse_global_id(each) for each in given]
        return [each if each and _is_node_code(graph, source, each[0]) else None for each in found]

    codes = compiler.plan_key.add_decision(
        lambda facts: tuple(sorted({each[0] for each in read_requested_ids(facts) if each}))
    )
    named = compiler.parameters.add_value(
        DeferredValue(lambda facts: [each and each[0] for each in read_requested_ids(facts)]), "text[]"
    )
    keys = compiler.parameters.add_value(
        DeferredValue(lambda facts: [each and each[1] for each in read_requested_ids(facts)]), "bigint[]"
    )
    alias = compiler.create_alias()
    types = {code: graph.object_types[graph.types_by_code[code]] for code in codes}
    cases = [f"WHEN '{code}' THEN {compiler.build_row_json(of, nodes, f'{alias}.key')}" for code, of in types.items()]
    shown = coalesce_to_null(f"CASE {alias}.code {' '.join(cases)} END") if cases else "'null'"
    listed = json_sql.aggregate_json(shown, f"{alias}.place")
    unnested = f"unnest({named}, {keys}) WITH ORDINALITY AS {alias}(code, key, place)"
    return JsonSql("[").add_sql(f"(SELECT {listed} FROM {unnested})").add_literal("]")


def _find_type_by_id(graph: model.Graph, text_id: str) -> str | None:
    found = global_ids.parse_global_id(text_id)
    return None if found is None else graph.types_by_code.get(found[0])


def _parse_typed_key(of: model.ObjectType, text_id: str) -> int | None:
    found = global_ids.parse_global_id(text_id)
    return found[1] if found is not None and found[0] == of.code else None


def _is_node_code(graph: model.Graph, source: model.LookupSource, code: str) -> bool:
    return code in graph.types_by_code and source.node_type in {None, graph.types_by_code[code]}
