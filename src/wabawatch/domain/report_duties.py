"""Duties of Meta's policies, and what the data can show of each; what they cannot show is unknown. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.compliance_report import DutyLine, OptOuts, Standing


@dataclass(frozen=True, slots=True)
class Handling:
    """How this installation handles data, and what agents did."""

    body_days: int
    """So long whole webhooks are kept, sealed"""
    agent_actions: int
    """What agents were logged to have done in the period"""
    handed_over: int
    """Those among them that handed a conversation to somebody"""


def duties(
    opt_outs: OptOuts, handling: Handling, *, is_whole: bool = True, sees_templates: bool = True
) -> tuple[DutyLine, ...]:
    """The duties, in the order of Meta's policies (META.md 9.3). *is_whole*: whether each violating send was looked at;
    *sees_templates*: whether what is a template is known of nearly all sends."""
    return (
        DutyLine(
            "opt_in",
            "Opt-in before messages that the business begins",
            Standing.UNKNOWN,
            "The opt-in is given to the business, outside of the platform: nothing that is watched here shows it. Keep"
            " when and how each person agreed.",
        ),
        _opt_out(opt_outs, is_whole, sees_templates),
        DutyLine(
            "profile",
            "Profile with contact data, no impersonation",
            Standing.UNKNOWN,
            "Business profiles are not watched.",
        ),
        DutyLine(
            "identifiers",
            "No card, account or ID numbers are asked for",
            Standing.UNKNOWN,
            "The text of messages is not read, so nothing is known.",
        ),
        _escalation(handling),
        _data(handling),
    )


def _opt_out(opt_outs: OptOuts, is_whole: bool, sees_templates: bool) -> DutyLine:
    title = "Opt-outs are honoured"
    if opt_outs.sent_after:
        least = "" if is_whole and sees_templates else "At least "
        said = f"{least}{opt_outs.sent_after} marketing templates were sent to people who had stopped them."
        return DutyLine("opt_out", title, Standing.NOT_MET, said)
    if not is_whole:
        said = "Not each send that broke the template rule could be looked at: there may be opt-outs among them."
        return DutyLine("opt_out", title, Standing.UNKNOWN, said)
    if not sees_templates:
        said = "Most sends were not recorded, so which were marketing templates is not known."
        return DutyLine("opt_out", title, Standing.UNKNOWN, said)
    heard = f"people stopped them {opt_outs.stopped} times" if opt_outs.stopped else "nobody was heard to stop them"
    said = (
        f"No marketing template was sent to anybody who had stopped marketing messages; in this period {heard}."
        " Opt-outs that were told to the business elsewhere are not seen here."
    )
    return DutyLine("opt_out", title, Standing.MET if opt_outs.stopped else Standing.UNKNOWN, said)


def _escalation(handling: Handling) -> DutyLine:
    title = "Automation offers a way to a human"
    if handling.handed_over:
        said = f"{handling.handed_over} of {handling.agent_actions} logged actions handed a conversation over."
        return DutyLine("escalation", title, Standing.MET, said)
    if handling.agent_actions:
        said = f"{handling.agent_actions} actions of agents were logged, none of which handed a conversation over."
    else:
        said = "No actions of agents were logged (`log_agent_interaction`), so nothing is known."
    return DutyLine("escalation", title, Standing.UNKNOWN, said)


def _data(handling: Handling) -> DutyLine:
    said = (
        "wabawatch runs with the business, and sends webhooks on only to targets that the business has set. The text of"
        f" messages is not kept beside their rows; whole webhooks are kept sealed for {handling.body_days} days."
        " Figures are by number, template and country, never by person. What else the business does with data is not"
        " seen here."
    )
    return DutyLine("data", "Data of the platform profile nobody and are not shared", Standing.UNKNOWN, said)
