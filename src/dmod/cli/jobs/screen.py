"""A screen that is drawn again and again on a terminal; once, as plain lines, elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer


@contextmanager
def redrawn(*, live: bool) -> Iterator[Callable[[Sequence[str]], None]]:
    """Yield what shows lines in place of those before; Ctrl-C ends the block in good order."""
    if not live:
        yield lambda lines: typer.echo("\n".join(lines))
        return
    from rich.live import Live
    from rich.text import Text

    from dmod.cli.stopping import Stopped

    try:
        with Live(auto_refresh=False, transient=False) as screen:

            def draw(lines: Sequence[str]) -> None:
                # text of people is no markup, and lines are cut rather than wrapped
                screen.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True)

            yield draw
    except (Stopped, KeyboardInterrupt):
        raise typer.Exit from None
