"""Smooth random fields over the plane, for synthetic landscapes and weather."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RandomField:
    """A stationary field with mean 0 and variance 1, known at every point: a sum of plane waves.

    The correlation is Gaussian, exp(-d² / (2 length²)); values do not depend on which other points
    are asked for (Mantoglou and Wilson 1982, doi:10.1029/WR018i005p01379).

    Parameters
    ----------
    waves : shape (modes, 2) [rad/m]
    phases : shape (modes,) [rad]
    """

    waves: Floats
    phases: Floats

    @classmethod
    def draw(cls, random: np.random.Generator, length: float, modes: int = 48) -> RandomField:
        """Draw a field whose correlation falls off over ``length`` [m]."""
        return cls(random.standard_normal((modes, 2)) / length, random.uniform(0.0, 2 * np.pi, modes))

    def __call__(self, x: Floats, y: Floats) -> Floats:
        """Return the values at the points (x, y) [m]."""
        angle = np.multiply.outer(x, self.waves[:, 0]) + np.multiply.outer(y, self.waves[:, 1])
        values: Floats = np.cos(angle + self.phases).sum(axis=-1) * np.sqrt(2.0 / self.phases.size)
        return values
