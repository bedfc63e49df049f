"""Refusals: mistakes in what the user handed us, told in a shape a person can act on.

A refusal says what is wrong, where, what was expected and what to try. `__main__` prints it and exits 1;
anything else that escapes is a defect of the exporter and keeps its traceback.
"""

from __future__ import annotations

from typing import Optional


class Refusal(Exception):
    """The export cannot go on, and it is not the exporter's fault."""

    def __init__(self, what: str, where: Optional[str] = None, expected: Optional[str] = None, hint: Optional[str] = None):
        super().__init__(what)
        self.what, self.where, self.expected, self.hint = what, where, expected, hint

    def render(self) -> str:
        lines = [f"error: {self.what}"]
        for label, text in (("where", self.where), ("expected", self.expected), ("hint", self.hint)):
            if text:
                lines.append(f"  {label}: {text}")
        return "\n".join(lines)
