"""Persons of concern of older registers lay in a compartment that no circle could ever name."""

from django.db import migrations

MOVE = """
INSERT INTO access_compartment (owner_id, category, label)
SELECT DISTINCT c.owner_id, c.category, '{new}' FROM access_compartment c
WHERE c.category = 'C18' AND c.label = '{old}'
ON CONFLICT DO NOTHING;
ALTER TABLE receiving_setasiderow NO FORCE ROW LEVEL SECURITY;
UPDATE receiving_setasiderow row SET compartment_id = new.id
FROM access_compartment old JOIN access_compartment new
    ON new.owner_id = old.owner_id AND new.category = old.category AND new.label = '{new}'
WHERE row.compartment_id = old.id AND old.category = 'C18' AND old.label = '{old}';
ALTER TABLE receiving_setasiderow FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("receiving", "0004_one_receipt_for_each_sheet"), ("access", "0004_label_unverified")]

    operations = [
        migrations.RunSQL(
            MOVE.format(old="restricted", new="unverified"), MOVE.format(old="unverified", new="restricted")
        )
    ]
