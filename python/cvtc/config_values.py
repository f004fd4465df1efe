"""Values of a JSON configuration: read, and checked for their types."""

from __future__ import annotations

import json
import math
import operator
from typing import Any, Dict


def found(key: str, value: Any, expected: str) -> str:
    """The sentence of an error."""
    text = repr(value)
    if len(text) > 80:
        text = text[:77] + "..."
    return f"{key}: found {text}, expected {expected}"


def plain(value: Any) -> Any:
    """Numbers and arrays of numpy as Python's numbers and lists; anything else
    as it is."""
    to_list = getattr(value, "tolist", None)
    return value if to_list is None else to_list()


def typed(key: str, value: Any, default: Any) -> Any:
    """`value`, which must be of the default's type; sequences as a new list.
    numpy's numbers become Python's, which JSON has.

    Raises ValueError."""
    value = plain(value)
    if isinstance(value, (list, tuple)):
        value = [plain(entry) for entry in value]
    if not isinstance(default, list):
        if not is_like(value, default):
            raise ValueError(found(key, value, _TYPE_NAMES[type(default)][0]))
        return value
    if not isinstance(value, list) or not all(
        is_like(entry, default[0]) for entry in value
    ):
        name = _TYPE_NAMES[type(default[0])][1]
        raise ValueError(found(key, value, f"a list of {name}"))
    return value


_TYPE_NAMES = {
    bool: ("true or false", "true and false"),
    int: ("an integer", "integers"),
    float: ("a finite number", "finite numbers"),
    str: ("a string", "strings"),
}


def is_like(value: Any, default: Any) -> bool:
    """Whether `value` is of the type of `default`.  0 and 1 are bools, but bools
    are no numbers; integers are floats."""
    if isinstance(default, bool):
        return isinstance(value, int) and value in (0, 1)
    if isinstance(value, bool):
        return False
    if isinstance(default, float):
        return isinstance(value, int) or (
            isinstance(value, float) and math.isfinite(value)
        )
    return isinstance(value, type(default))


def whole_number(name: str, value: Any, least: int) -> int:
    """`value`, an argument.  Raises ValueError unless it is a whole number of at
    least `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(
            f"{name} is {value!r}, expected a whole number of at least {least}"
        )
    return number


def with_integer_keys(key: str, values: Any) -> Dict[int, Any]:
    """`values` as a program has them: JSON has only strings as keys.  Raises
    ValueError."""
    if not isinstance(values, dict):
        raise ValueError(found(key, values, "a dictionary"))
    try:
        return {int(index): value for index, value in values.items()}
    except (TypeError, ValueError):
        raise ValueError(found(key, values, "integers as keys")) from None


def check_json_values(values: Dict[str, Any]) -> None:
    """Raises ValueError, which names the key, for values that JSON has not, such
    as NaN."""
    for key, value in values.items():
        try:
            json.dumps(value, allow_nan=False, sort_keys=True)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key}: {error}") from None


def parse_json_object(content: bytes) -> Dict[str, Any]:
    """The object that a file holds.  Raises ValueError, or RecursionError for one
    that is nested too deeply."""
    values = json.loads(content.decode())
    if not isinstance(values, dict):
        raise ValueError(f"found a {type(values).__name__}, expected a JSON object")
    check_json_values(values)
    return values
