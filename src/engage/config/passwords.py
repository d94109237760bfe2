"""Which passwords are refused besides short and common ones. docs/how-to/install.md names the words."""

from __future__ import annotations

from django.core.exceptions import ValidationError

# What somebody who knows where a colleague works would try first. Each counts only where little else is in the
# password: a long sentence that happens to hold one is as good as any other.
WORDS_OF_THE_WORK = (
    "engage", "freedom", "safeguarding", "safeguard", "childprotection", "children", "child", "missing", "exploitation",
    "police", "council", "social", "worker", "helpline", "team", "password", "welcome", "admin",
)  # fmt: skip
MUST_BE_LEFT = 8


class NoWordsOfTheWork:
    """Refuses `Engage-Safeguarding-2026`: without the words of the work and digits, fewer than eight letters are left."""

    def validate(self, password: str, user: object = None) -> None:
        left = password.lower()
        for word in (*_words_about(user), *WORDS_OF_THE_WORK):
            left = left.replace(word, "")
        if left != password.lower() and sum(letter.isalpha() for letter in left) < MUST_BE_LEFT:
            raise ValidationError(
                "This password is little more than words of the work or of your name. Add words that have nothing to do with it.",
                code="words_of_the_work",
            )

    def get_help_text(self) -> str:
        return "Your password can’t be made of words of the work or of your name alone."


def _words_about(user: object) -> list[str]:
    """Sign-in name, name and agency, longest first; words of fewer than three letters are in everything."""
    staff = getattr(user, "staff", None)
    said = (
        f"{getattr(user, 'username', '')} {staff.name} {staff.agency.name}"
        if staff
        else getattr(user, "username", "")
    )
    return sorted(
        (word for word in said.lower().replace("-", " ").split() if len(word) > 2), key=len, reverse=True
    )
