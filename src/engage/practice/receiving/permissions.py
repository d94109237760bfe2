from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Agency, Staff

from .reading import Format

# People who run the machine or the team may hand in a file for an agency; they do not see what is in it.
MAY_SEND_FOR_OTHERS = {"sys_admin", "team_manager", "service_receiver"}
# They look at what others recorded, or run the machine: no records of their own come from them.
SEND_NOTHING = {"dpo_audit", "inquiry_liaison", "board_analyst"}


def may_send(by: Staff, agency: Agency, format: Format) -> Permission:
    if not by.is_active:
        return no("Your account is not active.")
    if by.role in SEND_NOTHING:
        return no("Your role looks at records and does not hand in files.")
    if by.agency_id != agency.pk and by.role not in MAY_SEND_FOR_OTHERS:
        return no(f"You work for {by.agency.name}: you cannot hand in files for {agency.name}.")
    if agency.kind not in format.sender_kinds:
        return no(f"{agency.name} does not send “{format.title}”.")
    return YES


def may_look_into(by: Staff, agency: Agency, format: Format) -> Permission:
    """A preview says which rows of the agency are known: only somebody who sends its files learns that.

    Whoever may send for another agency is still told nothing of its rows.
    """
    if by.agency_id != agency.pk:
        return no(f"You work for {by.agency.name}: what {agency.name} has sent is not for you to see.")
    if by.role == "sys_admin":
        return no("An administrator sees nothing of what files hold.")
    return may_send(by, agency, format)


def may_read_persons_of_concern(by: Staff) -> bool:
    """To whom the page is offered. What stands on it the policy decides, row by row."""
    return by.is_active and by.role in ("police_intel", "team_manager")


def may_add_formats(by: Staff) -> Permission:
    return YES if by.role in ("sys_admin", "service_receiver") else no("Only an administrator adds formats.")
