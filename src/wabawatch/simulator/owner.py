"""What a number's owner keeps with Meta: business profile, settings, PIN, and who is blocked."""

from __future__ import annotations

from dataclasses import dataclass, field

from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import ERRORS, MetaError, because
from wabawatch.simulator.world import Contact

PROFILE_FIELDS = ("about", "address", "description", "email", "profile_picture_url", "websites", "vertical")
MOST_BLOCKED_AT_ONCE = 1_000
_PIN_LENGTH = 6


def _settings() -> Json:
    return {
        "calling": {
            "status": "disabled",
            "call_icon_visibility": "hidden",
            "ip_addresses": {"default": []},
            "callback_permission_status": "disabled",
        },
        "payload_encryption": {"status": "disabled"},
        "storage_configuration": {"status": "default"},
    }


@dataclass(slots=True)
class Owned:
    """What belongs to one number."""

    profile: Json = field(default_factory=lambda: {"about": "Hello.", "vertical": "RETAIL"})
    settings: Json = field(default_factory=_settings)
    pin: str = ""
    """Of two-step verification; ``""``: none was set."""
    blocked: dict[str, Json] = field(default_factory=dict)
    """By phone or BSUID: how the platform names the user."""

    def blocks(self, person: Contact | None) -> bool:
        """Whether *person* is blocked."""
        return person is not None and any(one in self.blocked for one in (person.phone, person.bsuid) if one)

    def pin_refusal(self, pin: str) -> MetaError | None:
        """Why *pin* is not taken; the first one given is kept."""
        if not (pin.isdecimal() and len(pin) == _PIN_LENGTH):
            return because(100, "The parameter pin has 6 digits.")
        if self.pin and pin != self.pin:
            return ERRORS[133005]
        self.pin = pin
        return None


def named(user: str) -> Json:
    """A user of a block list, as the platform repeats it."""
    if user[:2].isalpha():
        return {"input": user, "user_id": user}
    return {"input": user, "wa_id": "".join(filter(str.isdecimal, user))}


def key_of(name: Json) -> str:
    """By which a blocked user is remembered."""
    return str(name.get("wa_id") or name.get("user_id") or "")
