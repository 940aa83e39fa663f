"""JSON text as SQL: merged literals, and expressions of type text between them."""


class JsonSql:
    """Text concatenated by SQL, built part by part."""

    def __init__(self, literal: str = "") -> None:
        self._parts: list[tuple[bool, str]] = [(True, literal)]

    def add_literal(self, text: str) -> "JsonSql":
        """Append literal text."""
        self._parts.append((True, text))
        return self

    def add_sql(self, expression: str) -> "JsonSql":
        """Append an expression of type text, never null."""
        self._parts.append((False, expression))
        return self

    def append(self, other: "JsonSql") -> "JsonSql":
        """Append another text."""
        self._parts += other._parts  # noqa: SLF001 - of the same class
        return self

    def split_columns(self, alias: str) -> tuple[str, "JsonSql"]:
        """The expressions as a column list, and the text over these columns of alias `alias`."""
        _, expressions = self.split_parts()
        columns = iter(f"c{place}" for place in range(len(expressions)))
        listed = ", ".join(f"{each} AS c{place}" for place, each in enumerate(expressions))
        text = JsonSql()
        text._parts = [part if part[0] else (False, f"{alias}.{next(columns)}") for part in self._parts]
        return listed, text

    def split_parts(self) -> tuple[list[str], list[str]]:
        """The literals, and the expressions between them: one less."""
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
    """Quote text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def coalesce_to_null(expression: str) -> str:
    """JSON text, or the text `null` for SQL null."""
    return f"coalesce({expression}, 'null')"


def aggregate_json(shown: str, order: str = "", where: str = "") -> str:
    """The JSON texts of a query's rows joined by commas; empty without rows."""
    sorting = f" ORDER BY {order}" if order else ""
    only = f" FILTER (WHERE {where})" if where else ""
    return f"coalesce(string_agg({shown}, ','{sorting}){only}, '')"
