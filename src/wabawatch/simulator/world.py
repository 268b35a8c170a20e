"""The cast of a simulation: accounts, numbers, templates, people and groups, all from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from wabawatch.simulator.countries import BY_ISO, COUNTRIES, country_of
from wabawatch.simulator.ids import digits, stream


@dataclass(frozen=True, slots=True)
class Waba:
    """A WhatsApp Business Account."""

    id: str
    name: str
    portfolio: str
    webhook_version: int
    """The Graph version its webhooks are pinned to: below 24 they still carry `conversation`."""


@dataclass(frozen=True, slots=True)
class Number:
    """A business phone number."""

    id: str
    waba: Waba
    phone: str
    display: str
    verified_name: str
    quality: str
    limit: str


@dataclass(frozen=True, slots=True)
class Template:
    """A message template in one language."""

    id: str
    waba: str
    name: str
    language: str
    category: str
    """marketing | utility | authentication"""
    status: str
    quality: str
    risk: float
    """How much likelier than usual a message made from it fails."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A WhatsApp user who deals with one business number. Either id may be missing, never both."""

    number: Number
    country: str
    phone: str
    bsuid: str
    parent_bsuid: str
    username: str
    name: str

    @property
    def address(self) -> str:
        """What a send names as its recipient."""
        return self.phone or self.bsuid


@dataclass(frozen=True, slots=True)
class Group:
    """A group in which a business number writes."""

    id: str
    number: Number
    participants: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Everybody and everything that a simulation tells about."""

    wabas: tuple[Waba, ...]
    numbers: tuple[Number, ...]
    templates: tuple[Template, ...]
    contacts: tuple[Contact, ...]
    groups: tuple[Group, ...]
    usable: Mapping[str, tuple[Template, ...]] = field(repr=False)
    """The approved templates of each WABA."""
    by_address: Mapping[str, Contact] = field(repr=False)
    """Everybody by phone and by BSUID."""

    def number(self, number_id: str) -> Number | None:
        """The number with that phone_number_id."""
        return next((number for number in self.numbers if number.id == number_id), None)

    def templates_of(self, waba: str) -> tuple[Template, ...]:
        """Every template of a WABA, whatever its status."""
        return tuple(template for template in self.templates if template.waba == waba)


def build(
    seed: int, *, numbers: int = 5, contacts: int = 200, templates: int = 24, bsuid_only: float = 0.0, wabas: int = 2
) -> World:
    """Make a world. *bsuid_only* is the share of people whose phone number is never told."""
    rng = stream(seed, "world")
    accounts = tuple(_waba(rng, index) for index in range(wabas))
    lines = tuple(_number(rng, index, accounts[index % wabas]) for index in range(numbers))
    forms = tuple(_template(rng, index // wabas, accounts[index % wabas]) for index in range(max(templates, 6 * wabas)))
    people = tuple(_contact(rng, rng.choice(lines), bsuid_only) for _ in range(contacts))
    usable = {one.id: tuple(t for t in forms if t.waba == one.id and t.status == "APPROVED") for one in accounts}
    by_address = {address: one for one in people for address in (one.phone, one.bsuid) if address}
    return World(accounts, lines, forms, people, _groups(rng, people), usable, by_address)


def stranger(number: Number, phone: str, bsuid: str) -> Contact:
    """Somebody outside the cast, known by the ids that a send gave."""
    country = country_of(phone) or bsuid.partition(".")[0]
    return Contact(number, country, phone, bsuid, "", "", "Simulated Stranger")


_BUSINESSES = ("Harbour Books", "Alma Clinic", "Norte Foods", "Linden Travel", "Quill Bank", "Orchard Homes")
_LIMITS = ("TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
_FORMS = (
    ("order_update", "utility"),
    ("season_offer", "marketing"),
    ("login_code", "authentication"),
    ("delivery_notice", "utility"),
    ("appointment_reminder", "utility"),
    ("loyalty_points", "marketing"),
    ("payment_receipt", "utility"),
    ("new_arrivals", "marketing"),
)
_LANGUAGES = ("en_US", "pt_BR", "es", "de", "id")
_FIRST_NAMES = ("Ana", "Bruno", "Chidi", "Dana", "Émile", "Farah", "Gül", "Hana", "İpek", "João", "Kofi", "Lena", "Mei")
_LAST_NAMES = ("Abe", "Costa", "Diaz", "Ekström", "Haddad", "Khan", "Lopes", "Meyer", "Nwosu", "Peña", "Rossi", "Şahin")


def _waba(rng: Random, index: int) -> Waba:
    name = _BUSINESSES[index % len(_BUSINESSES)]
    return Waba(digits(rng, 15), name, digits(rng, 15), webhook_version=25 if index % 2 == 0 else 23)


def _number(rng: Random, index: int, waba: Waba) -> Number:
    phone = f"1555{rng.randrange(100, 1000)}{index:04}"
    display = f"+1 555-{phone[4:7]}-{phone[7:]}"
    quality = rng.choices(("GREEN", "YELLOW", "RED"), (90, 8, 2))[0]
    return Number(digits(rng, rng.choice((15, 16))), waba, phone, display, waba.name, quality, rng.choice(_LIMITS))


def _template(rng: Random, index: int, waba: Waba) -> Template:
    turn, form = divmod(index, len(_FORMS))
    name, category = _FORMS[form]
    status = "APPROVED" if turn == 0 else rng.choices(("APPROVED", "PAUSED", "REJECTED"), (90, 6, 4))[0]
    quality = (
        "UNKNOWN" if status == "REJECTED" else rng.choices(("GREEN", "YELLOW", "RED", "UNKNOWN"), (80, 8, 2, 10))[0]
    )
    language = _LANGUAGES[turn % len(_LANGUAGES)]
    suffix = f"_{turn // len(_LANGUAGES) + 1}" if turn >= len(_LANGUAGES) else ""
    return Template(digits(rng, 16), waba.id, name + suffix, language, category, status, quality, rng.uniform(0.6, 1.4))


def _contact(rng: Random, number: Number, bsuid_only: float) -> Contact:
    country = rng.choices(COUNTRIES, [country.weight for country in COUNTRIES])[0]
    phone = country.mobile + digits(rng, country.length - len(country.mobile))
    name = f"{rng.choice(_FIRST_NAMES)} {rng.choice(_LAST_NAMES)}"
    is_hidden = rng.random() < bsuid_only
    has_username = is_hidden or rng.random() < 0.1
    username = f"user{digits(rng, 9)}" if has_username else ""
    bsuid = f"{country.iso}.{digits(rng, 17)}"
    parent = f"{country.iso}.ENT.{digits(rng, 17)}" if rng.random() < 0.1 else ""
    return Contact(number, country.iso, "" if is_hidden else phone, bsuid, parent, username, name)


def _groups(rng: Random, people: tuple[Contact, ...]) -> tuple[Group, ...]:
    homes: dict[str, list[Contact]] = {}
    for person in people:
        homes.setdefault(person.number.id, []).append(person)
    return tuple(_group(rng, home) for home in homes.values() if len(home) > 1)


def _group(rng: Random, home: list[Contact]) -> Group:
    members = rng.sample(home, min(len(home), rng.randrange(2, 9)))
    return Group(f"{digits(rng, 18)}@g.us", home[0].number, tuple(members))


def risk_of(country: str) -> float:
    """How much likelier than usual a message to that country fails."""
    return BY_ISO[country].risk if country in BY_ISO else 1.0
