"""Orders and filters of people and of their posts."""

import sqlalchemy as sa
from sqlmodel import col

from domain.people.tables import AppraiserLineRow, DelegationRow, IncumbencyRow, PersonRow
from resolvers.graph.declarations import order

PERSON_NAME = order(PersonRow.name, PersonRow.id)
INCUMBENCY_NEWEST = order(col(IncumbencyRow.starts_on).desc(), col(IncumbencyRow.id).desc())
LINE_NEWEST = order(col(AppraiserLineRow.starts_on).desc(), col(AppraiserLineRow.id).desc())
DELEGATION_NEWEST = order(col(DelegationRow.starts_on).desc(), col(DelegationRow.id).desc())

NAME_WORDS = col(PersonRow.name_words)
"""The words of a name, searched by prefix."""

ACTOR_PERSON = col(PersonRow.id) == sa.bindparam("actor_person", type_=sa.BigInteger)
"""The actor's own person."""
