"""What keeps an account from being made or changed."""

from domain.refusals import Refusal


class WeakPassword(Refusal):
    """The password is one that would be guessed."""

    code = "WEAK_PASSWORD"
