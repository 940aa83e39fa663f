"""Documents by their text: parsed, within the limits, validated and their cost compiled, each once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse

from kinerja import cost, limits
from kinerja.kept import Kept
from kinerja.protocol import Code, Rejected
from kinerja.validity import Validity
from resolvers.operations import Operation, operations

_ENTRIES: Final = 1_000
_LETTERS: Final = 192 * 1024  # of text; what is made of a letter takes some 250 bytes
_MOST_ERRORS: Final = 10


class Invalid(Exception):
    """A document that cannot be read, or does not fit the schema."""

    def __init__(self, errors: tuple[GraphQLError, ...]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Priced:
    """An operation and what it may cost."""

    operation: Operation
    cost: cost.Cost


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A valid document: its operations by name, an unnamed one under None; `sha256` is that of its text."""

    operations: Mapping[str | None, Priced]
    introspects: bool
    sha256: str = ""

    def operation(self, name: str | None) -> Priced:
        """The operation to run.

        Raises:
            Rejected: several and none named, or none of that name.
        """
        if name is not None:
            found = self.operations.get(name)
            if found is None:
                raise Rejected(Code.BAD_REQUEST, "There is no operation with the name in `operationName`.")
            return found
        if len(self.operations) != 1:
            raise Rejected(Code.BAD_REQUEST, "Name the operation to run in `operationName`; there must be one.")
        return next(iter(self.operations.values()))


class Documents:
    """Reads documents under one schema and keeps those that are valid, within bounds.

    Args:
        schema: what they are valid against.
        costs: what they cost.
        suggests: whether errors may name fields that there are, which tells the schema.
    """

    def __init__(self, schema: GraphQLSchema, costs: cost.Costs, *, suggests: bool = True) -> None:
        self._costs = costs
        self._validity = Validity(schema, most_errors=_MOST_ERRORS, suggests=suggests)
        self._kept: Kept[str, Document] = Kept(_ENTRIES, _LETTERS)
        self._pinned: dict[str, Document] = {}
        self.found = 0
        """How often a document was known."""
        self.missed = 0
        """How often one had to be read."""

    def __len__(self) -> int:
        return len(self._kept) + len(self._pinned)

    def known(self, text: str) -> Document | None:
        """The document of a text, if it was read before."""
        return self._kept.get(text) or self._pinned.get(text)

    def read(self, text: str) -> Document:
        """The document of a text.

        Raises:
            Rejected: it is beyond the limits.
            Invalid: it cannot be read or does not fit the schema.
        """
        found = self.known(text)
        if found is not None:
            self.found += 1
            return found
        self.missed += 1
        made = self._made(text)
        self._kept.put(text, made, len(text))
        return made

    def pin(self, text: str) -> None:
        """Keep a document for good. Raises as `read`."""
        self._pinned[text] = self._made(text)

    def pinned(self, text: str) -> bool:
        """Whether a text is one of those that are kept for good."""
        return text in self._pinned

    def _made(self, text: str) -> Document:
        document = _parsed(text)
        limits.check(document)
        errors = self._validity.errors(document)
        if errors:
            raise Invalid(tuple(errors))
        priced = {name: Priced(each, self._costs.cost(each)) for name, each in operations(document).items()}
        most = self._costs.most_schema
        if any(each.cost.schema > most for each in priced.values()):
            raise Rejected(Code.TOO_EXPENSIVE, "That is more of the schema than the introspection query asks twice.")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return Document(priced, any(each.cost.schema for each in priced.values()), sha256)


def _parsed(text: str) -> DocumentNode:
    try:
        document = parse(text, max_tokens=limits.TOKENS)
    except GraphQLSyntaxError as error:
        raise Invalid((error,)) from None
    except GraphQLError as error:  # nested beyond what the parser follows
        raise Rejected(Code.TOO_COMPLEX, error.message) from None
    _unlink(document)
    return document


def _unlink(document: DocumentNode) -> None:
    """Take the chain of tokens apart, whose links in both directions only the garbage collector would undo."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following
