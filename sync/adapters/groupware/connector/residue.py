"""What the residue of a groupware event holds (`change.Residue`), by name."""

from __future__ import annotations

from typing import Final

# The form that a person chose.
FORM: Final = "form"
# True for a series: a write must read it first, also where it becomes a single event.
SERIES: Final = "series"
