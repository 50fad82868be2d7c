"""How much of its state of health will a battery have lost in so many days?"""

from fleetlake.training.baselines import usual
from fleetlake.training.metrics import absolute_error
from fleetlake.training.task import Task

HORIZON_DAYS = 90
WINDOW_DAYS = (
    28  # of what its features look back on: while the lake is younger, what they tell grows with its age and not with the battery's
)
LABELS = """
with health as ( -- of a day what was heard of it by its end: the mean, for each report is measured
    select
        vehicle_key, any_value(model) as model, any_value(market) as market, occurred_on as day,
        avg(state_of_health_percent) as health_percent
    from silver.vehicle_signals
    where state_of_health_percent is not null and received_at < occurred_on + interval 1 day
    group by vehicle_key, occurred_on
)
select
    now.vehicle_key, now.model, now.market, cast(now.day + 1 as timestamptz) as "at",
    now.health_percent as health_percent, now.health_percent - later.health_percent as target
from health as now
join health as later on later.vehicle_key = now.vehicle_key and later.day = now.day + {horizon_days}
where now.day >= (select min(day) from health) + {window_days} - 1
"""

TASK = Task(
    name="battery",
    question="How many points of its state of health will this battery lose within the horizon?",
    labels=lambda horizon_days: LABELS.format(horizon_days=horizon_days, window_days=WINDOW_DAYS),
    context=("health_percent", "model", "market"),
    words=("model", "market"),
    learner={"objective": "regression_l1", "learning_rate": 0.05, "num_leaves": 7, "min_data_in_leaf": 100, "feature_fraction": 0.7},
    rounds=150,
    metrics=(absolute_error("percentage points"),),
    baselines={"the fleet's usual loss": lambda learnt, asked, classes: usual(learnt, asked)},
    horizon_days=HORIZON_DAYS,
)
