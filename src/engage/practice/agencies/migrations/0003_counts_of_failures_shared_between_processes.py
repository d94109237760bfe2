"""The table of Django's database cache: failed codes are counted here, for all processes of the site together.

As `createcachetable` would make it, which the application's role may not.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_engage_itself")]

    operations = [
        migrations.RunSQL(
            """
CREATE TABLE shared_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX shared_cache_expires ON shared_cache (expires);
""",
            "DROP TABLE shared_cache;",
        ),
    ]
