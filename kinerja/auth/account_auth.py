"""Account authentication assembled: authenticator, `/auth` routes and revocation cache."""

from domain.ports import Jobs
from kinerja import business_date
from kinerja.auth import authenticator
from kinerja.auth.access_tokens import AccessTokens
from kinerja.auth.account_authenticator import AccountAuthenticator
from kinerja.auth.login_service import LoginService
from kinerja.auth.password_hasher import PasswordHasher
from kinerja.auth.revocation_cache import RevocationCache
from kinerja.auth.routes import AuthRoutes
from kinerja.postgres import database
from kinerja.settings import Settings


class AccountAuth:
    """Account authentication parts used by the service.

    Args:
        settings: the settings.
        data: the database under the worker's login, since no role reads accounts.
        clock: the business date.
        jobs: the queue.
        hasher: the password hasher.
        revocations: the revocation cache; the server must run its `keep_fresh`.
    """

    def __init__(
        self,
        settings: Settings,
        data: database.Database,
        clock: business_date.BusinessDate,
        jobs: Jobs,
        hasher: PasswordHasher | None = None,
        revocations: RevocationCache | None = None,
    ) -> None:
        self.revocations = revocations or RevocationCache(data)
        access = AccessTokens(authenticator.load_token_secret(settings), settings.profile, self.revocations)
        sessions = LoginService(data, clock, jobs, hasher or PasswordHasher(), access, self.revocations)
        self.authenticator = AccountAuthenticator(access, self.revocations)
        self.routes = AuthRoutes(sessions, settings.sign_ins_per_minute, settings.origins).build_routes()
