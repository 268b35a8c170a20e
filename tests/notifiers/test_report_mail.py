"""A report by e-mail: what it says, what is enclosed, and what the server's answers mean."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest

from tests.support.report_values import REPORT
from wabawatch.domain.compliance_report import ComplianceReport, millis
from wabawatch.domain.notices import Outcome
from wabawatch.notifiers import report_mail
from wabawatch.notifiers.report_mail import Enclosed, ReportMailer, mail_of
from wabawatch.notifiers.smtp import Refusals, Trouble
from wabawatch.report_ports import Kept, Revision
from wabawatch.settings_mail import MailServer
from wabawatch.signatures import Signature
from wabawatch.signed_reports import encode

FILE = Enclosed("october.pdf", "application/pdf", b"%PDF-1.7", b'{"sha256": "..."}')
TO = ("ann@example.com", "ben@example.com")


def kept(report: ComplianceReport = REPORT) -> Kept:
    about = Revision(
        report.id, report.revision, report.scope, millis(report.start), millis(report.end), millis(report.as_of),
        report.verdict, "schedule", "ab", Signature("key", b""),
    )  # fmt: skip
    return Kept(about, encode(report))


def made(report: ComplianceReport = REPORT, file: Enclosed = FILE) -> EmailMessage:
    return mail_of(kept(report), file, "watch@example.com", TO, "https://watch.example.com")


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_it_says_the_verdict_with_each_requirement_and_what_to_do() -> None:
    mail = made()

    assert mail["Subject"] == "Compliance report 1 October 2026 to 31 October 2026: a violation"
    assert (mail["From"], mail["To"]) == ("wabawatch <watch@example.com>", "ann@example.com, ben@example.com")
    said = text(mail)
    assert "Delivery rate: 97.31 % of 41200 cases: compliant" in said
    assert "Webhook response (99 % within): 1.21 s of 96000 cases: a warning" in said
    assert "- Stop sending templates that Meta has not approved (now)." in said
    assert "Nobody watched for 0.4 hours" in said
    assert "https://watch.example.com/reports" in said


def test_a_whole_month_is_called_by_its_name() -> None:
    report = replace(REPORT, end=REPORT.start.replace(month=11))

    assert made(report)["Subject"] == "Compliance report October 2026: a violation"


def test_of_a_part_it_says_of_which() -> None:
    mail = made(replace(REPORT, scope="waba:102290129340398"))

    assert mail["Subject"].startswith("Compliance report of account 102290129340398 1 October 2026")
    assert text(mail).startswith("The compliance report of account 102290129340398 of 1 October 2026")


def test_the_report_and_its_signature_are_enclosed() -> None:
    enclosed = {each.get_filename(): each.get_content() for each in made().iter_attachments()}

    assert enclosed == {"october.pdf": b"%PDF-1.7", "october.pdf.sig": b'{"sha256": "..."}'}
    assert len(list(made(file=replace(FILE, beside=b"")).iter_attachments())) == 1


def test_the_same_revision_is_the_same_mail() -> None:
    assert made()["Message-ID"] == made()["Message-ID"] == "<report.5b2f1c9a77de.2@example.com>"
    assert made()["Date"] == made()["Date"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({}, Outcome.SENT),
        ({TO[0]: (550, "no such user")}, Outcome.SENT),
        ({TO[0]: (550, "no"), TO[1]: (550, "no")}, Outcome.REFUSED),
        ({TO[0]: (450, "later"), TO[1]: (550, "no")}, Outcome.RETRY),
        (Trouble("it closed the connection", may_pass=True), Outcome.RETRY),
        (Trouble("it refuses secret", may_pass=False), Outcome.REFUSED),
    ],
)
def test_what_the_servers_answer_means(
    monkeypatch: pytest.MonkeyPatch, answer: Refusals | Trouble, outcome: Outcome
) -> None:
    def hand_over(*_given: object) -> Refusals:
        if isinstance(answer, Trouble):
            raise answer
        return answer

    monkeypatch.setattr(report_mail, "hand_over", hand_over)
    server = MailServer("mail.example.com", 25, password="secret")
    delivered = ReportMailer(server, "", TO, lambda _: FILE, "").deliver(kept())

    assert delivered.outcome is outcome
    assert "secret" not in delivered.detail
    assert TO[0] not in delivered.detail
