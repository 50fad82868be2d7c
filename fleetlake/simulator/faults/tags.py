"""Protobuf on the wire: tags and numbers."""

VARINT, FIXED64, LENGTH, GROUP, END_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5


def tag(number: int, wire_type: int) -> bytes:
    """A Protobuf field's tag."""
    return varint(number << 3 | wire_type)


def varint(value: int) -> bytes:
    """Base-128 of Protobuf."""
    raw = bytearray()
    while value > 0x7F:
        raw.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*raw, value])
