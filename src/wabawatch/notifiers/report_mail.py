"""A compliance report by e-mail: the verdict and the five requirements in the text, the report as a file."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from wabawatch.domain.compliance_report import ComplianceReport, RequirementLine
from wabawatch.domain.notices import Delivered
from wabawatch.domain.report_formats import BESIDE
from wabawatch.notifiers.answers import masked, refused, retry, sent, without
from wabawatch.notifiers.smtp import Trouble, hand_over
from wabawatch.report_ports import Kept
from wabawatch.settings_mail import MailServer
from wabawatch.signed_reports import decode

VERDICTS = {
    "compliant": "compliant",
    "warning": "a warning",
    "violation": "a violation",
    "insufficient_data": "too little data",
}
NAMES = {
    "delivery_rate": "Delivery rate",
    "failure_rate": "Failure rate",
    "quality_score": "Quality score",
    "template_usage": "Only approved templates",
    "webhook_response": "Webhook response (99 % within)",
}


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The report as a file, and what stands in the file beside it."""

    name: str
    media_type: str
    content: bytes
    beside: bytes


@dataclass(frozen=True, slots=True)
class ReportMailer:
    """`report_ports.ReportMail`: to each of *to*."""

    server: MailServer
    sender: str
    """"": wabawatch at this machine"""
    to: tuple[str, ...]
    file: Callable[[Kept], Enclosed]
    console: str
    """Where people open wabawatch, without a slash at the end; "" it is not known"""
    timeout_s: float = 60.0

    @property
    def receivers(self) -> int:
        """To how many."""
        return len(self.to)

    def deliver(self, kept: Kept) -> Delivered:
        """Send it. Whoever is refused while others take it is named."""
        sender = self.sender or f"wabawatch@{socket.gethostname()}"
        mail = mail_of(kept, self.file(kept), sender, self.to, self.console)
        secrets = (self.server.password,)
        try:
            refusals = hand_over(self.server, mail, sender, self.to, self.timeout_s)
        except Trouble as trouble:
            return (retry if trouble.may_pass else refused)(without(secrets, str(trouble)))
        if not refusals:
            return sent()
        said = "; ".join(f"{masked(address)}: {code} {text}" for address, (code, text) in refusals.items())
        if len(refusals) < len(self.to):
            return sent(without(secrets, said))
        may_pass = any(400 <= code < 500 for code, _ in refusals.values())
        return (retry if may_pass else refused)(without(secrets, said))


def mail_of(kept: Kept, file: Enclosed, sender: str, to: tuple[str, ...], console: str) -> EmailMessage:
    """The mail: the same for the same revision."""
    report, about = decode(kept.document), kept.about
    is_plain = all(address.isascii() for address in (sender, *to))
    mail = EmailMessage(policy=SMTP if is_plain else SMTPUTF8)
    mail["Subject"] = f"Compliance report{_of(report)} {_span(report)}: {VERDICTS[report.verdict.value]}"
    mail["From"] = Address("wabawatch", addr_spec=sender)
    mail["To"] = ", ".join(to)
    mail["Date"] = datetime.fromtimestamp(about.as_of // 1000, UTC)
    mail["Message-ID"] = f"<report.{about.id}.{about.revision}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text_of(report, console, file), cte="quoted-printable")
    kind, _, subtype = file.media_type.partition("/")
    mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    if file.beside:
        mail.add_attachment(file.beside, maintype="application", subtype="json", filename=file.name + BESIDE)
    return mail


def text_of(report: ComplianceReport, console: str, file: Enclosed) -> str:
    """What the mail says."""
    lines = [
        f"The compliance report{_of(report)} of {_span(report)} (UTC) says: {VERDICTS[report.verdict.value]}.",
        "",
        *(_line(each) for each in report.requirements),
        "",
    ]
    if report.advice:
        lines += [
            "What to do:",
            *(f"- {each.title} ({each.urgency}). {each.because}" for each in report.advice[:5]),
            "",
        ]
    if report.unknown_s:
        lines += [f"Nobody watched for {report.unknown_s / 3600:.1f} hours of it: that time is unknown.", ""]
    if console:
        lines += [f"All reports: {console}/reports"]
    beside = f", its signature in {file.name}{BESIDE}" if file.beside else ""
    lines += [f"The report is enclosed as {file.name}{beside}.", f"Report {report.id}, revision {report.revision}."]
    return "\n".join(lines) + "\n"


def _line(line: RequirementLine) -> str:
    if line.value is None:
        said = "unknown"
    else:
        said = f"{line.value:.2f} s" if line.key == "webhook_response" else f"{line.value * 100:.2f} %"
    return f"{NAMES[line.key]}: {said} of {line.n} cases: {VERDICTS[line.verdict.value]}"


def _of(report: ComplianceReport) -> str:
    kind, _, id = report.scope.partition(":")
    return {"waba": f" of account {id}", "number": f" of number {id}"}.get(kind, "")


def _span(report: ComplianceReport) -> str:
    first, last = report.start, report.end
    if first.day == last.day == 1 and (last - first).days <= 31 and not (first.hour or last.hour):
        return f"{first:%B %Y}"
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
