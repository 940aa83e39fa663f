"""Embedded accounts as one piece: what reads their tokens, what answers their addresses, what keeps them fresh."""

from kinerja.auth import authenticator
from kinerja.auth.access_tokens import AccessTokens
from kinerja.auth.account_authenticator import AccountAuthenticator
from kinerja.auth.login_service import LoginService
from kinerja.auth.password_hasher import PasswordHasher
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.auth.routes import AuthRoutes
from kinerja.graphql_server import request_context
from kinerja.settings import Settings


class AccountAuth:
    """What the service needs of accounts.

    Args:
        settings: what is set.
        app_state: the way to the database; its login must be the worker's, since no role reads accounts.
        hasher: what looks at passwords.
        revocations: what knows what was revoked; whoever serves lets it `follow`.
    """

    def __init__(
        self,
        settings: Settings,
        app_state: request_context.AppState,
        hasher: PasswordHasher | None = None,
        revocations: RevocationCache | None = None,
    ) -> None:
        self.revocations = revocations or RevocationCache(app_state.data)
        access = AccessTokens(authenticator.load_token_secret(settings), settings.profile, self.revocations)
        sessions = LoginService(app_state, hasher or PasswordHasher(), access, self.revocations)
        self.authenticator = AccountAuthenticator(access, self.revocations)
        self.routes = AuthRoutes(sessions, settings.sign_ins_per_minute, settings.origins).build_routes()
