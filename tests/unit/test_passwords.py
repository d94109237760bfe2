"""Which passwords are refused, and that a long sentence is not."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

EWAN = SimpleNamespace(
    username="ewan",
    staff=SimpleNamespace(name="Ewan Pickup", agency=SimpleNamespace(name="Blackburn with Darwen")),
)


@pytest.mark.parametrize(
    "password",
    [
        "short 11chr",
        "megaparol12345",  # too common, though long
        "Engage-Safeguarding-2026",
        "ewanpickup2026!!",
        "BlackburnDarwen1",
        "MissingChildren24",
    ],
)
def test_what_somebody_would_try_first_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, EWAN)


@pytest.mark.parametrize(
    "password",
    [
        "a long invented sentence",
        "correct horse battery staple",
        "the team of tall green herons",
        "only lower case letters",
        "ẅëïrd çhäräctërs äñd 日本語",
        "x" * 20 + " and " + "y" * 70,
    ],
)
def test_any_long_sentence_of_any_characters_is_taken(password):
    validate_password(password, EWAN)
