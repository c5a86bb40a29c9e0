"""Signatures of both series of a sample, and how far they are apart.

Every signature of :mod:`dmod.evaluation.metrics.signature` gives three metrics: of the simulated series, of
the observed one, and their error. The error is relative where the signature is a flow or a rate, and the
difference where it is a share, an index or a date (whose zero means nothing, or is common). All are of the
pairs alone, so that a gap in one series is one in the other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dmod.evaluation.flow import Flow, SignatureFunction
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics import signature
from dmod.evaluation.sample import Floats, MetricFunction, Sample, ratio

ADDOR_2017 = "Addor et al. (2017), Hydrol. Earth Syst. Sci. 21, 5293-5313, doi:10.5194/hess-21-5293-2017"

BAKER_2004 = "Baker et al. (2004), JAWRA 40, 503-522, doi:10.1111/j.1752-1688.2004.tb01046.x"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a hydrograph tells of its basin, as a value.

    Parameters
    ----------
    title : for people
    unit : for flow in m3 s-1; ``-`` if it has none
    lowest, highest : bounds of possible values
    definition : in the symbols of :mod:`dmod.evaluation.metrics.signature`
    meaning : in one plain sentence
    reference : where it comes from
    function : of one series
    is_relative : whether two values are compared by their ratio
    needs : keywords that the function takes besides weights
    undefined : what leaves it without a value
    """

    title: str
    unit: str
    lowest: float
    highest: float
    definition: str
    meaning: str
    reference: str
    function: SignatureFunction
    is_relative: bool
    needs: tuple[str, ...] = ()
    undefined: tuple[Cause, ...] = ()

    @property
    def name(self) -> str:
        """That of the function."""
        return self.function.__name__

    def of(self, sample: Sample, which: str, **needs: Any) -> Floats:
        """Return the signature of one series of a sample, ``simulated`` or ``observed``, shape (...)."""
        flow = _flow(sample, which)
        # three metrics ask for the same
        key = f"{which} {self.name}"
        last = sample.kept.get(key)
        if last is None or any(last[0][name] is not value for name, value in needs.items()):
            last = sample.kept[key] = (needs, self.function.of(flow, **needs))
        return np.asarray(last[1])

    def error(self, sample: Sample, **needs: Any) -> Floats:
        """Return how far the simulated signature is above the observed one [% or its unit], shape (...)."""
        simulated, observed = (self.of(sample, which, **needs) for which in ("simulated", "observed"))
        return 100.0 * ratio(simulated - observed, observed) if self.is_relative else simulated - observed

    def metrics(self) -> Iterator[Metric]:
        """Yield its metrics: of the simulated series, of the observed one, and their error."""
        for which, other in (("simulated", "OBSERVED"), ("observed", "SIMULATED")):
            yield Metric(
                f"{self.name}_{which}",
                f"{self.title}, {which}",
                self.unit,
                self.lowest,
                self.highest,
                math.nan,
                self.definition,
                f"{self.meaning} Of the {which} series: to be compared, and no score.",
                self.reference,
                self._function(which, functools.partial(self.of, which=which)),
                Group.SIGNATURE,
                needs=self.needs,
                undefined=tuple(cause for cause in self.undefined if not cause.name.endswith(other)),
            )
        span = self.highest - self.lowest
        yield Metric(
            f"{self.name}_error",
            f"Error of {self.title[0].lower()}{self.title[1:]}",
            "%" if self.is_relative else self.unit,
            -100.0 if self.is_relative and self.lowest >= 0.0 else -span,
            math.inf if self.is_relative else span,
            0.0,
            f"{'100 (x(s) - x(o)) / x(o)' if self.is_relative else 'x(s) - x(o)'}, x = {self.definition}",
            f"{self.meaning} Positive: more so in the simulation.",
            self.reference,
            self._function("error", self.error),
            Group.SIGNATURE,
            needs=self.needs,
            undefined=(*self.undefined, *((Cause.ZERO_OBSERVED,) if self.is_relative else ())),
        )

    def _function(self, kind: str, of_sample: Any) -> MetricFunction:
        def score(sample: Sample, **needs: Any) -> Floats:
            return np.asarray(of_sample(sample, **needs))

        score.__name__ = f"{self.name}_{kind}"
        score.__qualname__ = score.__name__
        score.__doc__ = f"{self.title}: {kind}; see :class:`Signature`.\n\n{self.function.__doc__}"
        return MetricFunction(score)


def _flow(sample: Sample, which: str) -> Flow:
    """Return one series of a sample, made once."""
    found: Flow | None = sample.kept.get(f"{which} flow")
    if found is None:
        whole = None if sample.whole is None else _flow(sample.whole, which)
        found = sample.kept[f"{which} flow"] = Flow(getattr(sample, which), sample.weights, whole)
    return found


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        "Mean flow",
        "m³/s",
        -math.inf,
        math.inf,
        "m(q)",
        "How much water there is.",
        ADDOR_2017,
        signature.mean_flow,
        is_relative=True,
    ),
    Signature(
        "5th percentile of flow",
        "m³/s",
        -math.inf,
        math.inf,
        "Q(0.05), not exceeded for 5 % of the time",
        "How low flow gets.",
        ADDOR_2017,
        signature.flow_5th_percentile,
        is_relative=True,
    ),
    Signature(
        "95th percentile of flow",
        "m³/s",
        -math.inf,
        math.inf,
        "Q(0.95), not exceeded for 95 % of the time",
        "How high flow gets.",
        ADDOR_2017,
        signature.flow_95th_percentile,
        is_relative=True,
    ),
    Signature(
        "Slope of the flow duration curve",
        "-",
        0.0,
        math.inf,
        "(ln Q(0.67) - ln Q(0.34)) / 0.33",
        "How variable flow is between low and high.",
        "Sawicz et al. (2011), Hydrol. Earth Syst. Sci. 15, 2895-2911, doi:10.5194/hess-15-2895-2011",
        signature.flow_duration_slope,
        is_relative=True,
        undefined=(Cause.ZERO, Cause.NEGATIVE),
    ),
    Signature(
        "Baseflow index (Lyne & Hollick)",
        "-",
        0.0,
        1.0,
        "m(b) / m(q), b = min(α b' + (1 - α) / 2 (q + q'), q), three passes, ' the step before",
        "Share of the flow that comes slowly.",
        "Ladson et al. (2013), Aust. J. Water Resour. 17, 25-34, doi:10.7158/13241583.2013.11465417",
        signature.baseflow_index,
        is_relative=False,
        needs=("dt",),
        undefined=(Cause.ZERO_OBSERVED, Cause.ZERO_SIMULATED),
    ),
    Signature(
        "Baseflow index (Eckhardt)",
        "-",
        0.0,
        1.0,
        "m(b) / m(q), b = min(((1 - B) a b' + (1 - a) B q) / (1 - a B), q), ' the step before",
        "Share of the flow that comes slowly.",
        "Eckhardt (2005), Hydrol. Process. 19, 507-515, doi:10.1002/hyp.5675",
        signature.baseflow_index_eckhardt,
        is_relative=False,
        needs=("dt",),
        undefined=(Cause.ZERO_OBSERVED, Cause.ZERO_SIMULATED),
    ),
    Signature(
        "Flashiness (Richards & Baker)",
        "-",
        0.0,
        math.inf,
        "Σ |q - q'| / Σ q, ' the step before",
        "How quickly flow changes from step to step.",
        BAKER_2004,
        signature.flashiness,
        is_relative=True,
        undefined=(Cause.ZERO_OBSERVED, Cause.ZERO_SIMULATED),
    ),
    Signature(
        "Share of time of high flow",
        "-",
        0.0,
        1.0,
        "m(q > 9 Q(0.5))",
        "How often flow is more than nine times its median.",
        "Clausen & Biggs (2000), J. Hydrol. 237, 184-197, doi:10.1016/S0022-1694(00)00306-1",
        signature.high_flow_frequency,
        is_relative=False,
    ),
    Signature(
        "Share of time of low flow",
        "-",
        0.0,
        1.0,
        "m(q < m(q) / 5)",
        "How often flow is less than a fifth of its mean.",
        "Olden & Poff (2003), River Res. Appl. 19, 101-121, doi:10.1002/rra.700",
        signature.low_flow_frequency,
        is_relative=False,
    ),
    Signature(
        "Share of time without flow",
        "-",
        0.0,
        1.0,
        "m(q <= 0)",
        "How often the stream is dry.",
        ADDOR_2017,
        signature.zero_flow_frequency,
        is_relative=False,
    ),
    Signature(
        "Autocorrelation of flow",
        "-",
        -1.0,
        1.0,
        "correlation of q and q', ' the step before",
        "How smooth flow is.",
        "Euser et al. (2013), Hydrol. Earth Syst. Sci. 17, 1893-1912, doi:10.5194/hess-17-1893-2013",
        signature.autocorrelation,
        is_relative=False,
        undefined=(Cause.CONSTANT_OBSERVED, Cause.CONSTANT_SIMULATED),
    ),
    Signature(
        "Rising limb density",
        "d⁻¹",
        0.0,
        math.inf,
        "number of rising limbs / time for which flow rises",
        "How short rises are: high where flow is flashy or noisy.",
        "Shamir et al. (2005), Water Resour. Res. 41, W06009, doi:10.1029/2004WR003409",
        signature.rising_limb_density,
        is_relative=True,
        needs=("dt",),
        undefined=(Cause.CONSTANT_OBSERVED, Cause.CONSTANT_SIMULATED),
    ),
    Signature(
        "Day of half flow",
        "d",
        1.0,
        366.0,
        "mean over water years of the day, from 1 October, by which half of the flow has passed",
        "How late in the water year flow comes.",
        "Court (1962), J. Geophys. Res. 67, 4375-4379, doi:10.1029/JZ067i011p04375",
        signature.half_flow_day,
        is_relative=False,
        needs=("times",),
        undefined=(Cause.ZERO_OBSERVED, Cause.ZERO_SIMULATED, Cause.NO_YEAR),
    ),
)

METRICS_OF_SIGNATURES: tuple[Metric, ...] = tuple(m for one in SIGNATURES for m in one.metrics())
"""Three of each signature."""
