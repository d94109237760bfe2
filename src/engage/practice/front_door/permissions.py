"""Who reads the letters that come to the team, and who says of one that it was opened."""

from __future__ import annotations

from engage.govuk.london_time import moment_words
from engage.practice.access.permissions import YES, Permission, no
from engage.practice.access.reach import answers_the_line
from engage.practice.agencies.models import Staff

from .models import ReceivedLetter


def may_read_letters(by: Staff) -> Permission:
    if answers_the_line(by):
        return YES
    return no("Letters are read by colleagues of the team who answer the phone line.")


def may_open_letter(by: Staff, letter: ReceivedLetter) -> Permission:
    if letter.opened_at is None or letter.opened_by_id == by.pk:
        return YES
    return no(f"A colleague opened this letter on {moment_words(letter.opened_at)}.")
