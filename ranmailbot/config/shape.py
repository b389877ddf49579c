"""Does the file have the right shape: every key known, every value of its kind, nothing missing?

What pydantic finds is said again in words for people who never heard of types.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ranmailbot.config.complaint import Fault, Where
from ranmailbot.config.sections import ConfigFile
from ranmailbot.config.values import nearest

M = TypeVar("M", bound=BaseModel)
Tables = dict[str, object]
NO_PASSWORDS_HERE = (
    "A password never stands in this file. Take the line out, and name an environment variable "
    '(password_env = "RANMAILBOT_PASSWORD") or a file (password_file = "/etc/ranmailbot/password").'
)
NO_SECRETS_HERE = (
    "A secret never stands in this file. Take the line out, and name an environment variable "
    '(client_secret_env = "RANMAILBOT_CLIENT_SECRET") or a file (client_secret_file, key_file).'
)
NO_HOST_KEY = "The host key never stands here: whoever has it can take over the meeting. Take the line out."
WORDS = {
    "string_type": 'It must be text: put it in "quotes".',
    "int_type": "It must be a whole number, without quotes.",
    "bool_type": "It must be true or false, without quotes.",
    "dict_type": "It must be a table.",
    "model_type": "It must be a table.",
}


def faults(tables: Tables) -> Iterator[Fault]:
    """Every unknown key, every value that is wrong by itself, everything that is missing."""
    strangers = list(_unknown(ConfigFile, tables, ()))
    yield from strangers
    meant = {_meant(stranger.where) for stranger in strangers}
    try:
        ConfigFile.model_validate(tables)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            # A key that is only misspelt was complained of already; it is not missing as well.
            if not (detail["type"] == "missing" and tuple(detail["loc"]) in meant):
                yield _fault(detail)


def seen(model: type[M], table: object) -> M | None:
    """The keys that this model looks at, or None if one of them is wrong or missing: that is complained of elsewhere.

    Checks between keys look through small models, so that one fault does not hide another.
    """
    try:
        return model.model_validate(table)
    except ValidationError:
        return None


def seen_list(model: type[M], blocks: object) -> list[tuple[int, M]]:
    """Of an array of tables those that this model can see, each with its position from 0."""
    found = [(index, seen(model, block)) for index, block in enumerate(blocks if isinstance(blocks, list) else [])]
    return [(index, view) for index, view in found if view is not None]


def submodel(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """The model a key's value must have (None for plain values), and whether it is an array of such tables."""
    annotation = field.annotation
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    is_array = get_origin(annotation) is list
    inner = get_args(annotation)[0] if is_array else annotation
    return (inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None), is_array


def _unknown(model: type[BaseModel], table: object, where: Where) -> Iterator[Fault]:
    if not isinstance(table, dict):
        return
    for name, value in table.items():
        field = model.model_fields.get(name)
        if field is None:
            yield Fault((*where, name), None, _stranger((*where, name), model))
            continue
        inner, is_array = submodel(field)
        if inner is None:
            continue
        blocks = enumerate(value) if is_array and isinstance(value, list) else [(None, value)]
        for index, block in blocks:
            yield from _unknown(inner, block, (*where, name) if index is None else (*where, name, index))


def _stranger(where: Where, model: type[BaseModel]) -> str:
    name = str(where[-1])
    if where[0] in ("mailbox", "submission") and name in ("client_secret", "token", "private_key"):
        return NO_SECRETS_HERE
    if where[0] in ("mailbox", "submission", "alarm") and name in ("password", "passwd", "pass", "secret"):
        return NO_PASSWORDS_HERE
    if "webex" in where and name.startswith("host"):
        return NO_HOST_KEY
    near = nearest(name, model.model_fields)
    known = ", ".join(model.model_fields)
    return (
        f'There is no such key here. Did you mean "{near}"?'
        if near
        else f"There is no such key here. Known are: {known}."
    )


def _meant(where: Where) -> Where:
    """The place that a misspelt key was probably meant for."""
    model = _model(where[:-1])
    return (*where[:-1], nearest(str(where[-1]), model.model_fields) if model else "")


def _fault(error: ErrorDetails) -> Fault:
    where: Where = tuple(error["loc"])
    value = None if error["type"] == "missing" else error["input"]
    return Fault(where, value, _remedy(error, where))


def _remedy(error: ErrorDetails, where: Where) -> str:
    kind, context = error["type"], error.get("ctx", {})
    said: dict[str, Callable[[], str]] = {
        "value_error": lambda: str(context["error"]),
        "missing": lambda: _missing(where),
        "literal_error": lambda: _one_of(error, where),
        "too_short": lambda: f"There must be at least {context['min_length']}.",
        "too_long": lambda: f"There are {context['actual_length']}: at most {context['max_length']} are allowed.",
        "greater_than_equal": lambda: f"It must be at least {context['ge']}.",
        "less_than_equal": lambda: f"It must be at most {context['le']}.",
        "list_type": lambda: _list(where),
    }
    return said[kind]() if kind in said else WORDS.get(kind, f"{error['msg']}.")


def _missing(where: Where) -> str:
    field = _field(where)
    if field is None:
        return "It is missing."
    inner, is_array = submodel(field)
    if inner is not None:
        name = where[-1]
        return f"It is missing: add {f'at least one block [[{name}]]' if is_array else f'a table [{name}]'}."
    return f"It is missing: add for example {where[-1]} = {field.examples[0] if field.examples else '...'}"


def _one_of(error: ErrorDetails, where: Where) -> str:
    field = _field(where)
    names = _names(field.annotation) if field else []
    near = nearest(error["input"], names) if isinstance(error["input"], str) else ""
    meant = f'Did you mean "{near}"? ' if near else ""
    return f"{meant}It must be one of: {', '.join(names)}."


def _names(annotation: object) -> list[str]:
    """The words of a Literal, also inside an optional one."""
    found: list[str] = []
    for argument in get_args(annotation):
        found += [argument] if isinstance(argument, str) else _names(argument)
    return found


def _list(where: Where) -> str:
    field = _field(where)
    inner = submodel(field)[0] if field else None
    if inner is not None:
        return f"Write it as blocks, each with [[{where[-1]}]] above it, in two square brackets."
    return 'It must be a list in square brackets: for example ["one", "two"].'


def _model(where: Where) -> type[BaseModel] | None:
    """The model of the table at this place."""
    if not where:
        return ConfigFile
    field = _field(where)
    return submodel(field)[0] if field else None


def _field(where: Where) -> FieldInfo | None:
    """The field of the models that a place belongs to."""
    model: type[BaseModel] | None = ConfigFile
    field: FieldInfo | None = None
    for step in where:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step) if model else None
        model = submodel(field)[0] if field else None
    return field
