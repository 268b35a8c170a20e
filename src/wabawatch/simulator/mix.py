"""How unpleasant a simulation is: the probability of every oddity that Meta's platform is known for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mix:
    """Probabilities from 0 to 1, per send unless the line says otherwise. The defaults switch everything off."""

    # What becomes of a send
    refused: float = 0.004
    failed: float = 0.022
    undelivered: float = 0.006
    """Stays `sent` for ever."""
    read: float = 0.62
    """Of those that arrive."""
    failed_after_sent: float = 0.5
    """Of those that fail."""
    template_trouble: float = 0.0
    """Of refusals and failures of template sends: paused, missing or disabled templates."""
    silent: float = 0.0
    """Accepted, and never a status."""
    slow: float = 0.0
    """Of those that arrive: the phone was off for up to three hours."""
    contradicted: float = 0.0
    """Delivered and failed, in either order."""
    delivered_skipped: float = 0.0
    """Of those that are read: no `delivered` came."""
    played: float = 0.0
    """Of voice messages that are read."""
    held: float = 0.0
    """Of marketing and utility templates: kept back for quality assessment."""
    held_dropped: float = 0.3
    """Of those held."""
    held_forever: float = 0.1
    """Of those held."""

    # What is sent, and to whom
    free_form: float = 0.0
    reaction: float = 0.0
    group: float = 0.0
    bsuid_only: float = 0.0
    """Of people."""
    phone_omitted: float = 0.0
    """Of statuses to people with a phone number: told by BSUID only."""

    # What the application writes down
    unrecorded: float = 0.0
    unlinked: float = 0.0
    """Logged, but the wamid never is."""
    unanswered: float = 0.0
    """Logged with an unknown outcome: the answer was lost on its way."""
    linked_later: float = 0.0
    logged_twice: float = 0.0
    logged_late: float = 0.0
    """After every status."""
    overtaken: float = 0.0
    """The first status is there before the answer is written down."""

    # What else comes in
    inbound: float = 0.0
    marked_read: float = 0.0
    """Of inbound messages: the application tells Meta that it read them."""
    system: float = 0.0
    echo: float = 0.0
    standby: float = 0.0
    orphan: float = 0.0
    """A lone delivered or read of a message that nobody ever saw sent."""
    notice: float = 0.0
    """News of a template, number or account, or of a field nobody knows."""
    history: float = 0.0

    # How it is brought
    body_repeated: float = 0.0
    """Of bodies: the same bytes once more."""
    item_repeated: float = 0.0
    """Of statuses: told again inside another body."""
    delayed: float = 0.0
    """Of statuses: brought minutes or hours after they happened."""
    batched: float = 0.0
    """Of updates: they wait and travel together."""
    batch_size: int = 1_000
    """The most updates in one body."""

    @classmethod
    def plain(cls) -> Mix:
        """Sent, delivered, read, failed, and nothing else: about 97 % are delivered and 2 to 3 % fail."""
        return cls()

    @classmethod
    def nasty(cls) -> Mix:
        """Everything at once, far more often than in life."""
        return cls(
            refused=0.02, failed=0.04, undelivered=0.02, read=0.6, template_trouble=0.3, silent=0.01, slow=0.02,
            contradicted=0.02, delivered_skipped=0.15, played=0.6, held=0.03,
            free_form=0.2, reaction=0.02, group=0.03, bsuid_only=0.15, phone_omitted=0.05,
            unrecorded=0.08, unlinked=0.02, unanswered=0.01, linked_later=0.03, logged_twice=0.05, logged_late=0.05,
            overtaken=0.1,
            inbound=0.2, marked_read=0.4, system=0.005, echo=0.03, standby=0.04, orphan=0.01, notice=0.01,
            history=0.001,
            body_repeated=0.04, item_repeated=0.03, delayed=0.06, batched=0.5,
        )  # fmt: skip
