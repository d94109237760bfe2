import gc
import os

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.urls import get_resolver


def remember_every_statement(connection: BaseDatabaseWrapper, **_: object) -> None:
    """The pages together ask in some hundreds of ways; of a hundred that are planned, each would push out another."""
    connection.connection.prepared_max = 500


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "engage.config.settings")
application = get_wsgi_application()
connection_created.connect(remember_every_statement)

from engage.practice.access.keys import KeyProblem, refuse_to_start_without_keys  # noqa: E402 – needs Django's settings

if forgotten := run_checks(tags=["routes"]):
    raise ImproperlyConfigured(" ".join(f"{one.msg} {one.hint}" for one in forgotten))
try:
    # The tools' stand-ins are public: sessions, search keys and pseudonyms made with them would protect nobody.
    refuse_to_start_without_keys()
except KeyProblem as problem:
    raise ImproperlyConfigured(str(problem)) from None
finally:
    connection.close()  # opened to ask, by a thread that answers no page

# What is loaded by now stays: to walk it again and again for garbage stops every twentieth page for a tenth of a second.
# And what a page makes is let go of by itself, nearly all of it: to look for the rest after each 700 things cost a
# twentieth of the time.
get_resolver().url_patterns  # noqa: B018 (reads every page's code)
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
