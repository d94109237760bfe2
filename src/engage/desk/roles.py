"""Which parts of the desk a role has business with. What is shown inside them the two walls decide."""

from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.access.reach import CORE_TEAM_ROLES
from engage.practice.agencies.models import Staff

# What those see of children is somebody else's answer to a question of theirs, a figure, or nothing at all.
WITHOUT_CHILDREN = {
    "sys_admin": "You keep Engage running. Your account sees no child and nobody's record.",
    "board_analyst": "You work with released figures. Your account sees no child's record.",
    "dpo_audit": "You look after how information is used. Your account sees no child's record by itself.",
    "inquiry_liaison": "You ask for what the inquiry needs, one request at a time. Your account sees no record by itself.",
}


def may_look_at_children(by: Staff) -> Permission:
    return no(WITHOUT_CHILDREN[by.role]) if by.role in WITHOUT_CHILDREN else YES


def works_through_first_looks(by: Staff) -> bool:
    return by.role in CORE_TEAM_ROLES | {"police_intel"}


def decides_pairs(by: Staff) -> bool:
    return by.role in CORE_TEAM_ROLES | {"police_intel"}
