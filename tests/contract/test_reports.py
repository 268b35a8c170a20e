"""Compliance reports on every database: what stands in them, their revisions, and each tampering with those kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, func, select, update

from tests.support.books import EmptyInbox, HandClock, Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, TEMPLATES, WABA, at, recorded, told
from tests.support.reports import Press
from wabawatch import signed_reports
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.compliance_report import ComplianceReport, Standing, utc
from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.facts import (
    AccountChanged,
    ConsentChanged,
    ErrorSeen,
    Fact,
    NumberChanged,
    Person,
    Source,
    Status,
    TemplateChanged,
)
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.flows.report_checking import Wrong
from wabawatch.ports import Deed
from wabawatch.report_ports import MADE, Kept
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.schema_audit import audit_entries
from wabawatch.storage.schema_reports import reports
from wabawatch.storage.signing_keys import SigningKeys

START = T0 - T0 % HOUR
END = START + 4 * HOUR
ANNA = Person(phone="15550000001")


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START + DAY)


@pytest.fixture
def press(shelf: Shelf, clock: HandClock) -> Press:
    return Press(shelf, SqlFigures(shelf.database, EmptyInbox(), clock), clock)


def template(value: str, offset: int, aspect: str = "status") -> Fact:
    ref = TEMPLATES[0]
    return TemplateChanged(at(offset), Source.WEBHOOK, WABA, aspect, ref.name, ref.language, after=value)


def send(name: str, offset: int = 0, became: Status = Status.DELIVERED, category: str = "utility") -> list[Fact]:
    error = {"errors": (ErrorSeen(131049, "capped"),)} if became is Status.FAILED else {}
    sent = recorded(offset, wamid=name, template=TEMPLATES[0], category=category, person=ANNA)
    return [sent, told(became, offset + 1_000, wamid=name, waba=WABA, **error)]


def good(n: int = 100) -> list[Fact]:
    return [template("APPROVED", -DAY), *[fact for i in range(n) for fact in send(f"good{i}", i * 1_000)]]


def read(kept: Kept) -> ComplianceReport:
    return signed_reports.decode(kept.document)


def test_a_good_period_is_compliant_and_says_by_what_it_was_judged(shelf: Shelf, press: Press) -> None:
    shelf.learn(good())

    report = press.report(START, END)

    verdicts = {line.key: line.verdict for line in report.requirements}
    assert verdicts["delivery_rate"] is verdicts["failure_rate"] is verdicts["template_usage"] is Verdict.COMPLIANT
    assert (report.messages.attempted, report.coverage.value, report.judged_by.grace_s) == (100, 1.0, 900.0)
    assert (report.start, report.end, report.as_of) == (utc(START), utc(END), utc(START + DAY))
    place = f"from={utc(START):%Y-%m-%dT%H:%M:%SZ}&to={utc(END):%Y-%m-%dT%H:%M:%SZ}"
    assert [line.evidence for line in report.requirements][1:3] == [f"/logs?status=failed&{place}", f"/numbers?{place}"]
    (line,) = report.templates
    assert (line.name, line.attempted, line.delivery_rate.value) == (TEMPLATES[0].name, 100, 1.0)
    assert line.status == "APPROVED"
    assert [(each.aspect, each.after, each.told_by) for each in line.history] == [("status", "APPROVED", "webhook")]


def test_an_empty_period_is_not_compliant_and_what_nobody_watched_is_unknown(press: Press) -> None:
    report = press.report(START, END)

    assert report.verdict is Verdict.INSUFFICIENT_DATA
    assert [gap.why for gap in report.gaps] == ["never_started"]
    assert (report.unknown_s, report.uptime.uptime, report.uptime.unknown_s) == (4 * 3600.0, None, 4 * 3600.0)
    assert "gaps" in [each.key for each in report.advice]


def test_each_violation_stands_with_its_reason_and_since_when_it_was_known(shelf: Shelf, press: Press) -> None:
    shelf.learn([*good(40), template("PAUSED", HOUR), *send("bad", 2 * HOUR)])
    shelf.settle(START + DAY)

    report = press.report(START, END)

    use = report.template_use
    assert (use.sends, use.violations, use.by_reason) == (41, 1, {"template_paused": 1})
    assert report.verdict is Verdict.VIOLATION
    (line,) = use.violating
    assert (line.at, line.known_since, line.told_by) == (utc(T0 + 2 * HOUR), utc(T0 + HOUR), "webhook")
    assert line.evidence == f"/messages/{line.key}@{line.at:%Y-%m-%d}"
    assert report.templates[0].violations == 1
    assert report.advice[0].key == "template_violations"


def test_marketing_after_an_opt_out_shows_that_a_duty_was_not_met(shelf: Shelf, press: Press) -> None:
    stop = ConsentChanged(at(HOUR), Source.WEBHOOK, ANNA, "marketing_messages", "stop", waba=WABA)
    shelf.learn([*good(40), stop, *send("ad", 2 * HOUR, category="marketing")])

    report = press.report(START, END)

    assert (report.opt_outs.stopped, report.opt_outs.sent_after) == (1, 1)
    duties = {each.key: each.standing for each in report.duties}
    assert duties["opt_out"] is Standing.NOT_MET
    assert duties["opt_in"] is Standing.UNKNOWN


def test_failures_stand_by_cause_with_the_next_step(shelf: Shelf, press: Press) -> None:
    shelf.learn([*good(40), *[fact for i in range(10) for fact in send(f"f{i}", HOUR, Status.FAILED)]])

    report = press.report(START, END)

    assert [(line.code, line.n) for line in report.failures] == [(131049, 10)]
    assert report.failures[0].next_step
    assert sum(report.failures_by_fault.values()) == 10


def test_what_happened_to_accounts_and_numbers_is_listed_without_names(shelf: Shelf, press: Press) -> None:
    shelf.learn([
        AccountChanged(at(HOUR), Source.WEBHOOK, "ACCOUNT_RESTRICTION", waba=WABA, after="RESTRICTED_BIZ_INITIATED"),
        NumberChanged(at(HOUR), Source.POLL, "quality", number=NUMBERS[0], waba=WABA, before="GREEN", after="RED"),
        NumberChanged(at(HOUR), Source.POLL, "verified_name", number=NUMBERS[0], waba=WABA, after="Anna's shop"),
        NumberChanged(at(HOUR), Source.POLL, "limit", number=NUMBERS[0], waba=WABA, after="TIER_1K"),
        AccountChanged(at(HOUR), Source.POLL, "WABA_NAME", waba=WABA, before="Anna's", after="Anna's shop"),
        AccountChanged(at(5 * HOUR), Source.WEBHOOK, "ACCOUNT_VIOLATION", waba=WABA),
    ])  # fmt: skip

    events = press.report(START, END).account_events

    assert {(each.kind, each.event, each.after) for each in events} == {
        ("account", "ACCOUNT_RESTRICTION", "RESTRICTED_BIZ_INITIATED"),
        ("number", "quality", "RED"),
    }


def test_a_restriction_stands_with_its_end_and_what_was_sent_meanwhile(shelf: Shelf, press: Press) -> None:
    kind, end = "RESTRICTED_BIZ_INITIATED_MESSAGING", (START + 2 * HOUR) // 1_000
    detail = f'{{"restriction_info": [{{"restriction_type": "{kind}", "expiration": {end}}}]}}'
    told = AccountChanged(at(-1_000), Source.WEBHOOK, "ACCOUNT_RESTRICTION", waba=WABA, after=kind, detail=detail)
    warned = AccountChanged(at(-2_000), Source.WEBHOOK, "ACCOUNT_VIOLATION", waba=WABA, reason="ALCOHOL")
    in_force = [fact for i in range(3) for fact in send(f"barred{i}", START + HOUR + MINUTE - T0)]
    shelf.learn([*good(40), told, warned, *in_force, *send("late", 3 * HOUR)])

    report = press.report(START - HOUR, END, Slice(SliceKind.WABA, WABA))

    assert report.restrictions is not None
    (line,) = report.restrictions
    assert (line.kind, line.start, line.end, line.ended) == (kind, utc(T0 - 1_000), utc(START + 2 * HOUR), "term")
    assert line.sends == 3, "in the whole hours of it; what was sent later is allowed"
    assert [(each.event, each.reason) for each in report.account_events if each.reason] == [
        ("ACCOUNT_VIOLATION", "ALCOHOL")
    ]
    assert press.report(START + 2 * HOUR, END, Slice(SliceKind.WABA, WABA)).restrictions == ()


def test_a_report_of_one_account_holds_nothing_of_another(shelf: Shelf, press: Press) -> None:
    shelf.learn(good(40))

    assert press.report(START, END, Slice(SliceKind.WABA, WABA)).messages.attempted == 40
    with pytest.raises(NotFound, match="no number of waba 999 is known"):
        press.make(START, END, Slice(SliceKind.WABA, "999"))
    with pytest.raises(NotFound, match="no number 999 is known"):
        press.make(START, END, Slice(SliceKind.NUMBER, "999"))


def test_the_period_is_made_of_whole_hours_that_are_not_to_come(press: Press, clock: HandClock) -> None:
    about = press.make(START + MINUTE, clock.now() + DAY).about

    assert (about.start, about.end) == (START, clock.now())
    with pytest.raises(BadRequest, match="the period is still to come"):
        press.make(clock.now() + HOUR, clock.now() + DAY)
    with pytest.raises(BadRequest, match="ends before it begins, or with its beginning"):
        press.make(START, START)


def test_ratings_and_states_are_those_at_the_end_of_the_period(shelf: Shelf, press: Press) -> None:
    def rated(value: str, offset: int) -> Fact:
        return NumberChanged(at(offset), Source.WEBHOOK, "quality", number=NUMBERS[0], waba=WABA, after=value)

    shelf.learn([*good(40), rated("GREEN", -DAY), template("GREEN", -DAY, "quality")])
    whole, part = (press.make(START, END, of).about for of in (EVERYTHING, Slice(SliceKind.NUMBER, NUMBERS[0])))
    shelf.learn([rated("RED", 5 * HOUR), template("PAUSED", 5 * HOUR), template("RED", 5 * HOUR, "quality")])
    shelf.settle(START + DAY)

    assert press.make(START, END).about == whole, "what happened afterwards is no matter of the period"
    assert press.make(START, END, Slice(SliceKind.NUMBER, NUMBERS[0])).about == part
    report = press.report(START, END)
    assert [line.quality_rating for line in report.numbers] == ["GREEN"]
    assert [(line.status, line.quality) for line in report.templates] == [("APPROVED", "GREEN")]
    assert press.report(START, START + 6 * HOUR).numbers[0].quality_rating == "RED"


def test_while_nothing_changes_it_stays_the_same_revision_byte_for_byte(
    shelf: Shelf, press: Press, clock: HandClock
) -> None:
    shelf.learn(good(40))
    first = press.make(START, END)
    clock.turn_to(clock.now() + DAY)

    assert press.make(START, END) == first
    assert len(press.book.all(9)) == 1


def test_late_events_make_a_new_revision_that_lists_what_changed(shelf: Shelf, press: Press, clock: HandClock) -> None:
    shelf.learn([*good(40), *send("late", HOUR, Status.SENT)])
    first = press.make(START, END)
    clock.turn_to(clock.now() + DAY)
    shelf.learn([told(Status.READ, 2 * HOUR, wamid="late", waba=WABA)])

    second = press.make(START, END)

    assert (second.about.id, second.about.revision) == (first.about.id, 2)
    changed = {each.path: (each.before, each.after) for each in read(second).changes}
    assert changed["messages.sent"] == ("1", "0")
    assert changed["messages.read"] == ("0", "1")
    assert press.reporting.one(first.about.id, 1) == first, "the first stays as it was"
    assert press.reporting.one(first.about.id) == second


def test_nobody_has_asked_for_it_so_it_is_not_there(press: Press) -> None:
    with pytest.raises(NotFound, match="there is no such report"):
        press.reporting.one("abc")


def test_of_two_who_make_a_revision_at_once_one_is_kept(shelf: Shelf, press: Press) -> None:
    kept = press.make(START, END)

    assert not press.book.keep(kept, START, Deed("test", MADE, f"report:{kept.about.id}"))


def test_no_number_of_a_person_stands_in_it(shelf: Shelf, press: Press) -> None:
    shelf.learn([*good(40), template("PAUSED", HOUR), *send("wamid.secret", 2 * HOUR)])
    shelf.settle(START + DAY)

    document = press.make(START, END).document

    assert ANNA.phone.encode() not in document
    assert b"wamid." not in document


# ---------------------------------------------------------------- tampering with what is kept


def tampered(press: Press, shelf: Shelf, act: Callable[[Connection, str], object]) -> list[tuple[int, Wrong]]:
    """What is found after two revisions were made and *act* was done."""
    first = press.make(START, END)
    shelf.learn(good(40))
    press.make(START, END)
    assert press.checking.all() == (2, ())
    with shelf.database.writing() as connection:
        act(connection, first.about.id)
    return [(each.revision, each.wrong) for each in press.checking.all().found]


def test_a_changed_document_is_found(press: Press, shelf: Shelf) -> None:
    def act(connection: Connection, id: str) -> None:
        other = select(reports.c.document).where(reports.c.revision == 1).scalar_subquery()
        connection.execute(update(reports).where(reports.c.revision == 2).values(document=other))

    assert tampered(press, shelf, act) == [(2, Wrong.CHANGED)]


@pytest.mark.parametrize(("column", "value"), [("verdict", "compliant"), ("end_at", 1), ("scope", "waba:1")])
def test_a_changed_label_is_found(press: Press, shelf: Shelf, column: str, value: object) -> None:
    def act(connection: Connection, id: str) -> None:
        connection.execute(update(reports).where(reports.c.revision == 1).values({column: value}))

    assert tampered(press, shelf, act) == [(1, Wrong.CHANGED)]


def test_a_new_digest_for_a_changed_document_is_found(press: Press, shelf: Shelf) -> None:
    def act(connection: Connection, id: str) -> None:
        document = b"{}"
        digest = signed_reports.digest_of(document)
        connection.execute(update(reports).where(reports.c.revision == 2).values(document=document, sha256=digest))

    assert tampered(press, shelf, act) == [(2, Wrong.FORGED)]


def test_a_signature_of_another_key_is_found(press: Press, shelf: Shelf) -> None:
    def act(connection: Connection, id: str) -> None:
        connection.execute(update(reports).where(reports.c.revision == 2).values(key_id="0011223344556677"))

    assert tampered(press, shelf, act) == [(2, Wrong.UNKNOWN_KEY)]


@pytest.mark.parametrize("revision", [1, 2])
def test_a_revision_that_was_taken_away_is_found(press: Press, shelf: Shelf, revision: int) -> None:
    """Also the last one, which leaves no hole."""

    def act(connection: Connection, id: str) -> None:
        connection.execute(delete(reports).where(reports.c.revision == revision))

    assert tampered(press, shelf, act) == [(revision, Wrong.MISSING)]


def test_two_revisions_that_were_swapped_are_found(press: Press, shelf: Shelf) -> None:
    def act(connection: Connection, id: str) -> None:
        for was, becomes in ((1, 9), (2, 1), (9, 2)):
            connection.execute(update(reports).where(reports.c.revision == was).values(revision=becomes))

    assert tampered(press, shelf, act) == [(1, Wrong.CHANGED), (2, Wrong.CHANGED)]


def test_one_that_was_put_in_is_found_though_it_is_signed(press: Press, shelf: Shelf, clock: HandClock) -> None:
    kept = press.make(START, END)
    with shelf.database.writing() as connection:
        connection.execute(delete(audit_entries).where(audit_entries.c.action == MADE))

    assert [(each.id, each.wrong) for each in press.checking.all().found] == [(kept.about.id, Wrong.ADDED)]


def test_one_that_was_signed_anew_is_not_what_was_made(press: Press, shelf: Shelf, clock: HandClock) -> None:
    """Whoever can sign can put another in its place; the audit trail knows."""
    kept = press.make(START, END)
    document = kept.document + b" "
    digest = signed_reports.digest_of(document)
    signature = SigningKeys(shelf.database, shelf.keyring, clock).sign(signed_reports.PURPOSE, digest.encode())
    with shelf.database.writing() as connection:
        row = {"document": document, "sha256": digest, "signature": signature.value}
        connection.execute(update(reports).values(row))

    assert [each.wrong for each in press.checking.all().found] == [Wrong.REPLACED]


def test_making_and_fetching_are_in_the_audit_trail(press: Press, shelf: Shelf) -> None:
    kept = press.make(START, END)
    press.reporting.fetched(kept, "json", "user:1")

    c = audit_entries.c
    with shelf.database.reading() as connection:
        counted = select(c.action, func.count()).where(c.subject == f"report:{kept.about.id}").group_by(c.action)
        assert dict(list(connection.execute(counted))) == {"report_made": 1, "report_fetched": 1}
