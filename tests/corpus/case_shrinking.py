"""The smallest part of a document over which the executors still differ."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.corpus.document_draft import CaseRun, DocumentCase

StillDiffers = Callable[[DocumentCase, CaseRun], Awaitable[bool]]


async def shrink_case(
    schema: GraphQLSchema, case: DocumentCase, run: CaseRun, differs: StillDiffers
) -> tuple[DocumentCase, CaseRun]:
    """A smaller case and run that still differ; the same ones where nothing can go."""
    tries = 300
    case = replace(case, document=_keep_operation(case.document, case.operation_name))
    smaller = True
    while smaller:
        smaller = False
        for document in _remove_parts(case.document):
            tries -= 1
            if tries < 0:
                return case, run
            text = print_ast(document)
            if "{}" in text or validate(schema, parse(text)):
                continue
            declared = _find_used_variables(document, case.operation_name)
            next_case = replace(case, text=text, document=parse(text))
            next_run = CaseRun({name: value for name, value in run.variables.items() if name in declared}, run.mood)
            if await differs(next_case, next_run):
                case, run, smaller = next_case, next_run, True
                break
    return case, run


def _keep_operation(document: DocumentNode, name: str | None) -> DocumentNode:
    """The document without its other operations."""
    kept = tuple(
        each
        for each in document.definitions
        if not isinstance(each, OperationDefinitionNode) or (each.name.value if each.name else None) == name
    )
    return DocumentNode(definitions=kept)


def _remove_parts(document: DocumentNode) -> Iterator[DocumentNode]:
    """The document without one of its parts each; larger parts first."""
    parts: list[Node] = []

    class Parts(Visitor):
        def enter(self, node: Node, *_: Any) -> None:
            if isinstance(node, FieldNode | InlineFragmentNode | FragmentSpreadNode):
                parts.append(node)
                parts.extend(node.directives or ())
            if isinstance(node, FieldNode):
                parts.extend(node.arguments or ())

    visit(document, Parts())
    for part in parts:
        yield _remove_unused_parts(visit(document, _PartRemover(part)))
    for part in parts:
        if isinstance(part, InlineFragmentNode | FragmentSpreadNode):
            yield _remove_unused_parts(visit(document, _FragmentInliner(part, document)))


class _PartRemover(Visitor):
    def __init__(self, part: Node) -> None:
        super().__init__()
        self._part = part

    def enter(self, node: Node, *_: Any) -> Any:
        return self.REMOVE if node is self._part else None


class _FragmentInliner(Visitor):
    """What a fragment holds, in the place of its spread."""

    def __init__(self, part: InlineFragmentNode | FragmentSpreadNode, document: DocumentNode) -> None:
        super().__init__()
        self._part = part
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
        if self._part not in node.selections:
            return None
        part = self._part
        held = part if isinstance(part, InlineFragmentNode) else self._fragments[part.name.value]
        selections: list[Any] = []
        for each in node.selections:
            selections.extend(held.selection_set.selections if each is part else [each])
        return SelectionSetNode(selections=tuple(selections))


def _remove_unused_parts(document: DocumentNode) -> DocumentNode:
    """Without fragments and variables that nothing uses any more."""
    while True:
        spread: set[str] = set()
        used: set[str] = set()

        class Used(Visitor):
            def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
                spread.add(node.name.value)  # noqa: B023 - used within the same turn

            def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_: Any) -> None:
                if not isinstance(parent, VariableDefinitionNode):
                    used.add(node.name.value)  # noqa: B023 - the same

        visit(document, Used())

        class Unused(Visitor):
            def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> Any:
                return None if node.name.value in spread else self.REMOVE  # noqa: B023 - the same

            def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
                return None if node.variable.name.value in used else self.REMOVE  # noqa: B023 - the same

        after: DocumentNode = visit(document, Unused())
        if print_ast(after) == print_ast(document):
            return after
        document = after


def _find_used_variables(document: DocumentNode, name: str | None) -> set[str]:
    return {
        variable.variable.name.value
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and (each.name.value if each.name else None) == name
        for variable in each.variable_definitions or ()
    }
