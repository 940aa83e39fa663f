"""The session context of row-level security: the actor, set inside the one statement of a read.

The settings are local to the statement's own transaction, so they are over when it is; nothing of one request can be
left on a connection for the next.
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
"""The values of settings as text, from the values of the request."""


def wrap_in_session_context(role: Role | None, select: str, parameters: sql_fragments.ParameterList) -> str:
    """A SELECT in the context of the actor; the same one where their role needs none.

    The inner query asks for the row that sets the context, and so reads nothing before it is set. Were PostgreSQL
    ever to turn that round, the query would see no row, not more.
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
