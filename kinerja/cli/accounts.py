"""Account commands: `kinerja user …` and `kinerja service-account …`."""

import re
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

import typer
from pydantic import ValidationError

from domain.account import commands, rules, store
from domain.account.requests import AddAccount, AddServiceAccount, GrantRole
from domain.actor import SYSTEM_ACTOR, Role
from domain.ports import CommandContext
from domain.refusals import NotFound, Refusal
from kinerja import business_date
from kinerja.auth import opaque_tokens
from kinerja.cli.command_context import command_context, exit_with_message
from kinerja.settings import Settings

CommandResult = TypeVar("CommandResult")

_AUDIT_ORIGIN: Final = "command line"
_NIP_DIGITS: Final = 18  # digits
_PERSON_PATTERN: Final = re.compile(rf"[0-9]{{{_NIP_DIGITS}}}|[1-9][0-9]{{0,9}}")
_MAX_GRANT_ID: Final = 2**63 - 1

user_app = typer.Typer(help="Accounts of people.", no_args_is_help=True)
service_account_app = typer.Typer(help="Accounts of other systems.", no_args_is_help=True)

LoginArgument = Annotated[str, typer.Argument(help="The login name.")]
UnitOption = Annotated[str | None, typer.Option(help="Code of the unit, for hr, leader and auditor.")]
DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@user_app.command()
def add(
    login: LoginArgument,
    person: Annotated[str, typer.Option(help="The NIP of the person, 18 digits, or their number.")],
    role: Annotated[Role, typer.Option(help="The role to begin with.")] = Role.EMPLOYEE,
    unit: UnitOption = None,
) -> None:
    """Create an account; the password is prompted for, or read from stdin's first line."""
    digits = "".join(person.split())
    if not _PERSON_PATTERN.fullmatch(digits):
        exit_with_message("--person takes a NIP, which has 18 digits, or the number of a person", 2)
    hashed = _prompt_password_hash(login)

    async def create_account_with_role(act: CommandContext) -> int:
        number = await store.find_person_by_nip(act.db, digits) if len(digits) == _NIP_DIGITS else int(digits)
        if number is None:
            raise NotFound("There is no person with this NIP.", "person")
        await commands.add_account(act, AddAccount(login=login, person=number), hashed)
        return await commands.grant_role(act, GrantRole(login=login, role=role, unit=unit, starts_on=act.today))

    typer.echo(f"{login}: grant {_run_account_command(create_account_with_role)} {role}")


@user_app.command()
def password(login: LoginArgument) -> None:
    """Set another password and end all sessions.

    The password is prompted for, or read from stdin's first line.
    """
    hashed = _prompt_password_hash(login)
    _run_account_command(lambda act: commands.set_password(act, login, hashed))


@user_app.command()
def grant(
    login: LoginArgument,
    role: Annotated[Role, typer.Argument(help="The role.")],
    unit: UnitOption = None,
    first: DayOption = None,
    last: DayOption = None,
) -> None:
    """Grant an account one more role.

    From today or `--first` on, for good or with `--last` as the last day.
    """

    async def granted(act: CommandContext) -> int:
        starts, ends = _optional_date(first) or act.today, _optional_date(last)
        wanted = GrantRole(login=login, role=role, unit=unit, starts_on=starts, ends_on=ends)
        return await commands.grant_role(act, wanted)

    typer.echo(f"{login}: grant {_run_account_command(granted)} {role}")


@user_app.command("revoke-grant")
def withdraw_role(
    number: Annotated[
        int, typer.Argument(min=1, max=_MAX_GRANT_ID, help="The number of the grant, as `list` shows it.")
    ],
) -> None:
    """Revoke a role grant and end its sessions."""
    _run_account_command(lambda act: commands.revoke_grant(act, number))


@user_app.command()
def disable(login: LoginArgument) -> None:
    """Disable an account and end its sessions."""
    _run_account_command(lambda act: commands.disable_account(act, login))


@user_app.command()
def enable(login: LoginArgument) -> None:
    """Enable a disabled account."""
    _run_account_command(lambda act: commands.enable_account(act, login))


@user_app.command()
def unlock(login: LoginArgument) -> None:
    """Unlock a locked account, so it can sign in again."""
    _run_account_command(lambda act: commands.unlock_account(act, login))


@user_app.command()
def sessions(login: LoginArgument) -> None:
    """List the active sessions of an account: number, role, begun, last used, ends."""

    async def listed(act: CommandContext) -> list[str]:
        account = await store.load_account(act.db, login)
        if account is None:
            raise NotFound(f"There is no account {login!r}.")
        found = await store.list_active_sessions(act.db, account.id, act.now)
        return [
            f"{s.id}\t{s.role}\t{_format_utc(s.began_at)}\t{_format_utc(s.used_at)}\t{_format_utc(s.expires_at)}"
            for s in found
        ]

    _print_lines(_run_account_command(listed))


@user_app.command()
def revoke(login: LoginArgument) -> None:
    """End all sessions of an account."""
    typer.echo(
        f"{login}: {_run_account_command(lambda act: commands.end_account_sessions(act, login))} sessions ended"
    )


@user_app.command("list")
def print_users() -> None:
    """List all accounts: login name, person, state (open, locked, disabled) and roles."""

    async def listed(act: CommandContext) -> list[str]:
        lines = []
        for each in await store.list_accounts(act.db, act.today):
            locked = each.locked_until is not None and each.locked_until > act.now
            state = "disabled" if each.disabled else "locked" if locked else "open"
            lines.append(f"{each.login}\tperson {each.person_id}\t{state}\t{', '.join(each.roles)}")
        return lines

    _print_lines(_run_account_command(listed))


@service_account_app.command("add")
def create_service_account(
    name: Annotated[str, typer.Argument(help="Its name.")],
    expires: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day, within a year.")],
    unit: Annotated[str | None, typer.Option(help="Code of the unit below which it sees; without it, all.")] = None,
) -> None:
    """Create a service account for another system; print its token, shown only once."""
    token = opaque_tokens.create_service_token()

    async def create_account(act: CommandContext) -> int:
        asked = AddServiceAccount(name=name, unit=unit, expires_on=expires.date())
        return await commands.add_service_account(
            act, asked, opaque_tokens.hash_token(token), opaque_tokens.mask_token(token)
        )

    _run_account_command(create_account)
    typer.echo(token)


@service_account_app.command("revoke")
def end_service_account(name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Revoke a service account permanently."""
    _run_account_command(lambda act: commands.revoke_service_account(act, name))


@service_account_app.command("list")
def print_service_accounts() -> None:
    """List service accounts: name, token prefix, unit, last day, last use, state."""

    async def listed(act: CommandContext) -> list[str]:
        lines = []
        for each in await store.list_service_accounts(act.db):
            over = each.revoked or each.expires_on < rules.real_date(act.now)
            used = _format_utc(each.used_at) if each.used_at else "never used"
            state = "revoked" if each.revoked else "expired" if over else "open"
            lines.append(f"{each.name}\t{each.hint}…\t{each.unit_code or 'all'}\t{each.expires_on}\t{used}\t{state}")
        return lines

    _print_lines(_run_account_command(listed))


def _run_account_command(command: Callable[[CommandContext], Awaitable[CommandResult]]) -> CommandResult:
    """Run an account command in one transaction and return its result.

    A refusal ends the process with its message.
    """
    from kinerja import server

    results: list[CommandResult] = []
    with command_context(quiet=True) as chosen, server.provide_database(chosen) as url:
        try:
            server.run_event_loop(_run_in_transaction(chosen, url, command, results))
        except Refusal as refusal:
            exit_with_message(refusal.message, 1)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            exit_with_message(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 2)
    return results[0]


async def _run_in_transaction(
    app_settings: Settings,
    url: str,
    command: Callable[[CommandContext], Awaitable[CommandResult]],
    results: list[CommandResult],
) -> None:
    from kinerja.jobs import job_worker
    from kinerja.postgres import database, role_pools

    worker = await role_pools.build_worker_url(url, app_settings.login_password_secret)
    async with database.open_database(worker, app_settings.request_limits) as data:
        today = await business_date.BusinessDate(data).today()
        async with data.open_transaction() as db:
            result = await command(
                CommandContext(db, job_worker.JobQueue(), SYSTEM_ACTOR, today, business_date.utc_now(), _AUDIT_ORIGIN)
            )
    results.append(result)


def _prompt_password_hash(login: str) -> str:
    """Hash a password from a prompt or stdin.

    Never from an argument: every process of the machine can read those.
    """
    from kinerja.auth.password_hasher import PasswordHasher

    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        try:
            given = sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            exit_with_message("stdin is no text in UTF-8", 2)
    try:
        return PasswordHasher().hash_password(given, login)
    except Refusal as refusal:
        exit_with_message(refusal.message, 1)


def _optional_date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _format_utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)
