"""A dict whose items are attributes too: what `config` and `summary` have in common."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, MutableMapping

__all__ = ["Items"]


class Items(MutableMapping[str, Any]):
    """Keeps values as they were given."""

    _items: Dict[str, Any]

    def __init__(self) -> None:
        object.__setattr__(self, "_items", {})

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._items[key] = value

    def __delitem__(self, key: str) -> None:
        del self._items[key]

    def __getattr__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self, "_items")[name]
        except (AttributeError, KeyError):  # without `_items`: a copy that is being made
            raise AttributeError(f"the {type(self).__name__.lower()} has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        self._items.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *self._items]

    def __repr__(self) -> str:
        return repr(self._items)
