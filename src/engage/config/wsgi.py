import gc
import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "engage.config.settings")
if not os.environ.get("ENGAGE_SECRET_KEY"):
    # The tools' stand-in is public: sessions, search keys and pseudonyms made with it would protect nobody.
    raise ImproperlyConfigured("Set ENGAGE_SECRET_KEY before serving pages (docs/how-to/install.md).")
application = get_wsgi_application()
# What is loaded by now stays: to walk it again and again for garbage stops every twentieth page for a tenth of a second.
get_resolver().url_patterns  # noqa: B018 (reads every page's code)
gc.collect()
gc.freeze()
