"""What a change of a template means, and what to do about it (META.md 7.2). Pure, and in whole sentences."""

from __future__ import annotations

from wabawatch.domain.told import Told

STATUS = {
    "APPROVED": "It may be sent.",
    "REINSTATED": "It may be sent again.",
    "UNARCHIVED": "It may be sent again.",
    "FLAGGED": "It may still be sent, but its quality is low. Unless that gets better, Meta pauses or disables it.",
    "PENDING": "Meta reviews it, which takes up to 24 hours. Do not send it until then.",
    "IN_APPEAL": "Meta reviews it again, which takes up to 24 hours. It cannot be sent until then.",
    "REJECTED": "It cannot be sent. Mend what the reason says and submit it again, or appeal in Business Support Home.",
    "PAUSED": "Sends with it are refused (132015). Send another template, and find out why people block or report it.",
    "DISABLED": "It can never be sent again. Make a new template with other content and a new name.",
    "LOCKED": "It cannot be edited. Look into WhatsApp Manager for why.",
    "LIMIT_EXCEEDED": "The account has as many templates as it may have. Delete some that are not used.",
    "ARCHIVED": "It was not used for 12 months and cannot be sent. Unarchive it within 28 days, or Meta deletes it.",
    "PENDING_DELETION": "It is being deleted. Stop sending it.",
    "DELETED": "It is gone. Sends with it are refused (132001): stop sending it.",
}
"""By status"""
PAUSES = {
    "FIRST_PAUSE": "The first pause lasts 3 hours and ends by itself. Meanwhile change who gets it or what it says.",
    "SECOND_PAUSE": "The second pause lasts 6 hours and ends by itself. The next time Meta disables it for ever.",
    "RATE_LIMITING_PAUSE": "Meta held it back while it was tried on some people, who did not like it. "
    "This pause does not end by itself: edit the template, or unpause it in WhatsApp Manager.",
    "UNPAUSE": "The pause is over and its quality is counted anew. Send it to fewer people at first.",
    "UNPAUSED": "The pause is over and its quality is counted anew. Send it to fewer people at first.",
    "DISABLED": STATUS["DISABLED"],
}
"""By what Meta says of a pause"""
REJECTIONS = {
    "ABUSIVE_CONTENT": "Its words may be taken as a threat or an insult. Write it anew.",
    "INCORRECT_CATEGORY": "It is of another category than was said. Submit it under the right one.",
    "CATEGORY_NOT_AVAILABLE": "Its category can no longer be chosen. Submit it under another one.",
    "INVALID_FORMAT": "Its variables are not well formed: they must be numbered in order and stand between words, not "
    "at the beginning or the end.",
    "PROMOTIONAL": "It promotes something, which its category does not allow. Submit it as marketing.",
    "SCAM": "Meta takes it for a fraud. Ask for no identifiers, and say who you are; else appeal.",
    "TAG_CONTENT_MISMATCH": "Its language or category does not fit what it says. Submit it under the right one.",
}
"""By the reason of a rejection"""
QUALITY = {
    "GREEN": "People take it well.",
    "YELLOW": "Some people block or report it, or few read it. Send it to fewer people, and say how to stop it.",
    "RED": "Many people block or report it, or hardly anybody reads it. Meta is about to pause it: stop the campaign.",
    "UNKNOWN": "Too few people got it for a rating.",
}


CHANGES = frozenset({"category", "components"})
"""Aspects of which only a change says something, and not how they stand"""


def advice_on(told: Told) -> str:
    """What a line of a history means, and what to do; "" nothing is known to say."""
    return "" if told.is_first_look and told.event in CHANGES else advice(told.event, told.after, told.reason)


def advice(aspect: str, after: str, reason: str) -> str:
    """What it means that *aspect* became *after* for *reason*, and what to do; "" nothing is known to say."""
    match aspect:
        case "status":
            said = (PAUSES.get(reason) or REJECTIONS.get(reason, "")) if reason else ""
            # What it says of a pause is whole; a reason of a rejection stands before what to do.
            return said if said and reason in PAUSES else " ".join(filter(None, (said, STATUS.get(after, ""))))
        case "quality":
            return QUALITY.get(after, "")
        case "category":
            return (
                f"Its messages are charged as {after.lower()} from now on. You can appeal within 60 days."
                if after
                else ""
            )
        case "category_notice":
            return (
                f"Meta will make it {after.lower()} within a day, or when the month ends, and charge it as such. "
                "Change what it says, or appeal in Business Support Home."
                if after
                else "Its category stays as it is."
            )
        case "components":
            return "Somebody edited its text or buttons. Check that what you send still fits its variables."
        case _:
            return ""
