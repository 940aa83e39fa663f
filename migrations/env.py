"""Alembic's environment: the tables of all rooms, and the connection from `kinerja migrate`."""

import importlib
import pkgutil
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import domain
import training
from migrations.comparators import PLUGIN


def _load_tables() -> None:
    """Import each subject's `tables.py`, so that its tables are in the metadata."""
    for room in (domain, training):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if module.name.endswith(".tables"):
                importlib.import_module(module.name)


def _render_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's text type as SQLAlchemy's, so that old revisions need no SQLModel."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def _run_migrations(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_item=_render_type,
        compare_server_default=True,
        autogenerate_plugins=["alembic.autogenerate.*", PLUGIN],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_connection = context.config.attributes.get("connection")
if not isinstance(_connection, Connection):
    raise SystemExit("Run revisions with `kinerja migrate`: it brings the connection and takes the lock.")
_load_tables()
_run_migrations(_connection)
