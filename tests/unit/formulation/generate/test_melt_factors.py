from __future__ import annotations

import numpy as np

from dmod.formulation.generate.melt_factors import COVERS, from_cover


def test_every_land_cover_has_melt_factors_and_no_other_number_has() -> None:
    high, low = from_cover(0)(np.arange(0.0, 30.0)), from_cover(1)(np.arange(0.0, 30.0))
    assert np.isfinite(high[1:28]).all()
    assert (low[1:28] < high[1:28]).all()
    assert np.isnan(high[[0, 28, 29]]).all()
    assert np.isnan(from_cover(1)(np.array([np.nan, 14.5]))).all()


def test_conifers_melt_slower_than_bare_trees_and_these_than_fields() -> None:
    conifers, trees, fields = from_cover(0)(np.array([14.0, 11.0, 7.0]))
    assert conifers < trees < fields
    assert (conifers, trees, fields) == (
        COVERS["dense conifers"][0],
        COVERS["deciduous forest"][0],
        COVERS["open, flat"][0],
    )
