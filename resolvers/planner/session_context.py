"""Session context of row-level security: actor settings set within the one reading statement.

The settings are local to the statement's own transaction and end with it; nothing of one request can stay on a
connection for the next.
"""

from collections.abc import Mapping
from typing import Final

from domain.access import scopes
from domain.actor import Role
from resolvers.graph import sql_fragments

SETTING_TEMPLATES: Final[Mapping[str, str]] = {
    "actor_person": "{}::text",
    "actor_line": "array_to_string({}, ',')",
    "actor_appraiser": "{}::text",
    "actor_path": "{}",
}
"""The settings as text, from the values of the request."""


def wrap_in_session_context(role: Role | None, select: str, parameters: sql_fragments.ParameterList) -> str:
    """Wrap a SELECT in the actor's session context; unchanged if the role needs none.

    The inner query reads the row of the settings first, and so reads nothing before they are set. If PostgreSQL ever
    reversed this order, the query would see no row, not more.
    """
    told = [_render_setting(name, setting, parameters) for name, setting in scopes.ACTOR_SETTINGS[role].items()]
    if not told:
        return select
    return (
        f"SELECT shown.* FROM (SELECT {' || '.join(told)} IS NOT NULL AS told) AS context"
        f" CROSS JOIN LATERAL (SELECT * FROM ({select}) AS seen WHERE context.told OFFSET 0) AS shown"
    )


def _render_setting(name: str, setting: str, parameters: sql_fragments.ParameterList) -> str:
    value = SETTING_TEMPLATES[name].format(parameters.add_named_value(name))
    return f"set_config('{setting}', coalesce({value}, ''), true)"
