"""The gauge that a dataset of observations is of, as its domain says."""

from __future__ import annotations

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.restriction import Discrete


def gauge_of(dataset: Dataset) -> str:
    """Return the one gauge that a dataset is of, "" where it is of several or does not say."""
    held = dataset.domain.restrictions.get(DomainIndex.GAGE_ID)
    if not isinstance(held, Discrete) or held.excluded or len(held.values) != 1:
        return ""
    (gauge,) = held.values
    return str(gauge)
