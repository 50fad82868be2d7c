"""The assistant's suggestion: which feature will this driver want next?"""

from fleetlake.training.baselines import own_most_used, popular_by_hour
from fleetlake.training.metrics import hit_rate
from fleetlake.training.task import Task

REGISTER = "gold_internal.vehicles"
CONTEXT = """vehicle_key, model, market, "at",
    cast(extract(hour from "at") + extract(minute from "at") / 60 as float) as hour, cast(isodow("at") as float) as weekday"""
LABELS = f"""
with uses as ( -- each once, when it began; what the car began by itself nobody wanted
    select vehicle_key, model, market, feature_id, occurred_at - to_milliseconds(coalesce(duration_ms, 0)) as "at"
    from silver.feature_usage
    where action = 'stopped' and entry_point is distinct from 'automatic'
)
select {CONTEXT}, feature_id as target from uses
"""

TASK = Task(
    name="suggest",
    question="Which feature will this driver want next, from use, time and state of the vehicle?",
    labels=lambda horizon_days: LABELS,
    context=("hour", "weekday", "model", "market"),
    words=("model", "market"),
    learner={"objective": "multiclass", "learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 50, "feature_fraction": 0.7},
    rounds=60,
    metrics=(hit_rate(1), hit_rate(3)),
    baselines={"most popular by hour": popular_by_hour, "the driver's own most used": own_most_used},
    is_choice=True,
)


def moments(day: str) -> str:
    """SQL: each vehicle that a customer has, at each full hour (UTC) of a day, with the context that labels have."""
    return f"""
with hours as (
    select vehicle_key, model, market, timestamptz '{day} 00:00:00Z' + to_hours(hour) as "at"
    from {REGISTER}, range(24) as hours(hour)
    where to_on is null and sold_on is not null and scrapped_on is null
)
select {CONTEXT} from hours
"""
