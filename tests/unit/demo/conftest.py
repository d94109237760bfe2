from datetime import UTC, datetime
from pathlib import Path

import pytest

from engage.demo import World, WrittenFile, invent, write_files

AS_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def world() -> World:
    return invent(seed=1, as_at=AS_AT, children=150, others=900)


@pytest.fixture(scope="session")
def default_world() -> World:
    return invent(seed=1, as_at=AS_AT)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def written(world: World, folder: Path) -> list[WrittenFile]:
    return write_files(world, folder)
