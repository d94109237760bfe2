"""Numbers that are well formed and never issued: NHS numbers from 999, drama-range telephones."""

from __future__ import annotations

from random import Random

UPN_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
NHS_BODIES = 1_000_000
# Coprime to the number of bodies, so that counting up visits each body once, in no visible order.
NHS_STRIDE = 387_413


def nhs_check_digit(first_nine: str) -> int | None:
    """None where no digit can make the number valid."""
    remainder = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(first_nine)) % 11
    if remainder == 10:
        return None
    return 0 if remainder == 11 else remainder


def nhs_number_is_valid(number: str) -> bool:
    return (
        len(number) == 10
        and number.isdigit()
        and len(set(number)) > 1
        and nhs_check_digit(number[:9]) == int(number[9])
    )


def upn_check_letter(digits: str) -> str:
    """`digits` are the twelve characters after the letter."""
    total = sum(int(digit) * weight for weight, digit in enumerate(digits, start=2))
    return UPN_CHECK_LETTERS[total % 23]


def upn_is_valid(upn: str) -> bool:
    return len(upn) == 13 and upn[1:].isdigit() and upn[0] == upn_check_letter(upn[1:])


def one_digit_wrong(rng: Random, number: str) -> str:
    place = rng.randrange(3, len(number))
    wrong = rng.choice([digit for digit in "0123456789" if digit != number[place]])
    return number[:place] + wrong + number[place + 1 :]


class Issuer:
    """Gives each number out once, also across the parts of a county."""

    def __init__(self, seed: int) -> None:
        self.nhs_counter = seed * 7919 % NHS_BODIES
        self.upn_serials: dict[tuple[int, int, int], int] = {}
        self.counters: dict[str, int] = {}

    def nhs_number(self) -> str:
        while True:
            self.nhs_counter += 1
            body = f"999{self.nhs_counter * NHS_STRIDE % NHS_BODIES:06d}"
            check = nhs_check_digit(body)
            if check is not None:
                return f"{body}{check}"

    def upn(self, authority: int, school: int, year: int) -> str:
        """`school` is four digits; a school year that has had 999 pupils goes on under the next school number."""
        key = (authority, school, year % 100)
        serial = self.upn_serials.get(key, 0) + 1
        if serial > 999:
            return self.upn(authority, school + 100, year)
        self.upn_serials[key] = serial
        digits = f"{authority}{school:04d}{year % 100:02d}{serial:03d}"
        return upn_check_letter(digits) + digits

    def next(self, name: str) -> int:
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]


def mobile_phone(rng: Random) -> str:
    return f"07700 900{rng.randrange(1000):03d}"


def landline_phone(rng: Random) -> str:
    return f"01632 960{rng.randrange(1000):03d}"
