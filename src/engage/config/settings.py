"""Settings of the staff site. Everything that differs between places comes from the environment."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF

from engage.practice.agencies.openid.providers import social_apps

SOURCE = Path(__file__).resolve().parents[1]
PROJECT = SOURCE.parents[1]


def database(url: str) -> dict:
    """Django's settings for a PostgreSQL address; a socket folder may stand in `?host=`, and how TLS is verified in
    `?sslmode=verify-full&sslrootcert=…`."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Plans must not depend on what hidden rows look like (security 0.4): values are bound by the server, which plans
        # a statement once and for any values. Planning again cost more than reading, the walls being in every plan.
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": 2,
            "options": "-c plan_cache_mode=force_generic_plan",
            **{key: query[key] for key in ("sslmode", "sslrootcert", "sslcert", "sslkey") if key in query},
        },
    }


NOWHERE = "postgresql://engage_app@/engage"

# The application owns nothing and cannot pass row-level security; `owner` is for migrations alone.
DATABASES = {
    "default": database(os.environ.get("ENGAGE_DATABASE_URL", NOWHERE)),
    "owner": database(os.environ.get("ENGAGE_OWNER_DATABASE_URL", NOWHERE)),
}
DATABASES["owner"]["CONN_MAX_AGE"] = 0
# For `./run engage letter post` and the demo; the staff site never uses it.
if os.environ.get("ENGAGE_PUBLIC_DATABASE_URL"):
    DATABASES["public"] = database(os.environ["ENGAGE_PUBLIC_DATABASE_URL"])
    DATABASES["public"]["CONN_MAX_AGE"] = 0
DATABASES["owner"]["TEST"] = {"DEPENDENCIES": []}
DATABASE_ROUTERS = ["engage.config.routers.MigrationsByOwner"]

# How long a stated purpose opens a record (a proposal, N).
# For how long somebody of another agency can open what was shared with them.
# Emergency access: how long, and by when a named person has reviewed it. Proposals (N).
EMERGENCY_HOURS = min(4, int(os.environ.get("ENGAGE_EMERGENCY_HOURS", "4")))
EMERGENCY_REVIEW_WORKING_DAYS = int(os.environ.get("ENGAGE_EMERGENCY_REVIEW_WORKING_DAYS", "2"))
# By when another agency answers a request for information (N).
REQUEST_WORKING_DAYS = int(os.environ.get("ENGAGE_REQUEST_WORKING_DAYS", "2"))
DISCLOSURE_DAYS = int(os.environ.get("ENGAGE_DISCLOSURE_DAYS", "14"))
# For how long somebody's word that a number or an address is safe holds (N).
CONTACT_CONFIRMED_DAYS = int(os.environ.get("ENGAGE_CONTACT_CONFIRMED_DAYS", "90"))
# Questions to sister teams and from them. Outside the demo they stay shut until an independent cryptographer has looked
# at how they are asked (docs/decisions/0028). What one person, and one team, may ask within 24 hours (N, ours).
SISTER_QUERIES = os.environ.get("ENGAGE_SISTER_QUERIES", os.environ.get("ENGAGE_DEMO", "")) == "1"
SISTER_QUESTIONS_A_DAY_BY_PERSON = int(os.environ.get("ENGAGE_SISTER_QUESTIONS_A_DAY_BY_PERSON", "20"))
SISTER_QUESTIONS_A_DAY = int(os.environ.get("ENGAGE_SISTER_QUESTIONS_A_DAY", "200"))
SISTER_POINTS_A_DAY = int(os.environ.get("ENGAGE_SISTER_POINTS_A_DAY", "4000"))
# How long a question to our former filter is answered after a new one was made.
SISTER_KEY_OVERLAP_MINUTES = int(os.environ.get("ENGAGE_SISTER_KEY_OVERLAP_MINUTES", "60"))
# How long after the second approval nothing is destroyed yet (N).
RETENTION_COOLING_OFF_DAYS = int(os.environ.get("ENGAGE_RETENTION_COOLING_OFF_DAYS", "14"))
# Of how many decided pairs one is put before somebody once more, to learn how well people agree, and after how many days
# it may come back to the same person (both ours, N).
PAIRS_REPEATED_ONE_IN = int(os.environ.get("ENGAGE_PAIRS_REPEATED_ONE_IN", "20"))
PAIRS_REPEATED_AFTER_DAYS = int(os.environ.get("ENGAGE_PAIRS_REPEATED_AFTER_DAYS", "30"))
DUTY_SHIFT_HOURS = int(os.environ.get("ENGAGE_DUTY_SHIFT_HOURS", "8"))
# A child's page asks why somebody looks, once for each child and shift, where no work with the child explains it.
ASK_PURPOSE = os.environ.get("ENGAGE_ASK_PURPOSE", "1") == "1"
# By when a look that nothing explains is reviewed (N).
LOOK_EXPLAINED_WORKING_DAYS = int(os.environ.get("ENGAGE_LOOK_EXPLAINED_WORKING_DAYS", "5"))
# More different children than this within so many minutes raise an alarm; beyond the second number the person signs in
# again before another child opens. Who does not take the alarm in time has it laid before the team manager (all N).
OPENED_WITHIN_MINUTES = int(os.environ.get("ENGAGE_OPENED_WITHIN_MINUTES", "10"))
OPENED_ALARM = int(os.environ.get("ENGAGE_OPENED_ALARM", "30"))
OPENED_SIGN_IN_AGAIN = int(os.environ.get("ENGAGE_OPENED_SIGN_IN_AGAIN", "60"))
LISTED_WITHIN_MINUTES = int(os.environ.get("ENGAGE_LISTED_WITHIN_MINUTES", "60"))
LISTED_ALARM = int(os.environ.get("ENGAGE_LISTED_ALARM", "1000"))
LISTED_SIGN_IN_AGAIN = int(os.environ.get("ENGAGE_LISTED_SIGN_IN_AGAIN", "3000"))
ALARM_TAKEN_WITHIN_HOURS = int(os.environ.get("ENGAGE_ALARM_TAKEN_WITHIN_HOURS", "4"))
# By when whoever took an alarm settles it; from then on another lead may take it over (N, ours).
ALARM_SETTLED_WITHIN_WORKING_DAYS = int(os.environ.get("ENGAGE_ALARM_SETTLED_WITHIN_WORKING_DAYS", "5"))
# How colleagues are called on what a child is given of who looked: role, first_name or name.
LOOKS_CALL_STAFF = os.environ.get("ENGAGE_LOOKS_CALL_STAFF", "role")
# Today leaves returns whose interview was due longer ago than this to the whole list (a proposal, N).
AWAITING_ON_TODAY_DAYS = int(os.environ.get("ENGAGE_AWAITING_ON_TODAY_DAYS", "28"))

# Wrong codes are counted, and used ones refused, for all processes together. Room enough that nobody can push the
# counts out by filling it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
# Blackburn with Darwen's procedure lists these two grades alone for children (process map 2.4).
GRADES_FOR_CHILDREN = tuple(os.environ.get("ENGAGE_GRADES_FOR_CHILDREN", "medium,high").split(","))
# A partnership's own list of what calls for a meeting, in the columns of reference/repeat-triggers.csv.
REPEAT_TRIGGERS = os.environ.get("ENGAGE_REPEAT_TRIGGERS", "")

DEBUG = False
ALLOWED_HOSTS = os.environ.get("ENGAGE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("ENGAGE_ORIGINS", "").split(",") if o]
SECRET_KEY = os.environ.get("ENGAGE_SECRET_KEY") or "only-for-tools-that-need-no-secret"
# One key for search tokens and one for pseudonyms in the audit: losing one must not cost the other.
TOKEN_KEY = (os.environ.get("ENGAGE_TOKEN_KEY") or SECRET_KEY + "tokens").encode()
AUDIT_KEY = (os.environ.get("ENGAGE_AUDIT_KEY") or SECRET_KEY + "audit").encode()
# Without these no site and no worker starts. Tools that need no secret may do without.
KEYS_NOT_SET = tuple(
    name for name in ("ENGAGE_SECRET_KEY", "ENGAGE_TOKEN_KEY", "ENGAGE_AUDIT_KEY") if not os.environ.get(name)
)
# Wraps the keys that addresses, sealed items and uploads are encrypted with: a file apart from the database.
ROOT_KEY_FILE = os.environ.get("ENGAGE_ROOT_KEY_FILE") or PROJECT / ".engage" / "root.key"
# The ledger's name to its witnesses, its key in a file of its own, and the witnesses: `ADDRESS KEY, ADDRESS KEY`,
# as a setting or in a file.
LEDGER_ORIGIN = os.environ.get("ENGAGE_LEDGER_ORIGIN", "engage.invalid/ledger")
# Fonts for PDF beside those that the program brings: of scripts that these do not have.
FONTS_FOLDER = os.environ.get("ENGAGE_FONTS_FOLDER", "")
LEDGER_KEY_FILE = os.environ.get("ENGAGE_LEDGER_KEY_FILE") or PROJECT / ".engage" / "ledger.key"
WITNESSES_FILE = Path(os.environ.get("ENGAGE_WITNESSES_FILE", PROJECT / ".engage" / "witnesses.txt"))
WITNESSES = os.environ.get("ENGAGE_WITNESSES") or (
    WITNESSES_FILE.read_text() if WITNESSES_FILE.is_file() else ""
)

# The demo lets a visitor step in as an invented colleague, and can set the clock.
DEMO = os.environ.get("ENGAGE_DEMO") == "1"
AS_AT = os.environ.get("ENGAGE_AS_AT") or None
AS_AT_RUNS_ON = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "django_htmx",
    "engage.govuk",
    "engage.practice.agencies",
    "engage.practice.publication",
    # Before the library of the jobs: it starts the worker in its stead, once every key is there.
    "engage.practice.access",
    "engage.practice.people",
    "engage.practice.contact",
    "engage.practice.sharing",
    "engage.practice.bundles",
    "engage.practice.breaches",
    "engage.practice.front_door",
    "engage.practice.missing",
    "engage.practice.screening",
    "engage.practice.receiving",
    "engage.practice.sister_teams",
    "engage.practice.retention",
    "engage.desk",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "engage.practice.access.doors.NamedRequestMiddleware",
    "engage.config.browser_rules.BrowserRulesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "engage.practice.access.account_pages.AccountPagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "engage.practice.access.doors.NoStoreMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "engage.config.urls"
WSGI_APPLICATION = "engage.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps: allauth brings pages of the same names, which know nothing of ours.
        "DIRS": [SOURCE / "desk" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "engage.practice.access.doors.page_context",
            ],
        },
    }
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "engage.practice.agencies.first_passwords.FirstPasswordsEnd",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "engage.config.passwords.NoWordsOfTheWork"},
]
# How long a password that the command line prints opens anything; it opens nothing but choosing one's own.
FIRST_PASSWORD_HOURS = min(72, int(os.environ.get("ENGAGE_FIRST_PASSWORD_HOURS", "24")))
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/today/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Engage sends no e-mail: who must know something finds it behind their own sign-in.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ACCOUNT_SESSION_REMEMBER = False  # desks are shared: a session ends with the browser
ACCOUNT_ADAPTER = "engage.practice.agencies.sign_in.ClosedAccounts"
ACCOUNT_FORMS = {
    "login": "engage.practice.agencies.sign_in.SignInForm",
    "change_password": "engage.practice.agencies.sign_in.NewPasswordForm",
}
# Wrong codes of the second factor; wrong passwords are counted by axes (agencies.sign_in). A right password does not
# make this count begin again.
ACCOUNT_RATE_LIMITS = {"login_failed": "6/15m/key"}
# How long a second sign-in, asked before sharing or emergency access, lasts.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# None of these comes from the environment: no place can do without the second factor (security R15).
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_ADAPTER = "engage.practice.access.second_factors.SecondFactors"
MFA_FORMS = {
    "add_webauthn": "engage.practice.agencies.sign_in.PasskeyForm",
    "activate_totp": "engage.practice.access.second_factors.AppForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = True
# The device always verifies its person, by PIN, finger or face: that makes a passkey both factors.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# By address, which is a whole office or a proxy; a passkey has nothing that could be guessed.
MFA_RATE_LIMITS = {"webauthn_login": "600/m/ip"}
MFA_TOTP_ISSUER = "Engage"
# Agencies' own providers. An account there is bound to somebody beforehand; nobody signs up by one.
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "engage.practice.agencies.openid.provider.AgencyProvider",
        "APPS": social_apps(os.environ.get("ENGAGE_OPENID_FILE", "")),
    }
}
SOCIALACCOUNT_ADAPTER = "engage.practice.access.bound_accounts.BoundAccounts"
SOCIALACCOUNT_AUTO_SIGNUP = False
# A link leads there: a form that is sent on to another site is refused by the browser (form-action, below).
SOCIALACCOUNT_LOGIN_ON_GET = True
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = 0.25  # hours
# By account and from wherever it is tried. An address is a whole office or hospital: counting it alone would lock all of
# them out, and counting it together with the account would give every further address six more tries. The price:
# who knows a colleague's sign-in name can keep them out for 15 minutes.
AXES_LOCKOUT_PARAMETERS = ["username"]
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # asks for the address
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_VERBOSE = False
SESSION_ENGINE = "engage.practice.agencies.sessions"
SESSION_COOKIE_AGE = 15 * 60  # unused
SESSION_HOURS = min(12, int(os.environ.get("ENGAGE_SESSION_HOURS", "10")))  # used or not
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("ENGAGE_HTTPS") == "1"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
# "no-referrer" would make the browser send `Origin: null` with every form, which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
# Pages carry the token in their forms; no script of ours reads the cookie.
CSRF_COOKIE_HTTPONLY = True
if SESSION_COOKIE_SECURE:
    # By this prefix a browser takes them from this very host and by TLS alone.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "Europe/London"  # shown; PostgreSQL stores UTC
USE_I18N = False

# Jobs live in each app's jobs.py.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

STATIC_URL = "/static/"
STATIC_ROOT = PROJECT / ".engage" / "static"
STATICFILES_DIRS = [SOURCE / "static"] if (SOURCE / "static").exists() else []
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False  # our files are for our pages alone

# Files agencies send: uploads go to disk at once, never into memory.
FILE_UPLOAD_HANDLERS = ["engage.practice.access.encrypted_files.NamelessUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
LARGEST_CSV_MIB = int(os.environ.get("ENGAGE_LARGEST_CSV_MIB", "1024"))
LARGEST_XLSX_MIB = int(os.environ.get("ENGAGE_LARGEST_XLSX_MIB", "200"))  # unpacked
RECEIVED_FOLDER = Path(os.environ.get("ENGAGE_RECEIVED_FOLDER", PROJECT / ".engage" / "received"))

# ClamAV's daemon, as `host:port` or the path of its socket; empty: files are not scanned. How long one file may take.
SCANNER = os.environ.get("ENGAGE_SCANNER", "")
SCANNER_SECONDS = int(os.environ.get("ENGAGE_SCANNER_SECONDS", "120"))

# Nothing personal is ever logged: of an error its type and the lines it passed through (config.logs). Granian and the
# worker for jobs write through the same handler.
LOG_LEVEL = os.environ.get("ENGAGE_LOG_LEVEL", "WARNING")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"type_and_place": {"()": "engage.config.logs.TypeAndPlace"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "type_and_place"}},
    "loggers": {
        # A page that is not found is an answer, not a fault.
        "django.request": {"level": "ERROR"},
        "_granian": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
