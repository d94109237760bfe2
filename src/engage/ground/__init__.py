"""What Engage stands on before Django starts: the environment, the database server, a browser for tests.

`listing`, `environment`, `turns` and `frontend` use the standard library alone, because `./run`
imports them before anything is installed.
"""
