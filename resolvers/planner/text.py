"""JSON text as SQL: what is known beforehand as literals, merged; the rest as expressions of type text."""

from itertools import groupby


class Text:
    """Text that SQL puts together, written piece after piece."""

    def __init__(self, literal: str = "") -> None:
        self._parts: list[tuple[bool, str]] = [(True, literal)]

    def literal(self, text: str) -> "Text":
        """Go on with text that is known."""
        self._parts.append((True, text))
        return self

    def sql(self, expression: str) -> "Text":
        """Go on with what an expression gives: text, and never null."""
        self._parts.append((False, expression))
        return self

    def add(self, other: "Text") -> "Text":
        """Go on with another text."""
        self._parts += other._parts  # noqa: SLF001 - of the same class
        return self

    def __str__(self) -> str:
        written = []
        for known, parts in groupby(self._parts, key=lambda part: part[0]):
            if not known:
                written += [text for _, text in parts]
            elif literal := "".join(text for _, text in parts):
                written.append(quoted(literal))
        return f"({' || '.join(written)})" if written else "''"


def quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def or_null(expression: str) -> str:
    """JSON text, `null` where there is none."""
    return f"coalesce({expression}, 'null')"


def listed(shown: str, order: str = "", where: str = "") -> str:
    """Rows joined by commas, from a query whose rows they are; empty where there are none."""
    sorting = f" ORDER BY {order}" if order else ""
    only = f" FILTER (WHERE {where})" if where else ""
    return f"coalesce(string_agg({shown}, ','{sorting}){only}, '')"
