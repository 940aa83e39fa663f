"""Typer commands: serve, migrate, demo, accounts, audit trail; see `kinerja --help`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.actor import Actor, Role
from domain.exhaustive_mapping import IncompleteMapping

try:
    from kinerja import business_date, settings
    from kinerja.auth import authenticator
    from kinerja.cli import accounts
    from kinerja.cli.command_context import command_context, exit_with_message
except IncompleteMapping as error:  # a new role missing in a mapping: one line with its name, without a traceback
    raise SystemExit(f"kinerja: {error}") from None

if TYPE_CHECKING:
    from kinerja.graphql_server.api import Api

app = typer.Typer(
    help="Performance, training and change management for civil servants.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.user_app, name="user")
app.add_typer(accounts.service_account_app, name="service-account")

audit_app = typer.Typer(help="The audit trail: its head, and whether its chain holds.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@app.command()
def demo(
    employees: Annotated[int, typer.Option(help="How many people the province has.")] = 5000,
    quarters: Annotated[int, typer.Option(help="How many quarters of history, from the first of 2023 on.")] = 12,
    seed: Annotated[int, typer.Option(help="Which of the many provinces; the same seed gives the same.")] = 1,
    port: Annotated[int | None, typer.Option(help="Port to listen on; else KINERJA_PORT, or 8000.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder; else KINERJA_DATA_DIR, or var/demo.")] = None,
    walk: Annotated[bool, typer.Option(help="Play the whole loop over HTTP, then stop.")] = False,  # noqa: FBT002
) -> None:
    """Generate a synthetic province and serve it.

    It comes with a database, history, training waves, a model, a risk list and tokens.
    """
    from kinerja import server
    from kinerja.demo import command
    from kinerja.demo.province_config import ProvinceConfig

    with command_context(quiet=True) as loaded:
        chosen = command.override_settings(loaded, port, data_dir)
        wish = ProvinceConfig(employees, quarters, seed)
        command.check_preconditions(chosen, wish)
        with server.provide_database(chosen) as url:
            server.run_event_loop(command.run_demo(chosen, _load_api(), url, wish, with_walkthrough=walk))


@app.command()
def population(
    out: Annotated[Path, typer.Option(help="Folder for panel.csv and truth.csv.")],
    employees: Annotated[int, typer.Option(help="How many people.")] = 5000,
    quarters: Annotated[int, typer.Option(help="How many quarters.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    hunch: Annotated[
        float, typer.Option(help="How strongly seats follow private knowledge; 0 is a fair lottery.")
    ] = 0,
    no_effect: Annotated[bool, typer.Option("--no-effect", help="Training changes nothing.")] = False,  # noqa: FBT002
    no_training: Annotated[bool, typer.Option("--no-training", help="Nobody is trained.")] = False,  # noqa: FBT002
) -> None:
    """Write a synthetic province as CSV files.

    `panel.csv` holds the data visible to an office, `truth.csv` the hidden truth apart from it.
    """
    from ml.synthetic import csv_export, generator
    from ml.synthetic.settings import GeneratorSettings

    with command_context():
        try:
            wanted = GeneratorSettings(
                employees=employees,
                quarters=quarters,
                seed=seed,
                hunch=hunch,
                effect=not no_effect,
                training=not no_training,
            )
        except ValueError as error:
            exit_with_message(str(error), 2)
        try:
            out.mkdir(parents=True, exist_ok=True)
            csv_export.write_csv_files(generator.generate_province(wanted), out)
        except OSError as error:
            exit_with_message(f"cannot write to {out}: {error.strerror}", 1)
        typer.echo(
            f"{out / 'panel.csv'}: {employees} people × {quarters} quarters; {out / 'truth.csv'}: what is hidden"
        )


@app.command()
def serve() -> None:
    """Serve GraphQL requests.

    Migrates the database first, and also runs the jobs unless KINERJA_WORKER=false.
    """
    with command_context() as chosen:
        from kinerja import server
        from kinerja.jobs import job_registry

        with server.provide_database(chosen) as url:
            typer.echo(f"Kinerja: http://{chosen.host}:{chosen.port}/  (Ctrl-C ends it)")
            server.run_event_loop(server.serve_api(chosen, _load_api(), url, job_registry.TASK_BY_ENTRYPOINT))


@app.command()
def worker() -> None:
    """Run the job worker only."""
    with command_context() as chosen:
        from kinerja import server
        from kinerja.jobs import job_registry

        with server.provide_database(chosen) as url:
            server.run_event_loop(server.run_worker(chosen, url, job_registry.TASK_BY_ENTRYPOINT))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="Revision to go up to.")] = "head",
    down: Annotated[str, typer.Option(help="Go down to this revision instead; `base` undoes all.")] = "",
    draft: Annotated[str, typer.Option(help="Write a new revision with this title instead.")] = "",
    check: Annotated[bool, typer.Option(help="Only tell whether the tables in the code differ.")] = False,  # noqa: FBT002
) -> None:
    """Migrate the database to the schema of this version."""
    from alembic.util.exc import CommandError

    from kinerja import server
    from kinerja.postgres import migrate as migrations

    with command_context() as chosen, server.provide_database(chosen) as url:
        try:
            if down:
                server.run_event_loop(migrations.downgrade_database(url, down))
            elif draft:
                server.run_event_loop(migrations.draft_revision(url, draft))
            elif check:
                server.run_event_loop(migrations.check_drift(url))
            else:
                server.run_event_loop(migrations.upgrade_database(url, to))
        except CommandError as error:
            exit_with_message(str(error), 1)


@app.command()
def sdl() -> None:
    """Print the GraphQL schema."""
    with command_context():
        typer.echo(_load_api().schema.as_str())


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="The role to act in.")],
    person: Annotated[int | None, typer.Option(help="The number of the person.")] = None,
    unit_path: Annotated[str | None, typer.Option(help="Where the scope of hr, leader or auditor lies.")] = None,
) -> None:
    """Print an access token for the demo profile only, valid for eight hours."""
    with command_context() as chosen:
        if chosen.profile is not settings.Profile.DEMO:
            exit_with_message(f"tokens are handed out in the demo profile alone, and this is {chosen.profile}", 2)
        signer = authenticator.DemoTokens(authenticator.load_token_secret(chosen))
        typer.echo(signer.issue_demo_token(Actor(person, role, unit_path), business_date.utc_now()))


@audit_app.command("head")
def print_audit_head() -> None:
    """Print the signed head of the audit chain.

    Keep it out of reach of everybody able to change the database.
    """
    with command_context(quiet=True) as chosen:
        from kinerja import server
        from kinerja.audit import signing_key
        from kinerja.cli import audit as audit_chain

        async def show(url: str) -> None:
            found = await audit_chain.fetch_audit_head(url, chosen.login_password_secret)
            if found is None:
                exit_with_message("nothing is sealed yet", 1)
            typer.echo(audit_chain.format_audit_head(found, signing_key.load_existing_signing_key(chosen).public_hex))

        with server.provide_database(chosen) as url:
            server.run_event_loop(show(url))


@audit_app.command("verify")
def verify_audit_trail(
    head: Annotated[Path | None, typer.Option(help="A file with a head that was kept elsewhere.")] = None,
) -> None:
    """Verify the whole audit chain and report each changed, removed, moved or inserted row."""
    with command_context(quiet=True) as chosen:
        from kinerja import server
        from kinerja.audit import signing_key
        from kinerja.cli import audit as audit_chain

        async def show(url: str) -> None:
            kept = None if head is None else audit_chain.read_audit_head_file(head)
            async for line in audit_chain.verify_audit_chain(
                url, chosen.login_password_secret, signing_key.load_existing_signing_key(chosen), kept
            ):
                typer.echo(line)

        with server.provide_database(chosen) as url:
            server.run_event_loop(show(url))


def _load_api() -> "Api":
    from kinerja.served_api import API

    return API
