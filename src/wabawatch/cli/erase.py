"""`wabawatch erase`: one person, for good; who may not be erased, and what was."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from wabawatch.app import System
from wabawatch.app_person import is_genuine_certificate, signed_certificate
from wabawatch.cli.common import HERE, Command, Where, err, opened, out, print_json, progress_bar, who
from wabawatch.cli.export_person import written
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.audit_trail import reason_of
from wabawatch.domain.erasure import Erasure, Hold, KnownId, Plan, Stage, certificate, ids_meant
from wabawatch.domain.errors import BadRequest, Conflict, NotFound
from wabawatch.domain.masking import masked_id
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.flows.erasing import SEALED
from wabawatch.wire import iso

app = Command()

Flag = Parameter(negative="")
Contact = Annotated[str, Parameter(help="Phone number with country code, BSUID or username.")]
DryRun = Annotated[bool, Parameter(negative="", help="Show whom it would erase and how much, and change nothing.")]
Alone = Annotated[bool, Parameter(negative="", help="This id alone, without those that are linked with it.")]
Compact = Annotated[
    bool,
    Parameter(
        negative="",
        help="Also write the SQLite files anew, so that nothing that was deleted before is in their free space; needs "
        "as much room again, and others wait meanwhile.",
    ),
]
Reason = Annotated[str, Parameter(help="Why, for the audit trail: no name and no number.")]


@app.default
def erase(
    *,
    contact: Contact = "",
    reason: Reason = "the person asked for it",
    export: Annotated[Path | None, Parameter(help="First write everything that is kept of the person here.")] = None,
    certificate: Annotated[Path | None, Parameter(help="Write the signed certificate here.")] = None,
    dry_run: DryRun = False,
    alone: Alone = False,
    compact: Compact = False,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    json: Annotated[bool, Parameter(negative="", help="Print what was found, or what was done, as JSON.")] = False,
    where: Where = HERE,
) -> int:
    """Erase one person from tables, webhook bodies, searches and exports, while the server works.

    First it shows which ids are linked, and how much there is of them, and asks. What was counted stays counted: the
    rows stay, and nobody can tell any more whose they are. News of erased messages that comes later is dropped for 45
    days. A run that was interrupted is finished by the next one, or by the server. docs/privacy.md says what it does
    not reach: backups, logs of other programs, the application itself.
    """
    why = reason_of(reason)
    with opened(where) as system:
        flow = system.erasure.flow
        plan = flow.plan(contact, is_alone=alone) if contact else None
        if dry_run:
            return _look(system, _given(plan), json)
        if plan is not None and not _is_agreed(plan, yes, json):
            return FAILED
        with telling() as tell:
            done = list(flow.finish_all(tell))
        if plan is None and not done:
            _given(plan)
        if plan is not None and not _is_among(system, plan, done):
            if export is not None:
                written(system, plan, export, who())
            with telling() as tell:
                done.append(flow.erase(plan, who(), why, tell))
        if not system.erasure.sealed.scrub(compact=compact):
            err.print("somebody reads just now: some of what was deleted stays in SQLite's log for a moment")
        return _tell_done(system, done, certificate, json)


@app.command
def hold(*, contact: Contact, reason: Reason, json: Annotated[bool, Flag] = False, where: Where = HERE) -> None:
    """Let nobody erase this person until the hold is ended, and say why."""
    with opened(where) as system:
        id = system.erasure.flow.hold(contact, who(), reason_of(reason))
    if json:
        print_json({"hold": id})
    else:
        out.print(f"legal hold {id}: nobody erases this person until `wabawatch erase release {id}`", markup=False)


@app.command
def release(id: int, *, where: Where = HERE) -> None:
    """End a legal hold."""
    with opened(where) as system:
        system.erasure.flow.release(id, who())
    out.print(f"legal hold {id} is ended")


@app.command
def holds(*, unmask: Annotated[bool, Flag] = False, json: Annotated[bool, Flag] = False, where: Where = HERE) -> None:
    """Show legal holds, also those that were ended.

    Parameters
    ----------
    unmask
        Show the whole ids; this is written into the audit trail.
    json
        Print JSON.
    """
    with opened(where) as system:
        if unmask:
            system.browsing.unmasked(who(), 0)
        found = system.erasure.book.holds()
    rows = [_hold_json(each, unmask) for each in found]
    if json:
        print_json(rows)
        return
    for row in rows:
        state = f"ended {row['ended_at']}" if row["ended_at"] else "holds"
        out.print(f"{row['hold']:>4}  {row['contact']}  since {row['since']}, {state}: {row['reason']}", markup=False)
    if not rows:
        out.print("there is no legal hold")


@app.command(name="list")
def list_(*, contact: Contact = "", json: Annotated[bool, Flag] = False, where: Where = HERE) -> None:
    """Show erasures, or those that were about one person: that can be told with the key file only.

    Parameters
    ----------
    json
        Print JSON.
    """
    with opened(where) as system:
        book = system.erasure.book
        found, late = book.about(ids_meant(contact)) if contact else book.all(), book.late()
    if json:
        print_json({"erasures": [erasure_json(each) for each in found], "late_news_dropped": late})
        return
    for each in found:
        state = f"done {iso(each.ended_at)}" if each.stage is Stage.DONE else "not finished: the next run finishes it"
        out.print(f"{each.id:>4}  asked {iso(each.asked_at)} by {each.actor}, {state}: {each.reason}", markup=False)
    n = "1 erasure" if len(found) == 1 else f"{len(found)} erasures"
    out.print(f"{n}; {late} news of erased messages came later and were dropped")


@app.command(name="certificate")
def certificate_(
    id: int,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="Write it to this file.")] = None,
    where: Where = HERE,
) -> None:
    """Print the signed certificate of an erasure: when, why, how much, and keyed hashes of whom."""
    with opened(where) as system:
        found = system.erasure.book.find(id)
        if found is None or found.stage is not Stage.DONE:
            raise NotFound(f"there is no erasure {id} that is done; `wabawatch erase list` shows them")
        _write(system, [found], output)


@app.command
def verify(file: Path, *, where: Where = HERE) -> int:
    """Check the signature of a certificate. Exits with 1 when it is not what this installation signed."""
    with opened(where) as system:
        try:
            is_ours = is_genuine_certificate(system.signing, file.read_bytes())
        except (OSError, ValueError) as error:
            raise BadRequest(f"{file} is no certificate of an erasure") from error
    if not is_ours:
        err.print("it was changed, or another installation signed it", style="red")
        return FAILED
    out.print("it is what this installation signed")
    return WELL


@contextmanager
def telling() -> Iterator[Callable[[str, int], None]]:
    """Show how much of what is done."""
    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, n: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=None)
            bar.advance(tasks[what], n)

        yield tell


def plan_json(plan: Plan) -> dict[str, Any]:
    """What an erasure is about, as JSON. The ids are whole: who asks knows one of them."""
    return {
        "ids": [
            {
                "kind": ContactKind(each.key.kind).name.lower(),
                "id": each.key.value,
                "given": each.is_given,
                "accounts": list(each.accounts),
                "linked_from": iso(each.first_at),
                "linked_until": iso(each.last_at),
            }
            for each in plan.ids
        ],
        "rows": dict(plan.rows),
        "legal_holds": [{"hold": each.id, "reason": each.reason, "since": iso(each.since)} for each in plan.holds],
    }


def erasure_json(each: Erasure) -> dict[str, Any]:
    """An erasure as JSON: nothing in it says who it was."""
    return {
        **certificate(each),
        "stage": each.stage.value,
        "asked_at": iso(each.asked_at),
        "ended_at": iso(each.ended_at),
    }


def _given(plan: Plan | None) -> Plan:
    if plan is None:
        raise BadRequest("contact: say whom, by --contact")
    return plan


def _look(system: System, plan: Plan, json: bool) -> int:
    """Show what an erasure would take, also where that takes a while to find."""
    if not json:
        _show(plan)
    with telling() as tell:
        swept = system.erasure.flow.look(plan, lambda _what, _item: None, lambda n: tell(SEALED, n))
    kept = {**swept.found, "files under Exports, all of them": system.erasure.exports()}
    waits = not system.spool.is_empty()
    if json:
        more = {"kept_elsewhere": kept, "not_readable": swept.unopened, "records_wait_in_a_spool": waits}
        print_json({"dry_run": True, **plan_json(plan), **more})
        return WELL
    for name, n in kept.items():
        out.print(f"{n:>9,}  {name}", markup=False)
    if swept.unopened:
        out.print(f"{swept.unopened:>9,}  values that no key opens: nobody can say what is in them", markup=False)
    if waits:
        out.print("           records wait in a spool, and were not looked at: an erasure takes them first")
    out.print("           not looked at: backups, files that were fetched, other machines (docs/privacy.md)")
    return WELL


def _is_among(system: System, plan: Plan, done: list[Erasure]) -> bool:
    """Whether what was finished just now was about the same person."""
    return bool({each.id for each in system.erasure.book.about(plan.keys)} & {each.id for each in done})


def _is_agreed(plan: Plan, yes: bool, json: bool) -> bool:
    if plan.holds:
        raise Conflict(f"legal hold {plan.holds[0].id} stops it: {plan.holds[0].reason}", code="legal_hold")
    if yes:
        return True
    if json or not sys.stdin.isatty():
        raise BadRequest("what is erased cannot be brought back: look with --dry-run, then say --yes")
    _show(plan)
    out.print("           and what bodies, events, answers and archived days hold of them (--dry-run counts it)")
    return input("Erase this person for good? [y/N] ").strip().lower() in ("y", "yes")


def _show(plan: Plan) -> None:
    for each in plan.ids:
        how, kind = "given" if each.is_given else "linked", ContactKind(each.key.kind).name.lower()
        out.print(f"{how:<7} {kind:<9} {each.key.value}  {_seen(each)}", markup=False)
    for name, n in plan.rows.items():
        if n:
            out.print(f"{n:>9,}  {name}", markup=False)
    if not any(plan.rows.values()):
        out.print("        0  rows: check how the id is written", markup=False)
    for hold in plan.holds:
        out.print(f"legal hold {hold.id} since {iso(hold.since)}: {hold.reason}", markup=False)


def _seen(id: KnownId) -> str:
    first, last = iso(id.first_at), iso(id.last_at)
    if first is None or last is None:
        return "seen with no other id"
    return f"seen {first[:10]} to {last[:10]}" + (f" ({', '.join(id.accounts)})" if id.accounts else "")


def _tell_done(system: System, done: list[Erasure], file: Path | None, json: bool) -> int:
    if file is not None:
        _write(system, done[-1:], file)
    if json:
        print_json({"erased": [erasure_json(each) for each in done]})
        return WELL
    for each in done:
        out.print(f"erasure {each.id} is done", markup=False)
        for name, n in each.counts.items():
            out.print(f"{n:>9,}  {name}", markup=False)
        if not each.counts:
            out.print("           nothing was kept of this person; check how the id is written")
    return WELL


def _write(system: System, done: list[Erasure], file: Path | None) -> None:
    (each,) = done
    content = signed_certificate(system.signing, each)
    if file is None:
        sys.stdout.write(content.decode())
    else:
        file.write_bytes(content)
        err.print(f"certificate: {file}", markup=False)


def _hold_json(each: Hold, unmask: bool) -> dict[str, Any]:
    return {
        "hold": each.id,
        "contact": _shown(each.key, unmask),
        "reason": each.reason,
        "by": each.actor,
        "since": iso(each.since),
        "ended_at": iso(each.ended_at),
    }


def _shown(key: ContactKey | None, unmask: bool) -> str:
    if key is None:
        return ""
    return key.value if unmask else masked_id(key.value)
