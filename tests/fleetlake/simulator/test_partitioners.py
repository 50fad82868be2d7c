import pytest

from fleetlake.simulator.partitioners import crc32_of, murmur2, murmur2_of

KAFKAS_OWN = {  # org.apache.kafka.common.utils.UtilsTest
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "expected"), KAFKAS_OWN.items())
def test_murmur2_is_kafkas(key, expected):
    assert int.from_bytes(murmur2(key).to_bytes(4, "big"), "big", signed=True) == expected


def test_the_hash_that_chooses_a_partition_is_never_negative():
    assert murmur2_of([b"21"]).tolist() == [-973932308 & 0x7FFFFFFF]


def test_crc32_is_the_common_one():
    assert crc32_of([b"123456789"]).tolist() == [0xCBF43926]
