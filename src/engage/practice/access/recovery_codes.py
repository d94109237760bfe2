"""Recovery codes: made when they are shown, which is once; kept as salted hashes alone; each good once.

The library would derive ten codes from a seed that it keeps: who has the seed has the codes. But it also takes codes that
were brought along from elsewhere (`migrated_codes`): it looks for the one that equals what was typed, and strikes it
out. Ours equal a code by their hash.

Eight digits are soon tried out against a quick hash, so it is the one of passwords, Argon2. A digit before them says
which of the ten it is: a try costs one hash and not ten. Making a set costs ten, some two seconds on a slow machine.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

HASHED = "hashed-1"
CODES = 10
DIGITS = 8


class HashedCode(str):
    """Equals the code that it was made from."""

    def __eq__(self, typed: object) -> bool:
        _, which, hashed = self.split(":", 2)
        code = normalize_user_code(str(typed))
        if len(code) != len(which) + DIGITS or not code.startswith(which):
            return False
        return check_password(code.removeprefix(which), hashed)

    __hash__ = str.__hash__


def hashed(code: str, which: str = "") -> str:
    return f"{HASHED}:{which}:{make_password(code)}"


def keep_no_seed(instance: Authenticator, **kwargs: Any) -> None:
    """Before the library writes a new set: until it is shown there is no code."""
    if instance.type == Authenticator.Type.RECOVERY_CODES and "seed" in instance.data:
        instance.data = {"migrated_codes": []}


@transaction.atomic
def made_to_be_shown(user: Any) -> list[str]:
    """Empty where they were shown before, and where there is no set."""
    row = (
        Authenticator.objects.select_for_update()
        .filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES)
        .first()
    )
    if row is None or row.data.get("viewed_at"):
        return []
    made = {str(which): f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" for which in range(CODES)}
    row.data = {
        "migrated_codes": [hashed(code, which) for which, code in made.items()],
        "viewed_at": time.time(),
    }
    row.save(update_fields=["data"])
    return [f"{which}-{code[:4]}-{code[4:]}" for which, code in made.items()]


def hash_what_was_derived(apps: Any, schema_editor: Any) -> None:
    """For a migration: codes that somebody has printed go on being good. Takes as long as making them."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    rows = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
    for row in rows.filter(type=Authenticator.Type.RECOVERY_CODES, data__has_key="seed"):
        printed = RecoveryCodes(row).get_unused_codes() if row.data.get("viewed_at") else []
        row.data = {"migrated_codes": [hashed(code) for code in printed]} | {
            name: row.data[name] for name in ("viewed_at",) if name in row.data
        }
        row.save(update_fields=["data"])
