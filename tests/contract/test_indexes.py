"""Every index of dmod against the suite that ships."""

from __future__ import annotations

import pytest

from dmod.catalog.index.memory import MemoryIndex
from dmod.catalog.index.opening import open_index
from dmod.testing.index_suite import IndexSuite


class TestMemoryIndex(IndexSuite):
    @pytest.fixture
    def index(self):
        return MemoryIndex()


class DatabaseSuite(IndexSuite):
    """What can be opened a second time."""

    @pytest.fixture
    def address(self):
        raise NotImplementedError

    @pytest.fixture
    def index(self, address):
        self.opened = [open_index(address)]
        self.address = address
        yield self.opened[0]
        for index in self.opened:
            index.close()

    def opened_again(self, index):
        self.opened.append(open_index(self.address))
        return self.opened[-1]


class TestSqliteIndex(DatabaseSuite):
    @pytest.fixture
    def address(self, tmp_path):
        return str(tmp_path / "folder" / "index.sqlite")


class TestPostgresqlIndex(DatabaseSuite):
    @pytest.fixture
    def address(self, postgresql):
        return postgresql.make_database()
