"""Seeds of authenticator apps, sealed: whoever reads the database or a back-up of it cannot work out anybody's codes.

There are few of them and they are short, so the root key seals them itself, and a new root key seals them anew. The
library says neither whose a seed is nor in which row it lies, so a sealed one is not bound to its person: it opens in
another's row too. It defends against who reads the database, not against who writes to it.
"""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.utils import decrypt, encrypt

from .keys import SEALED, DoesNotOpen, KeyProblem, RootKey, open_text, root_key, seal_text
from .recovery_codes import HASHED, HashedCode

_PLACE = b"engage second factor\0"
# Under these names the library keeps what it hands over to be encrypted; the second, of recovery codes, until they
# are hashed (`recovery_codes`).
SEEDS = ("secret", "seed")


def seal(text: str, root: RootKey) -> str:
    return seal_text(text, root, _PLACE)


def unseal(value: str, root: RootKey) -> str:
    """Raises as `keys.open_text` does."""
    return open_text(value, root, _PLACE)


class SecondFactors(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text, root_key())

    def decrypt(self, encrypted_text: str) -> str:
        if encrypted_text.startswith(f"{HASHED}:"):
            return HashedCode(encrypted_text)
        return unseal(encrypted_text, root_key())

    def _get_site_name(self):
        return "Engage"

    def generate_authenticator_name(self, user, type):
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {held + 1}"


class AppForm(ActivateTOTPForm):
    """While somebody sets an app up its seed lies in their session, which is a row like any other."""

    secret: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.secret = decrypt(self.secret)
        else:
            context.request.session[SECRET_SESSION_KEY] = encrypt(self.secret)


def seal_anew(old: RootKey, new: RootKey, *, using: str) -> None:
    """In the transaction that changes the root key. Raises as `unseal` does."""
    for row in Authenticator.objects.using(using).select_for_update():
        held = {name: row.data[name] for name in SEEDS if name in row.data}
        for name, value in held.items():
            if not value.startswith(f"{SEALED}:{new.name}:"):
                row.data[name] = seal(unseal(value, old), new)
        if held:
            row.save(update_fields=["data"])


def check_all(*, using: str) -> tuple[int, list[str]]:
    """How many open, and which do not."""
    root, opened, problems = root_key(), 0, []
    for row in Authenticator.objects.using(using).order_by("pk"):
        for value in (row.data[name] for name in SEEDS if name in row.data):
            try:
                unseal(value, root)
                opened += 1
            except (DoesNotOpen, KeyProblem):
                problems.append(f"Table mfa_authenticator, row {row.pk}: does not open.")
    return opened, problems


def seal_what_lies_in_clear(apps: Any, schema_editor: Any) -> None:
    """For a migration. Where there is something to seal, the root key is needed."""
    for row in _rows(apps, schema_editor):
        for name in SEEDS:
            if name in row.data and not row.data[name].startswith(f"{SEALED}:"):
                row.data[name] = seal(row.data[name], root_key())
        row.save(update_fields=["data"])


def open_what_is_sealed(apps: Any, schema_editor: Any) -> None:
    """The migration undone."""
    for row in _rows(apps, schema_editor):
        row.data |= {name: unseal(row.data[name], root_key()) for name in SEEDS if name in row.data}
        row.save(update_fields=["data"])


def _rows(apps: Any, schema_editor: Any) -> Any:
    return (
        apps.get_model("mfa", "Authenticator")
        .objects.using(schema_editor.connection.alias)
        .exclude(type="webauthn")
    )
