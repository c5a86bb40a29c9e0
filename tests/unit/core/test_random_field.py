import numpy as np

from dmod.core.random_field import RandomField


def test_random_field_over_many_draws_has_unit_variance_and_gaussian_correlation() -> None:
    random = np.random.default_rng(0)
    x = np.array([0.0, 10e3, 20e3])
    draws = np.array([RandomField.draw(random, 10e3)(x, np.zeros(3)) for _ in range(4000)])
    assert np.allclose(draws.mean(axis=0), 0, atol=0.06)
    assert np.allclose(draws.var(axis=0), 1, atol=0.08)
    correlation = (draws[:, 0, None] * draws[:, 1:]).mean(axis=0)
    assert np.allclose(correlation, np.exp([-0.5, -2.0]), atol=0.06)


def test_random_field_value_does_not_depend_on_the_other_points() -> None:
    field = RandomField.draw(np.random.default_rng(1), 5e3)
    x, y = np.linspace(0, 3e4, 50), np.linspace(5e3, 0, 50)
    assert np.allclose(field(x, y)[7:9], field(x[7:9], y[7:9]), rtol=1e-12)
