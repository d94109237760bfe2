import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "engage.config.settings")
if not os.environ.get("ENGAGE_SECRET_KEY"):
    # The tools' stand-in is public: sessions, search keys and pseudonyms made with it would protect nobody.
    raise ImproperlyConfigured("Set ENGAGE_SECRET_KEY before serving pages (docs/how-to/install.md).")
application = get_wsgi_application()
