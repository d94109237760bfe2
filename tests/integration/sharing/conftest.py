from tests.integration.desk.conftest import *  # noqa: F403 (two children of two areas, and browsers)
