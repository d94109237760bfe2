from django.db import migrations

from engage.practice.access.walls import wall

TABLES = ("contact_wayofcontact", "contact_nottoperson", "contact_outgoing")
# Who is who may change; what was said, and what left, does not. Only what follows from the grouping is rewritten.
SAID_ONCE = """
CREATE FUNCTION engage_said_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{person_id,area}'::text[] = to_jsonb(OLD) - '{person_id,area}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""
BEFORE = "DROP FUNCTION engage_said_once();"


def said_once(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
CREATE TRIGGER {table}_said_once BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION engage_said_once();
CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION engage_refuse_change();
""",
        f"DROP TRIGGER {table}_said_once ON {table}; DROP TRIGGER {table}_not_emptied ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("contact", "0001_tables"), ("access", "0009_conflicts_of_interest")]

    operations = [
        *(wall(table) for table in TABLES),
        migrations.RunSQL(SAID_ONCE, BEFORE),
        *(said_once(table) for table in TABLES),
    ]
