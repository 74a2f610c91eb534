"""Does the Credits page show each account's balance, how it came about, and change it only with a reason?"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.actors import Actor, Source, system
from core.auth.audit import AuditFilter, AuditKind, entries
from core.credits import queries, service
from core.jobs import cancellation
from core.jobs.desk import Desk
from pages.widgets import credit_dialogs
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.pages.conftest import SAFETY, Visit
from tests.pages.dialogs import inside
from tests.pages.reading import RECORDS, button_by_label, drawings, figures, records, words

DATABASES = ("sqlite",)
ALICE = factories.manager()

pytestmark = pytest.mark.usefixtures("runtime")


def texts(app: AppTest, title: str) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in records(app, title)]


def test_every_account_has_its_balance_and_what_it_spent_this_month(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    end_job({}, SAFETY)
    factories.set_balance(desk.database, 30, account=OUTSIDER)
    app = visit("credits")
    assert texts(app, "Accounts") == [
        [BELLEVUE, "980", "20", ""],
        [OUTSIDER, "30", "0", "Low balance"],
    ]
    assert "2 accounts · 1\u202f010 credits in all · 20 credits spent this month" in words(app)
    # Not within the caption, which is too pale for a color to be read in.
    assert "1 low" in words(app)
    assert "1 low" not in "".join(caption.value for caption in app.caption)


def test_an_accounts_statement_is_found_by_its_address(visit: Visit, desk: Desk, end_job: Callable[..., str]) -> None:
    job_id = end_job({}, SAFETY)
    app = visit("credits", account=BELLEVUE)
    assert [(one["label"], one["value"]) for one in figures(app)] == [("Balance", "980"), ("Spent this month", "20")]
    shown = records(app, "Statement")
    assert [[cell["text"] for cell in row[1:3]] + [row[5]["text"], row[6]["text"]] for row in shown] == [
        ["Refund", "The safety filter refused this variant.", "+20", "980"],
        ["Charge", "Staging", "−40", "960"],
        ["Grant", "Package", "+1\u202f000", "1\u202f000"],
    ]
    assert [(row[3]["action"], row[3]["href"]) for row in shown[:2]] == [(job_id, f"monitor?job={job_id}")] * 2
    assert shown[2][3]["text"] == ""
    assert shown[0][0]["hover"].endswith(" UTC")


def test_a_low_balance_says_so_in_words_short_enough_for_a_phone(visit: Visit, desk: Desk) -> None:
    factories.set_balance(desk.database, 30, account=OUTSIDER)
    assert figures(visit("credits", account=OUTSIDER))[0]["detail"] == "credits: low"


def test_every_reason_in_the_statement_is_a_sentence(visit: Visit, desk: Desk, people: People) -> None:
    cancellation.cancel_job(desk, people.alice, job_id=factories.job(desk))
    service.grant(desk.database, people.alice, account=BELLEVUE, amount_credits=5, reason="welcome")
    shown = records(visit("credits", account=BELLEVUE), "Statement")
    assert [row[2]["text"] for row in shown[:3]] == [
        "Welcome",
        "The variant was canceled.",
        "The variant was canceled.",
    ]


def test_what_the_desk_did_itself_is_by_the_system(visit: Visit, desk: Desk) -> None:
    service.grant(desk.database, system(Source.SYSTEM), account=BELLEVUE, amount_credits=5, reason="welcome")
    assert records(visit("credits", account=BELLEVUE), "Statement")[0][4]["text"] == "System"


def test_an_unknown_account_is_a_clear_warning(visit: Visit) -> None:
    app = visit("credits", account="Nobody & Sons")
    assert [warning.value for warning in app.warning] == ["There is no account of that name."]
    assert len(records(app, "Accounts")) == 2


def test_staff_see_only_their_own_account_and_can_not_grant(
    visit: Visit, people: People, sign_in: Callable[[Actor], None]
) -> None:
    sign_in(people.charlie)
    app = visit("credits", account=BELLEVUE)
    assert [heading.value for heading in app.subheader] == [OUTSIDER]
    assert BELLEVUE not in words(app)
    for key in ("grant", "adjust"):
        assert (app.button(key).disabled, app.button(key).help) == (True, "Managers grant and adjust credits.")
    assert (app.button("new-account").disabled, app.button("new-account").help) == (True, "Managers open accounts.")


def test_more_than_a_page_is_loaded_on_a_click(visit: Visit, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE_MAX", 1)
    factories.job(desk)
    app = visit("credits", account=BELLEVUE)
    assert len(records(app, "Statement")) == 1
    app.button("statement-more").click().run()
    assert len(records(app, "Statement")) == 2
    assert "That is all: 2 movements." in words(app)


def test_a_grant_says_the_balance_before_and_after_and_needs_a_reason(desk: Desk) -> None:
    app = inside(credit_dialogs.draw_grant, ALICE, BELLEVUE, 1_000)
    app.button("credits-now").click().run()
    assert app.text_input[0].label == "Reason · give one first"
    assert "Nothing was changed." in words(app)
    assert factories.balance(desk.database) == 1_000
    assert f"Grant 500 credits to {BELLEVUE}: 1\u202f000 → **1\u202f500**" in words(app)
    # What is typed and the click that leaves the field arrive as one: the click counts.
    app.text_input[0].input("package of May")
    button_by_label(app, "Grant 500 credits").click()
    app.run()
    assert factories.balance(desk.database) == 1_500
    assert app.session_state["deed_notice"] == f"{BELLEVUE} has 1\u202f500 credits now."


def test_a_grant_that_is_clicked_twice_is_given_once(desk: Desk) -> None:
    app = inside(credit_dialogs.draw_grant, ALICE, BELLEVUE, 1_000)
    app.text_input[0].input("package of May").run()
    for _ in range(2):
        app.button("credits-now").click().run()
    assert factories.balance(desk.database) == 1_500


def test_an_adjustment_takes_away_or_adds_and_never_goes_below_zero(desk: Desk) -> None:
    app = inside(credit_dialogs.draw_adjustment, ALICE, BELLEVUE, 1_000)
    app.text_input[0].input("granted twice")
    app.number_input[0].set_value(1_001).run()
    app.button("credits-now").click().run()
    assert app.number_input[0].label == "Credits · at most 1\u202f000"
    assert "The balance can't go below zero" in words(app)
    assert factories.balance(desk.database) == 1_000
    app.number_input[0].set_value(40).run()
    assert f"Adjust by −40 credits: {BELLEVUE}: 1\u202f000 → **960**" in words(app)
    button_by_label(app, "Adjust by −40").click()
    app.run()
    assert factories.balance(desk.database) == 960
    app = inside(credit_dialogs.draw_adjustment, ALICE, BELLEVUE, 960)
    app.segmented_control[0].set_value("Add")
    app.text_input[0].input("taken by mistake").run()
    app.button("credits-now").click().run()
    assert factories.balance(desk.database) == 980


def test_a_new_account_is_opened_with_its_first_credits(desk: Desk) -> None:
    app = inside(credit_dialogs.draw_new_account, ALICE)
    app.button("credits-now").click().run()
    assert [field.label for field in app.text_input] == [
        "Name · name it first",
        "Reason · give one first",
    ]
    app.text_input[0].input("Casa & Co")
    app.text_input[1].input("package of May").run()
    button_by_label(app, "Open with 500 credits").click()
    app.run()
    assert factories.balance(desk.database, "Casa & Co") == 500


def test_a_refused_grant_keeps_what_was_typed(people: People) -> None:
    app = inside(credit_dialogs.draw_grant, people.dora, BELLEVUE, 1_000)
    app.text_input[0].input("package of May").run()
    app.button("credits-now").click().run()
    assert "(permission_denied)" in app.error[0].value
    assert app.text_input[0].value == "package of May"


def test_the_csv_is_made_only_when_it_is_asked_for(visit: Visit, desk: Desk) -> None:
    buttons = visit("credits", account=BELLEVUE).get("download_button")
    assert [one.proto.label for one in buttons] == ["Accounts CSV", "Statement CSV"]
    assert not any(one.proto.disabled for one in buttons)
    with desk.database.read() as session:
        assert not entries(session, ALICE, AuditFilter(kind=AuditKind.EXPORT)).entries


def test_where_there_is_no_account_the_csv_says_that_there_is_nothing_to_take(
    visit: Visit, sign_in: Callable[[Actor], None], people: People
) -> None:
    sign_in(replace(people.charlie, account_id=people.charlie.account_id + 1_000))
    app = visit("credits")
    assert "**No accounts yet.**" in words(app)
    (button,) = app.get("download_button")
    assert (button.proto.disabled, button.proto.help) == (True, "There are no accounts yet.")


def test_a_long_name_breaks_instead_of_being_cut(visit: Visit) -> None:
    (table,) = [drawing for drawing in drawings(visit("credits"), RECORDS) if drawing["title"] == "Accounts"]
    assert "wrap" in table["columns"][0]["style"].split()
