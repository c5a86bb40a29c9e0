"""The program of a process in which modules of others are.

It is started with the descriptors of its messages and of the memory that it shares with the run; which
Python runs it does not matter, as long as that has NumPy.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

from dmod.engine.bmi.channel import Channel
from dmod.engine.bmi.room import Room
from dmod.engine.bmi.serving import Serving
from dmod.engine.bmi.trouble import told
from dmod.errors import DmodError


def serve(incoming: int, outgoing: int, room: int) -> None:
    """Answer until nobody asks any more."""
    _end_with(os.getppid())
    channel, serving = Channel(incoming, outgoing), Serving(Room(room))
    while True:
        try:
            asked = channel.receive()
        except EOFError:
            break
        assert asked is not None
        channel.send(_answer(serving, asked))
    serving.end()


def _answer(serving: Serving, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return serving.answer(asked)
    except DmodError as error:
        return {"error": told(error)}
    finally:
        sys.stdout.flush()


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, also while a module never comes back."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
