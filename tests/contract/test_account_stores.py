"""Every store of accounts against the suite that ships."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from dmod.accounts.audit import AuditQuery
from dmod.accounts.store.memory import MemoryAccounts
from dmod.accounts.store.opening import open_accounts
from dmod.accounts.store.sql import PRUNED_AT_ONCE
from dmod.accounts.store.tables import ACCOUNTS, entries, metadata
from dmod.catalog.index.opening import open_index
from dmod.database.database import Database, url_of
from dmod.errors import IndexFailure
from dmod.testing.account_store_suite import AT, MINUTE, AccountStoreSuite, add_token, add_user, entry_of


class TestMemoryAccounts(AccountStoreSuite):
    @pytest.fixture
    def store(self):
        return MemoryAccounts()


class DatabaseSuite(AccountStoreSuite):
    """What can be opened a second time."""

    @pytest.fixture
    def address(self):
        raise NotImplementedError

    @pytest.fixture
    def store(self, address):
        self.opened = [open_accounts(address)]
        self.address = address
        yield self.opened[0]
        for store in self.opened:
            store.close()

    def opened_again(self, store):
        self.opened.append(open_accounts(self.address))
        return self.opened[-1]

    @pytest.fixture
    def database(self, store, address):
        database = Database(url_of(address), 5)
        yield database
        database.close()

    def test_tables_of_migrations_are_those_of_statements(self, database):
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        def differences(connection):
            context = MigrationContext.configure(connection, opts={"version_table": ACCOUNTS.revision_table})
            return compare_metadata(context, metadata)

        assert database.read(differences) == []

    def test_index_and_accounts_share_a_database(self, store, address):
        index = open_index(address)
        try:
            add_user(store, "alice")
            assert index.count() == 0
        finally:
            index.close()
        assert self.opened_again(store).user("alice").name == "alice"

    def test_entry_that_is_changed_behind_the_store_is_refused(self, store, database):
        store.record(entry_of(detail="as it was"))
        with pytest.raises(IndexFailure):
            database.write(lambda c: c.execute(text("UPDATE account_audit SET detail = 'other'")))
        assert store.audit(AuditQuery()).entries[0].detail == "as it was"

    def test_text_of_a_token_is_nowhere_in_the_database(self, store, database):
        add_user(store, "alice")
        _, digest = add_token(store, "alice")
        rows = database.read(lambda c: c.execute(text("SELECT * FROM account_token")).all())
        assert [len(value) for row in rows for value in row if isinstance(value, bytes | memoryview)] == [32]
        assert digest in [bytes(value) for row in rows for value in row if isinstance(value, bytes)]

    def test_many_entries_are_forgotten_in_several_transactions(self, store, database):
        count = 2 * PRUNED_AT_ONCE + 10
        from dmod.accounts.store.rows import entry_row

        row = entry_row(replace(entry_of(), at=AT - MINUTE))
        database.write(lambda c: c.execute(entries.insert(), [row] * count))
        store.record(entry_of())
        assert store.prune_audit(AT) == count
        assert len(store.audit(AuditQuery()).entries) == 1


class TestSqliteAccounts(DatabaseSuite):
    @pytest.fixture
    def address(self, tmp_path):
        return str(tmp_path / "folder" / "accounts.sqlite")


class TestPostgresqlAccounts(DatabaseSuite):
    @pytest.fixture
    def address(self, postgresql):
        return postgresql.make_database()
