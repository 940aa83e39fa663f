"""Embedded accounts as one piece: what reads their tokens, what answers their addresses, what keeps them fresh."""

from kinerja import context, tokens
from kinerja.accounts.access import Access
from kinerja.accounts.passwords import Hasher
from kinerja.accounts.reading import Reading
from kinerja.accounts.register import Register
from kinerja.accounts.routes import Routes
from kinerja.accounts.sessions import Sessions
from kinerja.settings import Settings


class Accounts:
    """What the service needs of accounts.

    Args:
        settings: what is set.
        means: the way to the database; its login must be the worker's, since no role reads accounts.
        hasher: what looks at passwords.
        register: what knows what was revoked; whoever serves lets it `follow`.
    """

    def __init__(
        self,
        settings: Settings,
        means: context.Means,
        hasher: Hasher | None = None,
        register: Register | None = None,
    ) -> None:
        self.register = register or Register(means.data)
        access = Access(tokens.secret(settings), settings.profile, self.register)
        sessions = Sessions(means, hasher or Hasher(), access, self.register)
        self.reader = Reading(access, self.register)
        self.routes = Routes(sessions, settings.sign_ins_per_minute, settings.origins).routes()
