from datetime import UTC, date, datetime

import pytest

from fleetlake.console import Failure
from fleetlake.simulator.faults.effects import EFFECTS
from fleetlake.simulator.plan import FAULTS, Plan, faults


def test_none_has_no_rates_and_all_has_every_one():
    assert faults("none")[0] == {}
    assert faults("all")[0] == FAULTS


def test_every_effect_has_a_rate():
    assert set(EFFECTS) <= set(FAULTS)


def test_a_file_names_the_faults_it_wants(tmp_path):
    path = tmp_path / "rates.toml"
    path.write_text('resend = 0.5\nhot_family = "charging"\n')
    assert faults(str(path)) == ({"resend": 0.5}, "charging")


def test_a_file_may_change_one_rate_of_all(tmp_path):
    path = tmp_path / "rates.json"
    path.write_text('{"others": "all", "resend": 0}')
    assert faults(str(path))[0] == FAULTS | {"resend": 0}


@pytest.mark.parametrize("text", ["resent = 0.1", 'resend = "often"', "resend = -1", "resend ="])
def test_a_file_that_makes_no_sense_is_refused_by_name(tmp_path, text):
    path = tmp_path / "rates.toml"
    path.write_text(text)
    with pytest.raises(Failure, match=r"rates\.toml"):
        faults(str(path))


def test_a_plan_that_would_end_in_the_future_is_refused():
    now = datetime(2026, 7, 4, 12, tzinfo=UTC)
    Plan(days=2, start=date(2026, 7, 1)).refuse_future(now)
    Plan(days=2, start=date(2026, 6, 1), rates=FAULTS).refuse_future(now)
    with pytest.raises(Failure, match="2026-07-05, which is in the future"):
        Plan(days=3, start=date(2026, 7, 1)).refuse_future(now)
    with pytest.raises(Failure, match="--start 2026-06-01 or earlier"):
        Plan(days=2, start=date(2026, 6, 2), rates=FAULTS).refuse_future(now)
