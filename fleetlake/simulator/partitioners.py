"""The two default partitioners of Kafka's clients, so that twins of one event can be sent as different producers would.

librdkafka's `consistent_random` takes CRC-32 of the key, Java's and librdkafka's `murmur2_random` take Kafka's murmur2
(org.apache.kafka.common.utils.Utils.murmur2, and `toPositive` of it); both modulo the number of partitions.
"""

import zlib
from collections.abc import Sequence

import numpy as np

M, SEED, WORD = 0x5BD1E995, 0x9747B28C, 0xFFFFFFFF


def crc32_of(keys: Sequence[bytes]) -> np.ndarray:
    """CRC-32 of each key, uint32."""
    return np.fromiter((zlib.crc32(key) for key in keys), dtype=np.uint32, count=len(keys))


def murmur2_of(keys: Sequence[bytes]) -> np.ndarray:
    """Kafka's murmur2 of each key without its sign bit, uint32."""
    return np.fromiter((murmur2(key) & 0x7FFFFFFF for key in keys), dtype=np.uint32, count=len(keys))


def murmur2(key: bytes) -> int:
    """murmur2 of one key as an unsigned 32-bit number."""
    value, whole = SEED ^ len(key), len(key) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * M & WORD
        word = (word ^ word >> 24) * M & WORD
        value = value * M & WORD ^ word
    if rest := key[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * M & WORD
    value = (value ^ value >> 13) * M & WORD
    return value ^ value >> 15
