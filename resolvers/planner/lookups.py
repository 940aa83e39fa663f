"""Things by their global IDs as SQL: one, or a list in the order asked for."""

from resolvers.graph import ids, model
from resolvers.planner import text
from resolvers.planner.ask import BadArgument
from resolvers.planner.document import Nodes
from resolvers.planner.facts import Facts, Later, Site
from resolvers.planner.parts import Compiling
from resolvers.planner.text import Text, or_null


def write(compiler: Compiling, source: model.Lookup, at: Site, nodes: Nodes) -> Text:
    """What is found, as JSON text."""
    if source.many:
        return _several(compiler, source, at, nodes)
    if source.by is not None:
        return _by_key(compiler, str(source.node), source.by, at, nodes)
    if source.node is not None:
        return _typed(compiler, source.node, at, nodes)
    name = compiler.shape.decide(lambda facts: _type(compiler.graph, facts.arguments(at)["id"]))
    return Text("null") if name is None else _typed(compiler, name, at, nodes)


def _by_key(compiler: Compiling, name: str, keys: model.Filters, at: Site, nodes: Nodes) -> Text:
    of = compiler.graph.objects[name]
    alias = compiler.alias()
    wanted = compiler.shape.wanted(at, keys, "by")
    shown = str(compiler.object(of, alias, nodes))
    found = compiler.rows.select(shown, model.Choice(str(of.table)), alias=alias, wanted=wanted)
    return Text().sql(or_null(f"({found})"))


def _typed(compiler: Compiling, name: str, at: Site, nodes: Nodes) -> Text:
    of = compiler.graph.objects[name]
    key = compiler.binds.add(Later(lambda facts: _key(of, facts.arguments(at)["id"])), "bigint")
    return Text().sql(or_null(compiler.one(of, nodes, key)))


def _several(compiler: Compiling, source: model.Lookup, at: Site, nodes: Nodes) -> Text:
    graph = compiler.graph

    def asked(facts: Facts) -> list[tuple[str, int] | None]:
        given = facts.arguments(at)["ids"]
        if len(given) > facts.ask.largest:
            raise BadArgument(f"`ids` takes at most {facts.ask.largest} IDs, not {len(given)}")
        found = [ids.read(each) for each in given]
        return [each if each and _known(graph, source, each[0]) else None for each in found]

    codes = compiler.shape.decide(lambda facts: tuple(sorted({each[0] for each in asked(facts) if each})))
    named = compiler.binds.add(Later(lambda facts: [each and each[0] for each in asked(facts)]), "text[]")
    keys = compiler.binds.add(Later(lambda facts: [each and each[1] for each in asked(facts)]), "bigint[]")
    alias = compiler.alias()
    cases = [
        f"WHEN '{code}' THEN {compiler.one(graph.objects[graph.nodes[code]], nodes, f'{alias}.key')}"
        for code in codes
    ]
    shown = or_null(f"CASE {alias}.code {' '.join(cases)} END") if cases else "'null'"
    listed = text.listed(shown, f"{alias}.place")
    unnested = f"unnest({named}, {keys}) WITH ORDINALITY AS {alias}(code, key, place)"
    return Text("[").sql(f"(SELECT {listed} FROM {unnested})").literal("]")


def _type(graph: model.Graph, text_id: str) -> str | None:
    found = ids.read(text_id)
    return None if found is None else graph.nodes.get(found[0])


def _key(of: model.Object, text_id: str) -> int | None:
    found = ids.read(text_id)
    return found[1] if found is not None and found[0] == of.code else None


def _known(graph: model.Graph, source: model.Lookup, code: str) -> bool:
    return code in graph.nodes and source.node in {None, graph.nodes[code]}
