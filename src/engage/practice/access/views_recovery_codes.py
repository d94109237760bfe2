"""The page that shows recovery codes, once."""

from __future__ import annotations

from typing import Any

from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView

from .recovery_codes import made_to_be_shown


class RecoveryCodesPage(ViewRecoveryCodesView):
    http_method_names = ["get"]  # whoever asks for the head alone would use up the one time

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        made = made_to_be_shown(self.request.user)
        context = super().get_context_data(**kwargs)
        return context | {"codes": made, "left": len(context["unused_codes"])}
