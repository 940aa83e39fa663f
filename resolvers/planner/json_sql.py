"""JSON text as SQL: what is known beforehand as literals, merged; the rest as expressions of type text."""


class JsonSql:
    """Text that SQL puts together, written piece after piece."""

    def __init__(self, literal: str = "") -> None:
        self._parts: list[tuple[bool, str]] = [(True, literal)]

    def add_literal(self, text: str) -> "JsonSql":
        """Go on with text known."""
        self._parts.append((True, text))
        return self

    def add_sql(self, expression: str) -> "JsonSql":
        """Go on with what an expression gives: text, and never null."""
        self._parts.append((False, expression))
        return self

    def append(self, other: "JsonSql") -> "JsonSql":
        """Go on with another text."""
        self._parts += other._parts  # noqa: SLF001 - of the same class
        return self

    def split_columns(self, alias: str) -> tuple[str, "JsonSql"]:
        """Its expressions as columns, and the same text over these columns of a row of this alias."""
        _, expressions = self.split_parts()
        columns = iter(f"c{place}" for place in range(len(expressions)))
        listed = ", ".join(f"{each} AS c{place}" for place, each in enumerate(expressions))
        text = JsonSql()
        text._parts = [part if part[0] else (False, f"{alias}.{next(columns)}") for part in self._parts]
        return listed, text

    def split_parts(self) -> tuple[list[str], list[str]]:
        """What is known, and the expressions standing between: one less."""
        literals, expressions = [""], []
        for known, part in self._parts:
            if known:
                literals[-1] += part
            else:
                expressions.append(part)
                literals.append("")
        return literals, expressions

    def __str__(self) -> str:
        literals, expressions = self.split_parts()
        written = [quote_literal(literals[0])] if literals[0] else []
        for expression, literal in zip(expressions, literals[1:], strict=True):
            written += [expression, quote_literal(literal)] if literal else [expression]
        return f"({' || '.join(written)})" if written else "''"


def quote_literal(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def coalesce_to_null(expression: str) -> str:
    """JSON text, `null` if there is none."""
    return f"coalesce({expression}, 'null')"


def aggregate_json(shown: str, order: str = "", where: str = "") -> str:
    """Rows joined by commas, from a query whose rows they are; empty if there are none."""
    sorting = f" ORDER BY {order}" if order else ""
    only = f" FILTER (WHERE {where})" if where else ""
    return f"coalesce(string_agg({shown}, ','{sorting}){only}, '')"
