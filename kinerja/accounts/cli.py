"""`kinerja user …` and `kinerja service-account …`: accounts from the command line."""

import re
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

import typer
from pydantic import ValidationError

from domain.account import commands, rules, store
from domain.account.requests import AddAccount, AddServiceAccount, GrantRole
from domain.actor import SYSTEM, Role
from domain.ports import Act
from domain.refusals import NotFound, Refusal
from kinerja import clock
from kinerja.accounts import opaque
from kinerja.orderly import end, orderly
from kinerja.settings import Settings

Result = TypeVar("Result")

_ORIGIN: Final = "command line"
_NIP: Final = 18  # digits
_PERSON: Final = re.compile(rf"[0-9]{{{_NIP}}}|[1-9][0-9]{{0,9}}")
_LARGEST: Final = 2**63 - 1

user = typer.Typer(help="Accounts of people.", no_args_is_help=True)
service_account = typer.Typer(help="Accounts of other systems.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The login name.")]
Unit = Annotated[str | None, typer.Option(help="Code of the unit, for hr, leader and auditor.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@user.command()
def add(
    login: Login,
    person: Annotated[str, typer.Option(help="The NIP of the person, 18 digits, or his number.")],
    role: Annotated[Role, typer.Option(help="The role to begin with.")] = Role.EMPLOYEE,
    unit: Unit = None,
) -> None:
    """Make an account; the password is asked for, or read as the first line of stdin."""
    digits = "".join(person.split())
    if not _PERSON.fullmatch(digits):
        end("--person takes a NIP, which has 18 digits, or the number of a person", 2)
    hashed = _new_password(login)

    async def made(act: Act) -> int:
        number = await store.numbered(act.db, digits) if len(digits) == _NIP else int(digits)
        if number is None:
            raise NotFound("There is no person with this NIP.", "person")
        await commands.add(act, AddAccount(login=login, person=number), hashed)
        return await commands.grant(act, GrantRole(login=login, role=role, unit=unit, starts_on=act.today))

    typer.echo(f"{login}: grant {_done(made)} {role}")


@user.command()
def password(login: Login) -> None:
    """Set another password, which ends all sessions; it is asked for, or read as the first line of stdin."""
    hashed = _new_password(login)
    _done(lambda act: commands.set_password(act, login, hashed))


@user.command()
def grant(
    login: Login,
    role: Annotated[Role, typer.Argument(help="The role.")],
    unit: Unit = None,
    first: Day = None,
    last: Day = None,
) -> None:
    """Let an account act in one more role, from today or `--first` on, for good or with `--last` as the last day."""

    async def granted(act: Act) -> int:
        starts, ends = _day(first) or act.today, _day(last)
        wanted = GrantRole(login=login, role=role, unit=unit, starts_on=starts, ends_on=ends)
        return await commands.grant(act, wanted)

    typer.echo(f"{login}: grant {_done(granted)} {role}")


@user.command("revoke-grant")
def revoke_grant(
    number: Annotated[int, typer.Argument(min=1, max=_LARGEST, help="The number of the grant, as `list` shows it.")],
) -> None:
    """Take a role back, and end the sessions in it."""
    _done(lambda act: commands.revoke_grant(act, number))


@user.command()
def disable(login: Login) -> None:
    """Switch an account off, and end its sessions."""
    _done(lambda act: commands.disable(act, login))


@user.command()
def enable(login: Login) -> None:
    """Switch an account on again."""
    _done(lambda act: commands.enable(act, login))


@user.command()
def unlock(login: Login) -> None:
    """Let an account that is locked sign in again."""
    _done(lambda act: commands.unlock(act, login))


@user.command()
def sessions(login: Login) -> None:
    """List the sessions of an account that go on: number, role, begun, last used, ends."""

    async def listed(act: Act) -> list[str]:
        account = await store.account(act.db, login)
        if account is None:
            raise NotFound(f"There is no account {login!r}.")
        found = await store.sessions(act.db, account.id, act.now)
        return [f"{s.id}\t{s.role}\t{_at(s.began_at)}\t{_at(s.used_at)}\t{_at(s.expires_at)}" for s in found]

    _tell(_done(listed))


@user.command()
def revoke(login: Login) -> None:
    """End all sessions of an account."""
    typer.echo(f"{login}: {_done(lambda act: commands.sign_out(act, login))} sessions ended")


@user.command("list")
def list_users() -> None:
    """List all accounts: name, person, whether it is off or locked, and its grants."""

    async def listed(act: Act) -> list[str]:
        lines = []
        for each in await store.accounts(act.db, act.today):
            locked = each.locked_until is not None and each.locked_until > act.now
            state = "disabled" if each.disabled else "locked" if locked else "open"
            lines.append(f"{each.login}\tperson {each.person_id}\t{state}\t{', '.join(each.roles)}")
        return lines

    _tell(_done(listed))


@service_account.command("add")
def add_service(
    name: Annotated[str, typer.Argument(help="Its name.")],
    expires: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day, within a year.")],
    unit: Annotated[str | None, typer.Option(help="Code of the unit below which it sees; without it, all.")] = None,
) -> None:
    """Make an account for another system and print its token, which is shown this once."""
    token = opaque.service()

    async def made(act: Act) -> int:
        asked = AddServiceAccount(name=name, unit=unit, expires_on=expires.date())
        return await commands.add_service(act, asked, opaque.sha256(token), opaque.hint(token))

    _done(made)
    typer.echo(token)


@service_account.command("revoke")
def revoke_service(name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """End an account of another system for good."""
    _done(lambda act: commands.revoke_service(act, name))


@service_account.command("list")
def list_services() -> None:
    """List all: name, how its token begins, unit, last day, last use, whether it still stands."""

    async def listed(act: Act) -> list[str]:
        lines = []
        for each in await store.all_services(act.db):
            over = each.revoked or each.expires_on < rules.day(act.now)
            used = _at(each.used_at) if each.used_at else "never used"
            state = "revoked" if each.revoked else "expired" if over else "open"
            lines.append(f"{each.name}\t{each.hint}…\t{each.unit_code or 'all'}\t{each.expires_on}\t{used}\t{state}")
        return lines

    _tell(_done(listed))


def _done(what: Callable[[Act], Awaitable[Result]]) -> Result:
    """What comes of a command in one transaction; what is refused ends the process with its sentence."""
    from kinerja import service  # noqa: PLC0415 - alembic and uvicorn are most of the start-up

    results: list[Result] = []
    with orderly(quiet=True) as chosen, service.database_of(chosen) as url:
        try:
            service.run(_run(chosen, url, what, results))
        except Refusal as refusal:
            end(refusal.message, 1)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            end(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 2)
    return results[0]


async def _run(chosen: Settings, url: str, what: Callable[[Act], Awaitable[Result]], results: list[Result]) -> None:
    from kinerja import database, jobs, logins  # noqa: PLC0415 - the same

    worker = await logins.worker(url, chosen.logins)
    async with database.opened(worker, chosen.request_limits) as data:
        today = await clock.Clock(data).today()
        async with data.write() as db:
            result = await what(Act(db, jobs.Queue(), SYSTEM, today, clock.now(), _ORIGIN))
    results.append(result)


def _new_password(login: str) -> str:
    """The hash of a password that is asked for: never an argument, which every process of the machine can read."""
    from kinerja.accounts.passwords import Hasher  # noqa: PLC0415 - most commands need none

    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        try:
            given = sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            end("stdin is no text in UTF-8", 2)
    try:
        return Hasher().hash(given, login)
    except Refusal as refusal:
        end(refusal.message, 1)


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _tell(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)
