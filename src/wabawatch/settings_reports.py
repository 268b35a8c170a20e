"""Which compliance reports are made by themselves, and who gets them: the section `reports`."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch import kinds
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.report_formats import ReportFormat
from wabawatch.domain.report_periods import slice_of
from wabawatch.kinds import Kind
from wabawatch.schedules import check_cron, check_zone
from wabawatch.sources import setting

OFF = "off"


def _cron(raw: object) -> str:
    text = str(kinds.TEXT.read(raw)).strip()
    return "" if text.lower() == OFF else check_cron(text)


def _format(raw: object) -> ReportFormat:
    text = str(kinds.TEXT.read(raw)).strip().lower()
    if text not in list(ReportFormat):
        raise ValueError(f"{text!r} is none of {', '.join(ReportFormat)}")
    return ReportFormat(text)


def _scopes(raw: object) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(kinds.WORDS.read(raw)))
    for scope in found:
        try:
            slice_of(scope)
        except BadRequest as error:
            raise ValueError(str(error).removeprefix("scope: ")) from error
    if not found:
        raise ValueError("none is given; `all` is everything")
    return found


CRON = Kind("cron expression of five fields, or `off`", _cron)
ZONE = Kind("time zone, such as Europe/Berlin", lambda raw: check_zone(str(kinds.TEXT.read(raw))))
SCOPES = Kind("comma list of all, waba:ID and number:ID", _scopes)
FORMAT = Kind(f"one of {', '.join(ReportFormat)}", _format)


@dataclass(frozen=True, slots=True)
class Reports:
    """Compliance reports that are made by themselves."""

    schedule: str = setting(
        "WABAWATCH_REPORTS_SCHEDULE",
        CRON,
        "0 6 1 * *",
        "When one is made, of the whole days since the time before: at six on the first, of the month before. `off`: "
        "never.",
    )
    time_zone: str = setting(
        "WABAWATCH_REPORTS_TIME_ZONE", ZONE, "UTC", "The time zone that the schedule and its days are meant in."
    )
    scope: tuple[str, ...] = setting(
        "WABAWATCH_REPORTS_SCOPE", SCOPES, ("all",), "Of what: one report is made of each, and sent to the same people."
    )
    to: tuple[str, ...] = setting(
        "WABAWATCH_REPORTS_TO",
        kinds.ADDRESSES,
        (),
        "Who gets it by e-mail; not set: those of `ALERT_EMAIL`. It is kept in any case.",
    )
    format: ReportFormat = setting(
        "WABAWATCH_REPORTS_FORMAT",
        FORMAT,
        ReportFormat.PDF,
        "As what file it is sent; where typst is not installed, HTML stands in for PDF.",
    )
