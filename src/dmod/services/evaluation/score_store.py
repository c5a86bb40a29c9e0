"""The scores of many evaluations as one table, asked by SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import InputError
from dmod.services.evaluation.results import SCORES, read_document
from dmod.services.evaluation.table_files import parquet, quoted, reading, sql_text

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection


class ScoreStore:
    """The scores of many evaluations as one table, asked by SQL; close it after use.

    The table ``scores`` has the columns of `COLUMNS` and ``evaluation``, the name of each.

    Parameters
    ----------
    folders : name → folder of an evaluation
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        import duckdb

        self.documents = {name: read_document(folder) for name, folder in folders.items()}
        self._database: DuckDBPyConnection = duckdb.connect()
        self._database.execute("SET autoinstall_known_extensions = false")
        rows = " UNION ALL BY NAME ".join(
            f"SELECT {sql_text(name)} AS evaluation, * FROM {parquet(folder / SCORES)}"
            for name, folder in folders.items()
        )
        with reading(next(iter(folders.values()))):
            self._database.execute(f"CREATE VIEW scores AS {rows}")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """Ask the table.

        Raises
        ------
        InputError
            the query is wrong.
        """
        import duckdb

        try:
            return self._database.execute(sql, list(parameters)).df()
        except duckdb.Error as error:
            raise InputError(f"the query of scores fails: {error}") from error

    def scores(
        self, *, metrics: Sequence[str] = (), configurations: Sequence[str] = (), facet: str | None = ""
    ) -> pd.DataFrame:
        """Return rows of some metrics, configurations and one facet; all where nothing is said.

        Parameters
        ----------
        facet : "" for scores over all times; None for all facets
        """
        conditions, values = ["true"], []
        for column, wanted in (("metric", metrics), ("configuration", configurations)):
            if wanted:
                values.append(list(wanted))
                conditions.append(f"list_contains(${len(values)}, {quoted(column)})")
        if facet is not None:
            values.append(facet)  # type: ignore[arg-type]
            conditions.append(f"facet = ${len(values)}")
        return self.query(f"SELECT * FROM scores WHERE {' AND '.join(conditions)}", values)

    def close(self) -> None:
        """Give back what is open."""
        self._database.close()
