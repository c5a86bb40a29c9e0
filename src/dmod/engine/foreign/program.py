"""Which program a formulation's module is, and how values are exchanged with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.exchange import Exchange
from dmod.engine.foreign.module import ForeignModule, Program
from dmod.engine.foreign.python_module import PythonModule, PythonProgram
from dmod.engine.foreign.several_module import SeveralExchange, SeveralModule
from dmod.errors import RealizationError

COUPLINGS = ("bmi_c", "bmi_c++", "bmi_fortran", "bmi_python")


@dataclass(frozen=True, slots=True)
class ProgramSpec:
    """What a realization says of a module's program; "" where it says nothing.

    Parameters
    ----------
    coupling : one of `COUPLINGS`
    title : the module's name, for messages
    library_file, registration_function, create_function, destroy_function : for machine code
    python_type, python_path : for Python
    virtual_destructor : for C++; None to look
    """

    coupling: str
    title: str
    library_file: str | Path = ""
    registration_function: str = ""
    create_function: str = ""
    destroy_function: str = ""
    python_type: str = ""
    python_path: str | Path = ""
    virtual_destructor: bool | None = None


def open_program(spec: ProgramSpec) -> Program:
    """Open a module's program.

    Raises
    ------
    RealizationError
        the coupling is unknown, or the setting that names the program is missing.
    PluginError
        it cannot be opened; what is wrong is said.
    """
    if spec.coupling not in COUPLINGS:
        raise RealizationError(
            f"module {spec.title}: coupling {spec.coupling!r} is unknown",
            hint=f"there are {', '.join(COUPLINGS)}",
        )
    wanted = "python_type" if spec.coupling == "bmi_python" else "library_file"
    if not getattr(spec, wanted):
        raise RealizationError(f"module {spec.title}: {spec.coupling} needs {wanted}")
    if spec.coupling == "bmi_python":
        return PythonProgram(spec.title, spec.python_type, spec.python_path or None)
    return _open_compiled(spec)


def bind(
    modules: Sequence[ForeignModule], inputs: Sequence[str], outputs: Sequence[str], *, pointers: bool = True
) -> Exchange:
    """Return the exchange with initialised instances of one module; see `Exchange`.

    Parameters
    ----------
    pointers : read outputs of machine code where the module keeps them, if it tells
    """
    if len(modules) == 1 and isinstance(modules[0], SeveralModule):
        return SeveralExchange(modules[0], inputs, outputs)
    if all(isinstance(module, PythonModule) for module in modules):
        from dmod.engine.foreign.python_exchange import PythonExchange

        return PythonExchange([m for m in modules if isinstance(m, PythonModule)], inputs, outputs)
    from dmod.engine.foreign.compiled_exchange import CompiledExchange

    compiled = [module for module in modules if isinstance(module, CompiledModule)]
    if len(compiled) != len(modules):
        raise TypeError("instances of one module are exchanged with at a time")
    return CompiledExchange(compiled, inputs, outputs, pointers=pointers)


def _open_compiled(spec: ProgramSpec) -> Program:
    if spec.coupling == "bmi_c++":
        from dmod.engine.foreign.cpp_module import CREATE, DESTROY, CppProgram

        create, destroy = spec.create_function or CREATE, spec.destroy_function or DESTROY
        return CppProgram(
            spec.title, spec.library_file, create, destroy, virtual_destructor=spec.virtual_destructor
        )
    if spec.coupling == "bmi_fortran":
        from dmod.engine.foreign.fortran_module import FortranProgram

        return FortranProgram(spec.title, spec.library_file, spec.registration_function or "register_bmi")
    from dmod.engine.foreign.c_module import CProgram

    return CProgram(spec.title, spec.library_file, spec.registration_function or "register_bmi")
