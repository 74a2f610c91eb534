"""Do the commands do what they say, print what scripts need, and refuse what is wrong with status and sentence?"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from core import cli, clock, errors, logs
from core.analytics import column_file, reading
from core.auth import api_keys, users
from core.auth.users import Identity
from core.db.session import Database
from core.jobs import creation, sync
from core.jobs.desk import Desk
from core.models import Account, AuditEntry, Job
from core.provider.registry import DEFAULT_MODEL
from core.provider.replicate import ReplicateProvider
from core.storage.backend import ObjectStorage
from tests import factories
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
DATABASES = ("sqlite",)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command in this process, on a data folder of its own."""
    monkeypatch.setenv("STAGING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli.app, list(arguments))

    yield invoke
    logs.configure(as_json=False)


@pytest.fixture
def opened(tmp_path: Path, run: Run) -> Iterator[Database]:
    """The database that the commands work on."""
    run("migrate")
    database = Database(f"sqlite:///{tmp_path / 'data' / 'staging.sqlite'}")
    yield database
    database.close()


def test_migrate_makes_the_database_and_may_be_repeated(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        result = run("migrate")
        assert result.exit_code == 0, result.output
        assert "up to date" in result.stdout
    assert (tmp_path / "data" / "staging.sqlite").exists()


def test_the_printed_address_of_the_database_hides_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, postgres_server: object
) -> None:
    url = sa.make_url(postgres_server.new(template="template0")).set(password="pa55word")  # type: ignore[attr-defined]
    monkeypatch.setenv("STAGING_DATABASE_URL", url.render_as_string(hide_password=False))
    result = run("migrate")
    assert result.exit_code == 0
    assert "pa55word" not in result.output


def test_a_new_key_is_the_last_line_of_stdout_and_works(tmp_path: Path, opened: Database) -> None:
    arguments = ["api-key", "create", "--name", "web", "--role", "staff", "--account", "Bellevue Homes"]
    environment = {"STAGING_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "core", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    key = done.stdout.splitlines()[-1]
    with opened.read() as session:
        actor = api_keys.find_actor(session, key).actor
    assert (actor.name, actor.role) == ("key web", "staff")
    assert actor.account_id == factories.account_id(opened)
    assert key not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "web", "--role", "staff"], "bound to one account"),
        (["--name", " ", "--role", "manager"], "1 to 80 printable"),
        (["--name", "system", "--role", "manager"], "not 'system'"),
        (["--name", "web", "--role", "owner"], "owner"),
    ],
)
def test_an_impossible_key_is_refused(run: Run, opened: Database, arguments: list[str], message: str) -> None:
    result = run("api-key", "create", *arguments)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("role", ["support", "manager"])
def test_a_key_for_all_accounts_is_bound_to_none(run: Run, opened: Database, role: str) -> None:
    result = run("api-key", "create", "--name", "web", "--role", role, "--account", "Bellevue Homes")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"A {role} key is for all accounts" in result.stderr
    # Nothing is left of it: no account either.
    assert deeds(opened) == []
    with opened.read() as session:
        assert session.scalars(sa.select(Account.name)).all() == ["Demo"]


def test_commands_are_logged_with_who_gave_them(run: Run, opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "oscar")
    for name in ("web", "app"):
        run("api-key", "create", "--name", name, "--role", "staff", "--account", "Bellevue Homes")
    run("grant", "--account", "Bellevue Homes", "--credits", "5", "--reason", "package")
    assert deeds(opened) == [
        ("oscar, by command", "account_opened", "Bellevue Homes", ""),
        ("oscar, by command", "key_created", "web", "staff"),
        ("oscar, by command", "key_created", "app", "staff"),
        ("oscar, by command", "grant", "Bellevue Homes", "5 credits: package"),
    ]


def test_who_signed_in_before_being_invited_is_let_in_by_command(run: Run, opened: Database) -> None:
    identity = Identity(
        issuer="https://id.example",
        subject="17",
        email="zoe@example.com",
        name="Zoe",
        email_verified=True,
        signed_in_at=clock.now(),
    )
    assert users.sign_in(opened, identity) is None
    told = run("invite", "--email", "Zoe@example.com", "--role", "manager")
    assert (told.exit_code, told.stdout) == (0, "zoe@example.com is manager from now on.\n")
    actor = users.sign_in(opened, identity)
    assert actor is not None
    assert actor.role == "manager"
    last = run("invite", "--email", "zoe@example.com", "--role", "support")
    assert (last.exit_code, "last_manager" in last.stderr) == (1, True)
    new = run("invite", "--email", "new@example.com", "--role", "support")
    assert new.stdout == "new@example.com is support from the first sign-in on.\n"


def deeds(database: Database) -> list[tuple[str, str, str, str]]:
    """What people did, oldest first."""
    with database.read() as session:
        rows = session.scalars(sa.select(AuditEntry).where(AuditEntry.actor != "system").order_by(AuditEntry.id))
        return [(row.actor, row.kind, row.target, row.detail) for row in rows]


def test_a_revoked_key_opens_nothing_any_more(run: Run, opened: Database) -> None:
    key = run("api-key", "create", "--name", "web", "--role", "manager").stdout.splitlines()[-1]
    for _ in range(2):
        assert run("api-key", "revoke", "--name", "web").exit_code == 0
    with opened.read() as session, pytest.raises(errors.NotAuthenticated):
        api_keys.find_actor(session, key)
    unknown = run("api-key", "revoke", "--name", "nobody")
    assert (unknown.exit_code, "no key named 'nobody'" in unknown.stderr) == (1, True)


def test_a_name_can_be_taken_once(run: Run, opened: Database) -> None:
    assert run("api-key", "create", "--name", "web", "--role", "manager").exit_code == 0
    again = run("api-key", "create", "--name", "web", "--role", "manager")
    assert again.exit_code == 1
    assert "already a key named 'web'" in again.stderr


def test_grant_opens_an_account_and_adds_up(run: Run, opened: Database) -> None:
    for expected in ("500", "1,000"):
        result = run("grant", "--account", "Bellevue Homes", "--credits", "500", "--reason", "package")
        assert result.exit_code == 0
        assert f"has {expected} credits" in result.stdout
    assert factories.balance(opened) == 1_000


@pytest.mark.parametrize("wrong", ["0", "-5", "100000001", "ten"])
def test_a_wrong_grant_is_refused(run: Run, opened: Database, wrong: str) -> None:
    result = run("grant", "--account", "A", "--credits", wrong, "--reason", "r")
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


def test_an_unknown_fault_is_refused_by_name(run: Run) -> None:
    result = run("simulator", "--port", "0", "--fault", "earthquake=0.5")
    assert result.exit_code == 2
    assert "earthquake" in result.stderr


@pytest.mark.parametrize("fault", ["safety", "safety=often", "safety=2", "safety=-1"])
def test_a_fault_without_a_rate_is_refused(run: Run, fault: str) -> None:
    result = run("simulator", "--port", "0", "--fault", fault)
    assert result.exit_code == 2


def test_wrong_settings_are_told_in_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_JOB_TIMEOUT_SECONDS", "soon")
    result = run("migrate")
    assert result.exit_code == 1
    assert "STAGING_JOB_TIMEOUT_SECONDS" in result.stderr
    assert "Traceback" not in result.output


# ---- sync and check ------------------------------------------------------------------------------


@pytest.fixture
def made(
    opened: Database, tmp_path: Path, simulate: Callable[..., ReplicateProvider], monkeypatch: pytest.MonkeyPatch
) -> tuple[Desk, str]:
    """A desk on the commands' data folder, and a job of it that is done at the provider."""
    provider = simulate()
    monkeypatch.setenv("REPLICATE_BASE_URL", provider._base_url)
    factories.fill(opened)
    desk = Desk(
        database=opened,
        storage=ObjectStorage((tmp_path / "data" / "files").as_uri()),
        provider=provider,
        webhook_base_url=None,
        timeout_seconds=300,
        creates_per_minute=600,
        create_burst=60,
    )
    job_id = factories.job(desk)
    for variant in factories.variants(opened, job_id):
        creation.create_prediction(desk, variant.id)
    for attempt in factories.attempts(opened, job_id):
        eventually(lambda one=attempt: provider.get(one.prediction_id or "").status.is_terminal)
    return desk, job_id


def test_sync_tells_and_then_does(run: Run, made: tuple[Desk, str]) -> None:
    desk, job_id = made
    dry = run("sync", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert f"{job_id}  processing → completed" in dry.stdout
    assert "1 checked, 1 would change" in dry.stdout
    assert factories.states(desk.database, job_id)[0] == "processing"
    assert "1 checked, 1 changed, 0 not readable" in run("sync", "--job", job_id).stdout
    assert factories.states(desk.database, job_id)[0] == "completed"
    unknown = run("sync", "--job", "none")
    assert (unknown.exit_code, "job_not_found" in unknown.stderr) == (1, True)


def test_check_is_content_when_all_is_well_and_lists_what_is_not(run: Run, made: tuple[Desk, str]) -> None:
    desk, job_id = made
    for attempt in factories.attempts(desk.database, job_id):
        sync.apply(desk, factories.manager(), desk.provider.get(attempt.prediction_id or ""))
    clean = run("check")
    assert clean.exit_code == 0, clean.output
    assert "Everything adds up." in clean.stdout

    with desk.database.write() as session:
        session.execute(sa.text("DROP TRIGGER ledger_entries_no_delete"))
        session.execute(sa.text("DELETE FROM ledger_entries WHERE kind = 'charge'"))
        session.execute(sa.update(Job).values(state="failed"))
    key = factories.variants(desk.database, job_id)[0].result_key
    desk.storage.put(key or "", b"altered")
    damaged = run("check")
    assert damaged.exit_code == 1
    for text in ("account Bellevue Homes", f"job {job_id}", f"file {key}", "findings"):
        assert text in damaged.stdout


def test_check_tells_orphans_and_cancels_them_only_on_request(run: Run, made: tuple[Desk, str]) -> None:
    desk, job_id = made
    for attempt in factories.attempts(desk.database, job_id):
        sync.apply(desk, factories.manager(), desk.provider.get(attempt.prediction_id or ""))
    ordered = factories.attempts(desk.database, job_id)[0].input
    # What is ordered from now on runs for ever.
    assert httpx.put(f"{desk.provider._base_url}/simulator/faults", json={"hang": 1}).status_code == 200  # type: ignore[attr-defined]
    lost = desk.provider.create(model=DEFAULT_MODEL.name, input=ordered)
    stranger = desk.provider.create(model=DEFAULT_MODEL.name, input={**ordered, "seed": 7, "prompt": "another desk"})

    told = run("check")
    assert told.exit_code == 1
    assert f"prediction {lost.id}: it was ordered by us" in told.stdout
    assert stranger.id not in told.stdout
    assert not desk.provider.get(lost.id).status.is_terminal

    mended = run("check", "--cancel-orphans")
    assert mended.exit_code == 0, mended.output
    assert f"prediction {lost.id}: canceled" in mended.stdout
    assert "Everything adds up." in mended.stdout
    assert desk.provider.get(lost.id).status == "canceled"
    assert not desk.provider.get(stranger.id).status.is_terminal
    assert "canceled" not in run("check", "--cancel-orphans").stdout


def test_demo_data_adds_up(run: Run, opened: Database, made: tuple[Desk, str]) -> None:
    result = run("demo-data", "--jobs", "60", "--days", "10")
    assert result.exit_code == 0, result.output
    assert "60 jobs" in result.stdout
    with opened.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 61
    checked = run("check")
    assert checked.exit_code == 0, checked.stdout


def test_invented_jobs_are_refused_in_production(run: Run, opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_ENV", "production")
    result = run("demo-data", "--jobs", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Nothing was written. (permission_denied)" in result.stderr
    with opened.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_recounted_figures_equal_the_tables_or_are_mended(tmp_path: Path, run: Run, opened: Database) -> None:
    run("demo-data", "--jobs", "40", "--days", "3")
    file = tmp_path / "data" / "figures" / "columns"
    with opened.read() as session:
        history = reading.whole(session)
    column_file.save(file, history)
    result = run("recount-figures")
    assert (result.exit_code, result.stdout) == (0, "The columns behind the figures equal the tables.\n")
    history.jobs["cost"][0] += 1
    column_file.save(file, history)
    result = run("recount-figures")
    assert result.exit_code == 1
    assert "cost is" in result.stdout
    assert run("recount-figures").exit_code == 0
