"""These tests need templates and static files only: they run with the project's settings, or with none given."""

from pathlib import Path

import django
from django.conf import settings

import engage.govuk

SOURCE = Path(engage.govuk.__file__).parents[1]

if not settings.configured:
    settings.configure(
        INSTALLED_APPS=["django.contrib.staticfiles", "engage.govuk"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        STATIC_URL="/static/",
        STATICFILES_DIRS=[SOURCE / "static"],
        SECRET_KEY="only-for-tests",
        TIME_ZONE="Europe/London",
        LANGUAGE_CODE="en-gb",
        USE_I18N=False,
    )
    django.setup()
