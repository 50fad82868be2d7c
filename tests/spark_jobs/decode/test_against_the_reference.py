"""The fast path and the plain reference are of one mind about every body."""

import math
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.contract import Contract, contract, families
from spark_jobs.decode import Judged, judge
from tests.spark_jobs.decode import bodies, reference
from tests.spark_jobs.decode.events import JSON, PROTOBUF, bronze, headers, row

BODIES_PER_EXAMPLE = 600
EXAMPLES = 20


@settings(max_examples=EXAMPLES, deadline=None, derandomize=False)
@given(family=st.sampled_from(families()), number=st.integers(0, 2**32))
def test_verdicts_and_values_are_those_of_the_reference(family: str, number: int) -> None:
    compare(contract(f"silver.{family}"), mixed(Random(number), contract(f"silver.{family}"), BODIES_PER_EXAMPLE))


def mixed(random: Random, promised: Contract, count: int) -> list[tuple[bytes, str]]:
    """Bodies of both formats in one chunk."""
    formats = [(bodies.json_body, JSON), (bodies.protobuf_body, PROTOBUF)]
    return [(make(random, promised), content_type) for make, content_type in random.choices(formats, k=count)]


def compare(promised: Contract, sent: list[tuple[bytes, str]]) -> Judged:
    """Judges all in one chunk and each by the reference; raises AssertionError with the first body on which they differ."""
    judged = judge(
        bronze(*(row(body, headers(promised.table, content_type=content_type.encode())) for body, content_type in sent)), promised
    )
    silver = dict(zip(judged.rows.to_pylist(), judged.silver.to_pylist(maps_as_pydicts=None), strict=True))
    for place, (body, content_type) in enumerate(sent):
        expected = reference.judge(body, content_type, promised)
        reason, rule = judged.reasons[place].as_py(), judged.rules[place].as_py()
        assert reason == expected.reason, f"{reason} ({rule}), not {expected.reason} ({expected.about}): {body!r}"
        if expected.reason in ("wrong_type", "missing_field", "out_of_range", "not_allowed"):
            assert rule.partition(":")[0] == expected.about, f"{rule}, not {expected.about}: {body!r}"
        assert (place in silver) == (reason is None), body
        if reason is None:
            _compare_values(silver[place], expected, body)
    return judged


def _compare_values(silver: dict[str, object], expected: reference.Outcome, body: bytes) -> None:
    for name, value in expected.values.items():
        assert _same(silver[name], value), f"{name}: {silver[name]!r}, not {value!r}: {body!r}"
    text = silver["unknown_fields"]
    assert text is None or isinstance(text, str)
    assert (reference.decimals(text) if text else {}) == expected.unknown, f"{text}, not {expected.unknown}: {body!r}"


def _same(value: object, expected: object) -> bool:
    if isinstance(value, float) and isinstance(expected, float):
        return value == expected and math.copysign(1, value) == math.copysign(1, expected)
    return value == expected and type(value) is type(expected)
