"""Whoever suspends somebody, by page, command or in the database, ends their sessions in the same transaction."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agencies", "0006_sessions_have_an_owner_and_services_cannot_sign_in")]

    operations = [
        migrations.RunSQL(
            """
CREATE FUNCTION engage_sign_out_staff() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM agencies_session WHERE user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE FUNCTION engage_sign_out_agency() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM agencies_session
        WHERE user_id IN (SELECT user_id FROM agencies_staff WHERE agency_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER who_is_suspended_is_signed_out AFTER UPDATE OF status, user_id ON agencies_staff
    FOR EACH ROW WHEN (NEW.status <> 'active') EXECUTE FUNCTION engage_sign_out_staff();
CREATE TRIGGER who_has_left_is_signed_out AFTER UPDATE OF is_active ON agencies_agency
    FOR EACH ROW WHEN (NOT NEW.is_active) EXECUTE FUNCTION engage_sign_out_agency();
""",
            """
DROP TRIGGER who_is_suspended_is_signed_out ON agencies_staff;
DROP TRIGGER who_has_left_is_signed_out ON agencies_agency;
DROP FUNCTION engage_sign_out_staff();
DROP FUNCTION engage_sign_out_agency();
""",
        )
    ]
