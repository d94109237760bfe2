from django.db import migrations

from engage.practice.access.walls import keeps_location_of

WHOSE = "SELECT r.person_id FROM bundles_bundle b JOIN bundles_subjectrequest r ON r.id = b.request_id WHERE b.id = bundle_id"
SPANS = "category IN ('C01L', 'C03P', 'C13')"
FILES = "SELECT b.says_where FROM bundles_bundle b WHERE b.id = bundle_id"


class Migration(migrations.Migration):
    dependencies = [
        ("bundles", "0003_whether_a_bundle_says_where"),
        ("access", "0017_walls_of_protected_locations"),
    ]

    operations = [
        keeps_location_of("bundles_bundlespan", SPANS, WHOSE),
        keeps_location_of("bundles_bundlefile", FILES, WHOSE),
    ]
