from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Agency, Staff

from .reading import Format

# People who run the machine or the team may hand in a file for an agency; they do not see what is in it.
MAY_SEND_FOR_OTHERS = {"sys_admin", "team_manager", "service_receiver"}


def may_send(by: Staff, agency: Agency, format: Format) -> Permission:
    if not by.is_active:
        return no("Your account is not active.")
    if by.agency_id != agency.pk and by.role not in MAY_SEND_FOR_OTHERS:
        return no(f"You work for {by.agency.name}: you cannot hand in files for {agency.name}.")
    if agency.kind not in format.sender_kinds:
        return no(f"{agency.name} does not send “{format.title}”.")
    return YES


def may_add_formats(by: Staff) -> Permission:
    return YES if by.role in ("sys_admin", "service_receiver") else no("Only an administrator adds formats.")
