"""Which category stands for which event type, in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sync.core.text import canonical_title


@dataclass(frozen=True, slots=True)
class TypeTable:
    """An organization's event types and their categories; a type without an entry has its own name.

    `types` are the names the groupware knows. Two types never share a category, or a type would come back as
    another one: whoever is later in the table, or not in it, gets a name of its own.
    """

    types: frozenset[str] = frozenset()
    categories: Mapping[str, str] = field(default_factory=dict)
    _by_type: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _by_category: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_type: dict[str, str] = {}
        by_category: dict[str, str] = {}
        for name in (*self.categories, *sorted(self.types - self.categories.keys())):
            category = _free(
                canonical_title(self.categories.get(name, "")) or canonical_title(name), by_category
            )
            if category:
                by_type[name] = category
                by_category[_folded(category)] = name
        object.__setattr__(self, "_by_type", by_type)
        object.__setattr__(self, "_by_category", by_category)

    def category_of(self, event_type: str) -> str:
        """The category of a type; a type nobody listed has its own name, no type has none."""
        return self._by_type.get(event_type) or canonical_title(event_type)

    def type_of(self, category: str) -> str:
        """The type that a category stands for, an empty text if it stands for none."""
        return self._by_category.get(_folded(category), "")

    def split(self, categories: Iterable[str]) -> tuple[str, list[str]]:
        """The type, which is the first category that stands for one, and all other categories in order."""
        rest = list(categories)
        for at, category in enumerate(rest):
            if event_type := self.type_of(category):
                return event_type, rest[:at] + rest[at + 1 :]
        return "", rest


def _folded(category: str) -> str:
    """Outlook takes category names that differ only in letter case as one."""
    return canonical_title(category).casefold()


def _free(category: str, taken: Mapping[str, str]) -> str:
    name, number = category, 2
    while _folded(name) in taken:
        name, number = f"{category} ({number})", number + 1
    return name


def categories_to_graph(event_type: str, others: Iterable[str], types: TypeTable) -> list[str]:
    """The type's category first, then what was there beside it.

    Without a type every category that stands for one goes, or the event would come back with a type.
    """
    if not event_type:
        return [other for other in others if not types.type_of(other)]
    category = types.category_of(event_type)
    return [category, *(other for other in others if _folded(other) != _folded(category))]
