"""The control file that Snow-17 and SAC-SMA have in common: what a run is, and where its files are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePosixPath

from dmod.errors import InputError
from dmod.formulation.generate.generator import Catchment, File, Generator, Settings
from dmod.formulation.generate.namelist import Entry, fitting, group, hour_stamp, known, table

_HOUR = 3600
_DAY = 86_400
_ID_LENGTH = 20  # characters of an identifier that the readers keep
_PATH_LENGTH = 1024


def control_files(
    generator: Generator, name: str, prefix: str, catchment: Catchment, settings: Settings
) -> Iterator[File]:
    """Yield the control file of one catchment, and the file of its parameters.

    Parameters
    ----------
    name, prefix : see `control_group`

    Raises
    ------
    InputError
        see `control_group`.
    """
    parameters = generator.place / f"params-{catchment.id}.txt"
    yield (
        generator.place / f"{catchment.id}.input",
        control_group(name, prefix, catchment.id, parameters, settings),
    )
    entries = known(generator, catchment, (need.parameter for need in generator.needs))
    yield parameters, table([Entry("hru_id", catchment.id, "catchment"), *entries])


def control_group(
    name: str, prefix: str, catchment: str, parameters: PurePosixPath, settings: Settings
) -> str:
    """Return the namelist of one catchment.

    Parameters
    ----------
    name : of the group
    prefix : before ``_param_file``; ``_state_in_root`` and ``_state_out_root`` follow it too, with
        Snow-17's ``snow17`` as ``snow``
    catchment : its identifier
    parameters : its file of them inside the package

    Raises
    ------
    InputError
        the identifier or path is longer than the reader keeps, the run starts off the hour, or its
        step is no whole number of hours up to a day.
    """
    axis = settings.axis
    if axis.step % _HOUR or axis.step > _DAY:
        raise InputError(
            f"{name}: this module steps by whole hours up to a day, got {axis.step} s",
            hint="set the step to 3600 s, as the framework has it",
        )
    state = "snow" if prefix == "snow17" else prefix
    place = fitting(f"./{parameters}", _PATH_LENGTH, what=f"{name}, {prefix}_param_file")
    return group(
        name,
        [
            Entry("main_id", fitting(catchment, _ID_LENGTH, what=f"{name}, main_id"), "catchment"),
            Entry("n_hrus", 1, "areas in the file of parameters"),
            Entry("forcing_root", "", "not read: the framework gives the forcing"),
            Entry("output_root", "", "not written: the framework takes the output"),
            Entry(f"{prefix}_param_file", place, "seen from where the framework runs"),
            Entry("output_hrus", 0, "1: write each area's results"),
            Entry("start_datehr", hour_stamp(axis.start, what="start"), "first step, UTC"),
            Entry("end_datehr", _end(settings), "end of the last step, UTC"),
            Entry("model_timestep", axis.step, "step [s]"),
            Entry("warm_start_run", 0, "1: start from files of states"),
            Entry("write_states", 0, "1: write files of states"),
            Entry(f"{state}_state_in_root", "", "used with warm_start_run = 1 only"),
            Entry(f"{state}_state_out_root", "", "used with write_states = 1 only"),
        ],
    )


def _end(settings: Settings) -> str:
    axis = settings.axis
    return hour_stamp(axis.end + timedelta(seconds=axis.step), what="end")
