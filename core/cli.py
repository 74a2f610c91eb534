"""What can be done from a terminal? `python -m core COMMAND`; results on stdout, logs on stderr."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from core import errors, logs
from core import settings as core_settings
from core.auth import actors, api_keys, audit, users
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import Role
from core.credits import service as credit_service
from core.runtime import Runtime

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
api_key = typer.Typer(no_args_is_help=True, help="Manage API keys.")
app.add_typer(api_key, name="api-key")
_LOOPBACK = "127.0.0.1"


@contextmanager
def _opened(*, serving: bool = False) -> Iterator[Runtime]:
    """The tools of a command; an error of ours ends it with its sentence and status 1."""
    try:
        settings = core_settings.read()
        logs.configure(as_json=settings.is_production, level="INFO" if serving else "WARNING")
        if serving:
            settings.require_startable()
        runtime = Runtime(settings)
        try:
            runtime.migrate()
            yield runtime
        finally:
            runtime.close()
    except errors.StagingError as error:
        typer.echo(f"{error.message} ({error.code})", err=True)
        raise typer.Exit(1) from error


def _operator() -> Actor:
    return actors.command()


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with _opened() as runtime:
        typer.echo(f"The database is up to date: {runtime.database.engine.url.render_as_string(hide_password=True)}")


@api_key.command("create")
def create_api_key(
    name: Annotated[str, typer.Option(help="What the key is for; each name once.")],
    role: Annotated[Role, typer.Option(help="What the key may do.")],
    account: Annotated[str, typer.Option(help="The account it is bound to; for staff, and for staff alone.")] = "",
) -> None:
    """Make an API key and print it, this once."""
    with _opened() as runtime:
        with runtime.database.write() as session:
            account_id = credit_service.open_account(session, _operator(), name=account) if account else None
            key = api_keys.create(session, name=name, role=role, account_id=account_id)
            audit.note(
                session, _operator(), AuditKind.KEY_CREATED, account_id=account_id, target=name, detail=role.value
            )
        typer.echo(key)


@api_key.command("revoke")
def revoke_api_key(name: Annotated[str, typer.Option(help="The name it was made with.")]) -> None:
    """Take back an API key for good."""
    with _opened() as runtime:
        api_keys.revoke_key(runtime.database, _operator(), name=name)
        typer.echo(f"The key {name!r} is revoked.")


@app.command()
def invite(
    email: Annotated[str, typer.Option(help="Whoever signs in with it, verified by the sign-in, is let in.")],
    role: Annotated[Role, typer.Option(help="What they may do.")],
    account: Annotated[str, typer.Option(help="The account they are bound to; for staff.")] = "",
) -> None:
    """Let a person in by their e-mail: the first manager, who then invites the others on the Admin page.

    Who has signed in with it already, without a role or with another, has this one from now on.
    """
    with _opened() as runtime:
        person = users.appoint(runtime.database, _operator(), email=email, role=role, account=account or None)
        since = "the first sign-in" if person.is_invitation else "now"
        typer.echo(f"{person.email} is {person.role} from {since} on.")


@app.command()
def grant(
    account: Annotated[str, typer.Option(help="Made if there is none of that name.")],
    credits: Annotated[int, typer.Option(help="How many, above zero.")],
    reason: Annotated[str, typer.Option(help="For the ledger.")],
) -> None:
    """Give credits to an account."""
    with _opened() as runtime:
        balance = credit_service.grant(
            runtime.database, _operator(), account=account, amount_credits=credits, reason=reason
        )
        typer.echo(f"{account} has {balance:,} credits.")


@app.command()
def sync(
    job: Annotated[str, typer.Option(help="One job's id; without it, all in flight.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Only tell what would change.")] = False,
) -> None:
    """Ask the provider about jobs in flight and apply what it says."""
    from core.jobs import manual_sync

    with _opened() as runtime:
        report = manual_sync.sync_jobs(runtime.desk, _operator(), job_id=job or None, dry_run=dry_run)
        for change in report.changed:
            typer.echo(f"{change.job_id}  {change.before} → {change.after}  {change.message}")
        verb = "would change" if dry_run else "changed"
        typer.echo(f"{report.checked} checked, {len(report.changed)} {verb}, {report.unreachable} not readable.")


@app.command()
def check(
    cancel_orphans: Annotated[
        bool, typer.Option("--cancel-orphans", help="First cancel predictions at Replicate that no variant owns.")
    ] = False,
) -> None:
    """Audit the ledger, the jobs and the stored files; exit 1 with a list if anything is off."""
    from core.jobs import audit, orphans

    with _opened() as runtime:
        if cancel_orphans:
            for prediction in orphans.cancel(runtime.desk):
                typer.echo(f"prediction {prediction.id}: canceled, it is {prediction.status}")
        found = audit.full_audit(runtime.desk)
        for finding in found.findings:
            typer.echo(f"{finding.subject}: {finding.message}")
        for sentence in found.unchecked:
            typer.echo(sentence)
        everything = "Everything else" if found.unchecked else "Everything"
        typer.echo(f"{len(found.findings)} findings." if found.findings else f"{everything} adds up.")
    if found.findings:
        raise typer.Exit(1)


@app.command("recount-figures")
def recount_figures() -> None:
    """Prove the columns behind the figures equal to the tables; else exit 1 with a list, and make them anew."""
    with _opened() as runtime:
        found = runtime.figures().recount(_operator())
        for sentence in found:
            typer.echo(sentence)
        typer.echo("The columns were made anew." if found else "The columns behind the figures equal the tables.")
    if found:
        raise typer.Exit(1)


@app.command("demo-data")
def demo_data(
    jobs: Annotated[int, typer.Option(min=1, max=2_000_000, help="How many jobs.")],
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Over how many days until now.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Another one gives another history.")] = 1,
) -> None:
    """Write a believable history of jobs, for looking at pages and figures; what is there stays as it is."""
    from core.jobs.demo_history import history

    told_every = max(jobs // 20, 1)
    told = 0

    def tell(written: int) -> None:
        nonlocal told
        if written >= told + told_every or written == jobs:
            told = written
            typer.echo(f"{written:,} of {jobs:,} jobs", err=True)

    with _opened() as runtime:
        if runtime.settings.is_production:
            raise errors.PermissionDenied(
                "Invented jobs don't belong beside real ones: this desk is in production. Nothing was written."
            )
        written = history.write(runtime.desk, jobs=jobs, days=days, seed=seed, progress=tell)
        typer.echo(f"{written:,} jobs over {days} days were written.")


@app.command()
def simulator(
    port: Annotated[int, typer.Option(min=0, max=65_535)],
    host: Annotated[str, typer.Option()] = _LOOPBACK,
    seconds: Annotated[float, typer.Option(help="How long a prediction takes.")] = 6.0,
    failure_rate: Annotated[float, typer.Option(help="Share of predictions that fail, 0 to 1.")] = 0.0,
    fault: Annotated[list[str] | None, typer.Option(help="NAME=RATE, repeatable.")] = None,
    quality: Annotated[list[str] | None, typer.Option(help="JSON, repeatable: some orders served otherwise.")] = None,
    creates_per_minute: Annotated[int, typer.Option(help="Its own rate limit; 0 for none.")] = 600,
    create_burst: Annotated[int, typer.Option()] = 60,
    allow_http_webhooks: Annotated[bool, typer.Option()] = False,
    list_lag: Annotated[float, typer.Option(help="Seconds by which its list lags.")] = 0.0,
    webhook_late: Annotated[float, typer.Option(help="Seconds by which the fault webhook-late delays.")] = 75.0,
    seed: Annotated[int | None, typer.Option(help="Makes its chances repeatable.")] = None,
    state: Annotated[Path | None, typer.Option(help="Its folder; by default in the data folder.")] = None,
) -> None:
    """Run the simulator of Replicate's API alone."""
    from core.provider.simulator import quality as qualities
    from core.provider.simulator import server
    from core.provider.simulator.config import SimulatorConfig, parse_faults

    try:
        settings = core_settings.read()
        logs.configure(as_json=settings.is_production)
        config = SimulatorConfig(
            seconds=seconds,
            failure_rate=failure_rate,
            faults=parse_faults(fault or []),
            qualities=qualities.parse(quality or []),
            creates_per_minute=creates_per_minute,
            create_burst=create_burst,
            allow_http_webhooks=allow_http_webhooks,
            list_lag_seconds=list_lag,
            webhook_late_seconds=webhook_late,
            seed=seed,
        )
    except errors.StagingError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from error
    server.run(config, host=host, port=port, state_dir=state or settings.data_dir / f"simulator-{port}")


@app.command()
def api(
    port: Annotated[int, typer.Option(min=1, max=65_535)], host: Annotated[str, typer.Option()] = _LOOPBACK
) -> None:
    """Serve the API alone, without pages and without background work."""
    import uvicorn

    from core.api.app import build_alone

    with _opened(serving=True) as runtime:
        uvicorn.run(build_alone(runtime), host=host, port=port, log_config=None, access_log=False)


@app.command()
def worker(
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Serve /metrics, /healthz and /readyz there.")
    ] = None,
    metrics_host: Annotated[str, typer.Option()] = _LOOPBACK,
) -> None:
    """Run the queue and the sweep alone, until interrupted."""
    from core.worker import Worker

    with _opened(serving=True) as runtime, ExitStack() as serving:
        loop = Worker(runtime.desk, queue=runtime.new_queue(), inbox=runtime.inbox)
        if metrics_port is not None:
            from core.api import side_port

            def checks() -> dict[str, bool]:
                return {"queue": loop.is_alive(), **runtime.checks()}

            serving.enter_context(side_port.served(runtime, checks, host=metrics_host, port=metrics_port))
        loop.run_until_interrupted()
