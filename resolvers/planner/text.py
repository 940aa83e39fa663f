"""JSON text as SQL: what is known beforehand as literals, merged; the rest as expressions of type text."""


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

    def columns(self, alias: str) -> tuple[str, "Text"]:
        """Its expressions as columns, and the same text over these columns of a row of this alias."""
        _, expressions = self.cut()
        columns = iter(f"c{place}" for place in range(len(expressions)))
        listed = ", ".join(f"{each} AS c{place}" for place, each in enumerate(expressions))
        text = Text()
        text._parts = [part if part[0] else (False, f"{alias}.{next(columns)}") for part in self._parts]
        return listed, text

    def cut(self) -> tuple[list[str], list[str]]:
        """What is known, and the expressions that stand between: one less."""
        literals, expressions = [""], []
        for known, part in self._parts:
            if known:
                literals[-1] += part
            else:
                expressions.append(part)
                literals.append("")
        return literals, expressions

    def __str__(self) -> str:
        literals, expressions = self.cut()
        written = [quoted(literals[0])] if literals[0] else []
        for expression, literal in zip(expressions, literals[1:], strict=True):
            written += [expression, quoted(literal)] if literal else [expression]
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
