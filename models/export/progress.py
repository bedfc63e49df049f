"""Progress on stderr: one line per milestone, and a live layer counter only where someone can see it move.

In a log file a carriage return is noise, so without a terminal the counter prints every tenth layer instead.
"""

from __future__ import annotations

import sys
import time


class Progress:
    """Tells how far the export is; `quiet` keeps only the final line."""

    WIDTH = 24

    def __init__(self, quiet: bool = False):
        self.live = sys.stderr.isatty()
        self.quiet = quiet
        self.started = time.monotonic()

    def say(self, text: str) -> None:
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def layer(self, done: int, total: int) -> None:
        if self.quiet:
            return
        if self.live:
            filled = self.WIDTH * done // total
            end = "\n" if done == total else ""
            print(f"\r  layers [{'#' * filled}{'.' * (self.WIDTH - filled)}] {done}/{total}", end=end, file=sys.stderr, flush=True)
        elif done % 10 == 0 or done == total:
            self.say(f"  layer {done}/{total}")

    def seconds(self) -> float:
        return time.monotonic() - self.started
