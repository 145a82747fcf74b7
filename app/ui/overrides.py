"""An error inside a method that Qt calls must not end the process.

Shiboken 6.11 adds "Error calling Python override of ..." to an error that leaves such a method. Under Python 3.11 an error
raised by C code (`int("x")`, "Internal C++ object already deleted") may still be a bare text at that point: Shiboken takes it
for an exception, writes where it must not, and the whole console is gone, with nothing in any log. An `except` on the way makes
it an object. So every method of ours that Qt may call gets one, when its class is made; nothing else changes, and from Python
3.12 on nothing is done.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

MENDED = (3, 12)  # from here on an error is an object from the beginning
_META = "Shiboken"
_QT = "PySide6."
_build = builtins.__build_class__


def _with_1(method: Callable[..., Any]) -> Callable[..., Any]:
    def called(self: Any) -> Any:
        try:
            return method(self)
        except BaseException:
            raise

    return called


def _with_2(method: Callable[..., Any]) -> Callable[..., Any]:
    def called(self: Any, one: Any) -> Any:
        try:
            return method(self, one)
        except BaseException:
            raise

    return called


def _with_3(method: Callable[..., Any]) -> Callable[..., Any]:
    def called(self: Any, one: Any, two: Any) -> Any:
        try:
            return method(self, one, two)
        except BaseException:
            raise

    return called


def _with_any(method: Callable[..., Any]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        try:
            return method(*given, **named)
        except BaseException:
            raise

    return called


_OF_ARITY = {1: _with_1, 2: _with_2, 3: _with_3}  # PySide counts a slot's arguments: the count stays the same
_STAR = 0x04 | 0x08  # *args, **kwargs


def shielded(method: FunctionType) -> FunctionType:
    """The method, leaving no error as a bare text; as many arguments as before."""
    code = method.__code__
    plain = not (method.__defaults__ or code.co_kwonlyargcount or code.co_flags & _STAR)
    made = _OF_ARITY.get(code.co_argcount if plain else 0, _with_any)(method)
    functools.update_wrapper(made, method)
    assert isinstance(made, FunctionType)
    return made


def shield_class(made: type) -> None:
    """Shield what a class of ours overrides of Qt's."""
    qt = next((base for base in made.__mro__ if base.__module__.startswith(_QT)), None)
    if qt is None:
        return
    for name, method in list(vars(made).items()):
        if isinstance(method, FunctionType) and not name.startswith("_") and hasattr(qt, name):
            setattr(made, name, shielded(method))


def _build_shielded(body: Any, name: str, *bases: Any, **named: Any) -> Any:
    made = _build(body, name, *bases, **named)
    if type(made).__module__ == _META:
        shield_class(made)
    return made


def shield() -> None:
    """From now on each class that is made on top of a class of Qt is shielded. Idempotent."""
    if sys.version_info < MENDED:
        builtins.__build_class__ = _build_shielded  # type: ignore[assignment]
