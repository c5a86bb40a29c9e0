"""Machine operations that Numba has no word for: the upper half of a product, eight bytes at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic


def _operation(generator: Callable[..., Any]) -> Any:
    """Make a word of Numba's from what types and emits it; its callers pass no typing context."""
    return intrinsic(generator)


@_operation
def upper_product(typing: Any, a: Any, b: Any) -> Any:
    """Return the upper 64 bits of the 128-bit product of two unsigned 64-bit integers."""
    signature = types.uint64(types.uint64, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, double_word = ir.IntType(64), ir.IntType(128)
        left = builder.zext(arguments[0], double_word)
        right = builder.zext(arguments[1], double_word)
        upper = builder.lshr(builder.mul(left, right), ir.Constant(double_word, 64))
        return builder.trunc(upper, word)

    return signature, generate


@_operation
def store_word(typing: Any, buffer: Any, at: Any, word: Any) -> Any:
    """Write the eight bytes of an unsigned 64-bit integer, lowest first, to ``buffer[at:at + 8]``."""
    signature = types.void(buffer, types.intp, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        place = builder.bitcast(place, ir.IntType(64).as_pointer())
        builder.store(arguments[2], place, align=1)
        return context.get_dummy_value()

    return signature, generate


@_operation
def load_word(typing: Any, buffer: Any, at: Any) -> Any:
    """Return ``buffer[at:at + 8]`` as an unsigned 64-bit integer, first byte lowest."""
    signature = types.uint64(buffer, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        place = builder.bitcast(place, ir.IntType(64).as_pointer())
        return builder.load(place, align=1)

    return signature, generate


@_operation
def leading_zeros(typing: Any, word: Any) -> Any:
    """Return how many bits above the highest set bit of a non-zero 64-bit integer are zero."""
    signature = types.int64(types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return signature, generate


@_operation
def bits_to_double(typing: Any, word: Any) -> Any:
    """Return the double whose bits a 64-bit integer holds."""
    signature = types.float64(types.uint64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return signature, generate
