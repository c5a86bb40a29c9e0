import numpy as np
import pytest

from dmod.hydrofabric.example import drainage


def land(rows: int, columns: int) -> np.ndarray:
    active = np.zeros((rows, columns), bool)
    active[1:-1, 1:-1] = True
    return active


def drained(height: np.ndarray, active: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    state = drainage.base_cells(active)
    receiver = drainage.steepest_receivers(height.ravel(), state, height.shape[1])
    return state, receiver, drainage.upstream_first(receiver, state)


def test_fill_depressions_with_a_pit_raises_it_to_its_spill_level() -> None:
    height = np.full((7, 7), 5.0)
    height[3, 3] = 1.0
    height[3, 1] = 2.0  # a base cell, as all beside the rim
    height[3, 2] = 3.0  # the lowest way out of the pit
    active = land(7, 7)
    filled = height.copy()
    drainage.fill_depressions(filled.reshape(-1), drainage.base_cells(active), 7, np.full(49, 0.25))
    assert filled[3, 3] == 3.25
    changed = filled != height
    assert changed[3, 3]
    assert filled[3, 2] == 3.0


def test_fill_depressions_on_noise_leaves_no_cell_without_descent() -> None:
    random = np.random.default_rng(3)
    height, active = random.random((60, 80)), land(60, 80)
    drainage.fill_depressions(height.reshape(-1), drainage.base_cells(active), 80, np.full(4800, 1e-6))
    state, receiver, order = drained(height, active)
    inner = np.flatnonzero(state == drainage.INSIDE)
    assert (height.ravel()[receiver[inner]] < height.ravel()[inner]).all()
    assert order.size == active.sum()


def test_filled_surface_is_the_lowest_that_drains() -> None:
    random = np.random.default_rng(4)
    height, active = random.random((30, 30)), land(30, 30)
    state = drainage.base_cells(active)
    filled = height.copy()
    drainage.fill_depressions(filled.reshape(-1), state, 30, np.zeros(900))
    # the fixed point of "as high as oneself, or as the lowest neighbour" from above (Planchon and Darboux)
    expected = np.where(state.reshape(30, 30) == drainage.INSIDE, np.inf, height)
    expected[~active] = np.inf
    while True:
        padded = np.pad(expected, 1, constant_values=np.inf)
        around = np.min(
            [padded[1 + i : 31 + i, 1 + j : 31 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0
        )
        lowered = np.where(state.reshape(30, 30) == drainage.INSIDE, np.maximum(height, around), expected)
        if np.array_equal(lowered, expected):
            break
        expected = lowered
    assert np.array_equal(filled[active], expected[active])


def test_accumulated_area_at_the_base_adds_up_to_the_land() -> None:
    random = np.random.default_rng(5)
    height, active = random.random((40, 40)), land(40, 40)
    drainage.fill_depressions(height.reshape(-1), drainage.base_cells(active), 40, np.full(1600, 1e-6))
    state, receiver, order = drained(height, active)
    area = drainage.accumulate(receiver, order)
    assert area[state == drainage.BASE].sum() == active.sum()
    position = np.empty(1600, int)
    position[order] = np.arange(order.size)
    below = receiver[order]
    assert (position[below] >= position[order]).all()


def test_incision_in_the_long_run_balances_uplift() -> None:
    """# Equation: U = K A^0.35 S in the steady state. # Solution: S = U / (K A^0.35)."""
    width, n = 40, 3 * 40
    active = np.zeros((3, width), bool)
    active[1, 1:-1] = True
    height = np.zeros(n)
    state = np.where(active.ravel(), drainage.INSIDE, drainage.OUTSIDE).astype(np.uint8)
    state[width + 1] = drainage.BASE
    receiver = np.arange(n)
    receiver[width + 2 : 2 * width - 1] -= 1
    order = drainage.upstream_first(receiver, state)
    area = drainage.accumulate(receiver, order).astype(float)
    for _ in range(3000):
        drainage.incise(height, receiver, order, area, width, np.full(n, 2.0), 0.5, 0.35)
    inner = np.arange(width + 2, 2 * width - 1)
    slope = height[inner] - height[inner - 1]
    assert slope == pytest.approx(0.5 / (2.0 * area[inner] ** 0.35), rel=1e-9)
