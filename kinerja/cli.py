"""The command line: running it, setting it up, and its accounts and audit trail; `kinerja --help` tells all."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.actor import Actor, Role
from kinerja import clock, settings, tokens
from kinerja.accounts import cli as accounts
from kinerja.orderly import end, orderly

if TYPE_CHECKING:
    from kinerja.api import Api

app = typer.Typer(
    help="Performance, training and change management for civil servants.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.user, name="user")
app.add_typer(accounts.service_account, name="service-account")

audit = typer.Typer(help="The audit trail: its head, and whether its chain holds.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@app.command()
def demo(
    employees: Annotated[int, typer.Option(help="How many people the province has.")] = 5000,
    quarters: Annotated[int, typer.Option(help="How many quarters of history, from the first of 2023 on.")] = 12,
    seed: Annotated[int, typer.Option(help="Which of the many provinces; the same seed gives the same.")] = 1,
    port: Annotated[int | None, typer.Option(help="Port to listen on; else KINERJA_PORT, or 8000.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder; else KINERJA_DATA_DIR, or var/demo.")] = None,
    walk: Annotated[bool, typer.Option(help="Play the whole loop over HTTP, then stop.")] = False,  # noqa: FBT002
) -> None:
    """Make up a province and serve it: database, history, training waves, model, risk list, tokens."""
    from kinerja import service  # noqa: PLC0415 - alembic, uvicorn and scikit-learn are most of the start-up
    from kinerja.demo import play  # noqa: PLC0415 - the same
    from kinerja.demo.wish import Wish  # noqa: PLC0415 - the same

    with orderly(quiet=True) as loaded:
        chosen = play.chosen(loaded, port, data_dir)
        wish = Wish(employees, quarters, seed)
        play.check(chosen, wish)
        with service.database_of(chosen) as url:
            service.run(play.run(chosen, _api(), url, wish, walks=walk))


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
    """Write a made-up province: panel.csv, what an office would see, and apart from it truth.csv."""
    from ml.population import files, generator  # noqa: PLC0415 - NumPy is most of the start-up
    from ml.population.settings import Settings  # noqa: PLC0415 - the same

    with orderly():
        try:
            wanted = Settings(
                employees=employees,
                quarters=quarters,
                seed=seed,
                hunch=hunch,
                effect=not no_effect,
                training=not no_training,
            )
        except ValueError as error:
            end(str(error), 2)
        try:
            out.mkdir(parents=True, exist_ok=True)
            files.write(generator.draw(wanted), out)
        except OSError as error:
            end(f"cannot write to {out}: {error.strerror}", 1)
        typer.echo(
            f"{out / 'panel.csv'}: {employees} people × {quarters} quarters; {out / 'truth.csv'}: what is hidden"
        )


@app.command()
def serve() -> None:
    """Answer GraphQL requests; migrates first, and runs the jobs too unless KINERJA_WORKER=false."""
    with orderly() as chosen:
        from kinerja import service, work  # noqa: PLC0415 - heavy, and a wrong setting is told before them

        with service.database_of(chosen) as url:
            typer.echo(f"Kinerja: http://{chosen.host}:{chosen.port}/  (Ctrl-C ends it)")
            service.run(service.serve(chosen, _api(), url, work.TASKS))


@app.command()
def worker() -> None:
    """Run the jobs, and nothing else."""
    with orderly() as chosen:
        from kinerja import service, work  # noqa: PLC0415 - heavy, and a wrong setting is told before them

        with service.database_of(chosen) as url:
            service.run(service.work(chosen, url, work.TASKS))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="Revision to go up to.")] = "head",
    down: Annotated[str, typer.Option(help="Go down to this revision instead; `base` undoes all.")] = "",
    draft: Annotated[str, typer.Option(help="Write a new revision with this title instead.")] = "",
    check: Annotated[bool, typer.Option(help="Only tell whether the tables in the code differ.")] = False,  # noqa: FBT002
) -> None:
    """Bring the database to the structure of this version."""
    from alembic.util.exc import CommandError  # noqa: PLC0415 - alembic is most of the start-up

    from kinerja import migrate as migrations  # noqa: PLC0415 - the same
    from kinerja import service  # noqa: PLC0415 - the same

    with orderly() as chosen, service.database_of(chosen) as url:
        try:
            if down:
                service.run(migrations.downgrade(url, down))
            elif draft:
                service.run(migrations.draft(url, draft))
            elif check:
                service.run(migrations.check(url))
            else:
                service.run(migrations.upgrade(url, to))
        except CommandError as error:
            end(str(error), 1)


@app.command()
def sdl() -> None:
    """Print the GraphQL schema."""
    with orderly():
        typer.echo(_api().schema.as_str())


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="The role to act in.")],
    person: Annotated[int | None, typer.Option(help="The number of the person.")] = None,
    unit_path: Annotated[str | None, typer.Option(help="Where the scope of hr, leader or auditor lies.")] = None,
) -> None:
    """Print a token to try the demo with, good for eight hours; in no other profile."""
    with orderly() as chosen:
        if chosen.profile is not settings.Profile.DEMO:
            end(f"tokens are handed out in the demo profile alone, and this is {chosen.profile}", 2)
        signer = tokens.Signer(tokens.secret(chosen))
        typer.echo(signer.issue(Actor(person, role, unit_path), clock.now()))


@audit.command("head")
def audit_head() -> None:
    """Print the signed head of the audit chain; keep it where nobody who may change the database can."""
    with orderly(quiet=True) as chosen:
        from kinerja import service  # noqa: PLC0415 - uvicorn is most of the start-up
        from kinerja.audit import keys, verifying  # noqa: PLC0415 - the same

        async def show(url: str) -> None:
            found = await verifying.head(url, chosen.logins)
            if found is None:
                end("nothing is sealed yet", 1)
            typer.echo(verifying.written(found, keys.known(chosen).public))

        with service.database_of(chosen) as url:
            service.run(show(url))


@audit.command("verify")
def audit_verify(
    head: Annotated[Path | None, typer.Option(help="A file with a head that was kept elsewhere.")] = None,
) -> None:
    """Look over the whole audit chain, and tell each row that was changed, removed, moved or inserted."""
    with orderly(quiet=True) as chosen:
        from kinerja import service  # noqa: PLC0415 - uvicorn is most of the start-up
        from kinerja.audit import keys, verifying  # noqa: PLC0415 - the same

        async def show(url: str) -> None:
            kept = None if head is None else verifying.read(head)
            async for line in verifying.verify(url, chosen.logins, keys.known(chosen), kept):
                typer.echo(line)

        with service.database_of(chosen) as url:
            service.run(show(url))


def _api() -> "Api":
    from kinerja.whole import API  # noqa: PLC0415 - compiling the graph is part of the start-up too

    return API
