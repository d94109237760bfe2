from django.db import migrations

from engage.practice.access.second_factors import open_what_is_sealed, seal_what_lies_in_clear


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0019_what_waits_for_no_lead_is_seen_by_every_lead"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_what_lies_in_clear, open_what_is_sealed)]
