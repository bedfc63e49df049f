"""Blocks of 32: the number format of `MatMulNBits` and `GatherBlockQuantized`.

A row of weights is cut into blocks of 32 along its input; a block keeps one float32 scale. Eight-bit values are
symmetric around 128, the operator's implicit zero point: halves of a sign bit are not worth a table. Four-bit
values have a zero point each, because most of our sources were rounded with an offset and would lose a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

BLOCK = 32


@dataclass
class Blocks:
    """One quantised matrix [out, in]: `values` uint8, `scales` float32 [out, in/32], `zeros` packed nibbles or None."""

    bits: int
    values: np.ndarray
    scales: np.ndarray
    zeros: Optional[np.ndarray] = None


def eight_bit(weights: np.ndarray) -> Blocks:
    """Symmetric: the largest value of a block becomes 127."""
    blocks = weights.reshape(weights.shape[0], -1, BLOCK)
    scales = np.abs(blocks).max(axis=2) / np.float32(127)
    safe = np.where(scales == 0, np.float32(1), scales)
    values = np.rint(blocks / safe[:, :, None]).astype(np.int8)
    return repack_eight_bit(values, scales)


def repack_eight_bit(values: np.ndarray, scales: np.ndarray) -> Blocks:
    """Signed values as the operator stores them: the sign bit flipped is the same as adding 128."""
    return Blocks(8, values.view(np.uint8) ^ np.uint8(0x80), scales.astype(np.float32))


def four_bit(weights: np.ndarray) -> Blocks:
    """Per block, the integer zero point and scale with the least squared error among a few good guesses.

    The operator's fast path takes integer zero points only, while Q4_1 has a real-valued offset, so an exact copy
    is possible only where offset/step happens to be whole. Candidates are the zero points around the natural one,
    each with the scale that just covers the block and slightly smaller ones, which trade one clipped outlier for
    finer steps; a least-squares fit of the scale follows. The exact copy, where it exists, is among them.
    """
    rows = weights.shape[0]
    blocks = weights.reshape(-1, BLOCK)
    values = np.empty(blocks.shape, np.uint8)
    scales = np.empty(len(blocks), np.float32)
    zeros = np.empty(len(blocks), np.uint8)
    for start in range(0, len(blocks), 1 << 14):  # a slice stays in the cache, the whole matrix would not
        part = slice(start, start + (1 << 14))
        values[part], scales[part], zeros[part] = _best_four_bit(blocks[part])
    packed = (values[:, 0::2] | values[:, 1::2] << 4).reshape(rows, -1, BLOCK // 2)
    return Blocks(4, packed, scales.reshape(rows, -1), _pack_zeros(zeros.reshape(rows, -1)))


def _best_four_bit(blocks: np.ndarray):
    low, high = np.minimum(blocks.min(axis=1), 0), np.maximum(blocks.max(axis=1), 0)
    step = np.maximum((high - low) / 15, np.float32(1e-12))
    natural = np.rint(-low / step)
    best_error = np.full(len(blocks), np.inf, np.float32)
    best = [np.zeros(blocks.shape, np.uint8), np.zeros(len(blocks), np.float32), np.zeros(len(blocks), np.uint8)]
    for offset in (0, -1, 1):
        zero = np.clip(natural + offset, 0, 15).astype(np.float32)
        # the scale that reaches both ends of the block from this zero point
        above, below = np.maximum(15 - zero, 1e-3), np.maximum(zero, 1e-3)
        cover = np.minimum(np.maximum(high / above, -low / below), 2 * step)
        for shrink in (1.0, 0.95, 0.88):
            level = np.clip(np.rint(blocks / (cover * np.float32(shrink))[:, None]) + zero[:, None], 0, 15)
            centred = level - zero[:, None]
            weight = np.einsum("ij,ij->i", centred, centred)
            fitted = np.einsum("ij,ij->i", centred, blocks) / np.maximum(weight, 1)
            residual = blocks - centred * fitted[:, None]
            error = np.einsum("ij,ij->i", residual, residual)
            better = error < best_error
            best_error[better] = error[better]
            best[0][better], best[1][better], best[2][better] = level[better], fitted[better], zero[better]
    return best


def _pack_zeros(zeros: np.ndarray) -> np.ndarray:
    """Two zero points a byte, the first in the low nibble; a row with an odd count ends with the neutral 8."""
    if zeros.shape[1] % 2:
        zeros = np.concatenate([zeros, np.full((zeros.shape[0], 1), 8, np.uint8)], axis=1)
    return zeros[:, 0::2] | zeros[:, 1::2] << 4
