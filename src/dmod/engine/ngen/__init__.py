"""The C++ NextGen framework as an engine: its program is started on a run package, its outputs are read.

    program = find_program(None)
    ended = run_program(program, arguments, ...)
    outputs = open_outputs(folder, catchments, columns)

Nothing here computes hydrology. Facts about the program (arguments, exit codes, files) are those of its
documentation and of runs of it.
"""

from dmod.engine.ngen.columns import FrameworkColumns, columns_of
from dmod.engine.ngen.execution import Ended, Execution, Launch, execute
from dmod.engine.ngen.failure import explain
from dmod.engine.ngen.outputs import Outputs, open_outputs
from dmod.engine.ngen.program import NGEN, FrameworkProgram, find_program
from dmod.engine.ngen.rewriting import Places, rewrite
from dmod.engine.ngen.routed import RoutedFlow
from dmod.engine.ngen.routing_document import RoutingPlaces, rewrite_routing

__all__ = [
    "NGEN",
    "Ended",
    "Execution",
    "FrameworkColumns",
    "FrameworkProgram",
    "Launch",
    "Outputs",
    "Places",
    "RoutedFlow",
    "RoutingPlaces",
    "columns_of",
    "execute",
    "explain",
    "find_program",
    "open_outputs",
    "rewrite",
    "rewrite_routing",
]
