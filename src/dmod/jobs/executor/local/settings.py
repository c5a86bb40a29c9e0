"""What can be set of the executor of this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Settings of a `LocalExecutor`.

    Parameters
    ----------
    node : name of this machine among the nodes; "" is what it calls itself
    cpus, memory : that attempts may have altogether [1, bytes]; None is what is there, less the reserve
    reserve : left for everything else [bytes]
    window : how long the process that looks after an attempt may be silent before it counts as lost [s]
    grace : between asking an attempt to end and ending it by force, where nobody says otherwise [s]
    log_limit : kept of what an attempt writes, half from its beginning and the rest from its end [bytes]
    disk_limit : that the folder of a job may hold; None sets no limit [bytes]
    processes : that an attempt may have at a time, where control groups can be had; None sets no limit
    use_control_groups : whether the system is asked to keep limits, where it lets us; they are looked after
        in any case
    preload : modules that are imported once for all attempts; none of them may start a thread
    computing : actions that need more than that, since they run models
    computing_preload : modules that are imported once for those, when the first of them is to be done
    """

    node: str = ""
    cpus: int | None = None
    memory: int | None = None
    reserve: int = 512 << 20
    window: float = 20.0
    grace: float = 10.0
    log_limit: int = 64 << 20
    disk_limit: int | None = None
    processes: int | None = None
    use_control_groups: bool = True
    preload: tuple[str, ...] = ()
    computing: frozenset[str] = frozenset()
    computing_preload: tuple[str, ...] = ()
