"""What a template says, from the value of a `message_template_components_update`. Never raises on content."""

from __future__ import annotations

import json

from wabawatch.domain.template_stands import TemplateText
from wabawatch.meta.reading import WORDS_LIMIT, items, mapping, text

_PARTS = (
    ("header", "message_template_title"),
    ("body", "message_template_element"),
    ("footer", "message_template_footer"),
)
_TARGETS = ("message_template_button_url", "message_template_button_phone_number")


def texts_of(detail: str) -> tuple[TemplateText, ...]:
    """The parts that *detail*, JSON as it came, has a text for; none if it is something else."""
    try:
        value = mapping(json.loads(detail))
    except (ValueError, RecursionError):
        return ()
    found = [TemplateText(part, text(value.get(name), WORDS_LIMIT)) for part, name in _PARTS]
    for button in map(mapping, items(value.get("message_template_buttons"))):
        target = next((said for name in _TARGETS if (said := text(button.get(name)))), "")
        said = text(button.get("message_template_button_text"))
        found.append(TemplateText("button", f"{said} ({target})" if said and target else said or target))
    return tuple(each for each in found if each.text)
