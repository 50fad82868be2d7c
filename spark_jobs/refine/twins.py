"""Twins: rows that carry the same identity. Of those accepted the first is kept, the same body is a duplicate, another a conflict.

Every row is judged by itself first, so that a broken copy never hides its good resend. The first is the one in silver, else the
one received first. `decide` is the only place where this is said. Workers call it chunk by chunk in reading order, so what cannot be
decided in that order (rows in several work items, or not received in the order of their offsets) is judged before, by `settled`.
"""

import polars as pl

IDENTITY = ("family", "vehicle_key", "event_id", "occurred_on")
PLACE = ("topic_id", "partition", "offset")
FIRST = ("received_at", *PLACE)
PLACED = {"topic_id": pl.String(), "partition": pl.Int32(), "offset": pl.Int64()}
HELD = pl.Schema({"group": pl.Int64(), "body_hash": pl.Binary()} | PLACED)
FOUND = pl.Schema(
    {"family": pl.String(), "vehicle_key": pl.String(), "event_id": pl.String(), "occurred_on": pl.Date(), "body_hash": pl.Binary()}
    | {"received_at": pl.Datetime("us", "UTC")}
    | PLACED
    | {"held": pl.Boolean(), "item": pl.Int64(), "turn": pl.Int64()}
)


def grouped(found: pl.DataFrame) -> pl.DataFrame:
    """Of rows whose hashes met (FOUND), those whose identities really meet and of which one is new; `group` numbers the identities.

    `held` rows are in silver. The others stand in `item` (number of the work item), in its file number `turn`.
    """
    meet = (pl.len().over(IDENTITY) > 1) & (~pl.col("held")).any().over(IDENTITY)
    return found.filter(meet).with_row_index("row").with_columns(group=pl.col("row").min().over(IDENTITY).cast(pl.Int64)).drop("row")


def not_held(found: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Rows (FOUND) but for those that are held at one of the places."""
    return pl.concat([_new(found), _held(found).join(places, on=PLACE, how="anti")])


def refined(groups: pl.DataFrame) -> pl.DataFrame:
    """New rows whose own place is in silver: they were refined before and count no second time."""
    return _new(groups).join(_held(groups), on=PLACE, how="semi")


def premature(groups: pl.DataFrame) -> pl.DataFrame:
    """New rows that no worker can decide in the order in which it reads; a group with a held row needs no order."""
    without = _new(groups).filter(~pl.col("group").is_in(_held(groups)["group"].implode())).sort(FIRST)
    turn, offset = (pl.col(name).shift(1).over("group") for name in ("turn", "offset"))
    backwards = ((pl.col("turn") < turn) | ((pl.col("turn") == turn) & (pl.col("offset") < offset))).any().over("group")
    return without.filter((pl.col("item").n_unique().over("group") > 1) | backwards)


def settled(early: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """HELD rows to be: of each group of `early` rows the first whose place is among the `accepted`."""
    firsts = early.join(accepted, on=PLACE, how="semi").sort(FIRST).unique("group", keep="first", maintain_order=True)
    return firsts.select(HELD.names())


def kept_before(groups: pl.DataFrame, early: pl.DataFrame) -> pl.DataFrame:
    """HELD rows of all groups: in silver already, or settled."""
    return pl.concat([_held(groups).select(HELD.names()), early])


def decide(accepted: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Outcome of accepted rows (group, body_hash, received_at and place): `kept`, `duplicate` or `conflict`, with the kept row's place and body.

    Columns are added, order stays. A row at the very place that is held is `kept`: it was settled before.
    """
    ours = accepted.sort(FIRST).unique("group", keep="first", maintain_order=True).select(HELD.names())
    firsts = pl.concat([held, ours]).unique("group", keep="first", maintain_order=True)
    kept = firsts.rename({name: f"kept_{name}" for name in HELD if name != "group"})
    same_place = pl.all_horizontal(pl.col(name) == pl.col(f"kept_{name}") for name in PLACE)
    return accepted.join(kept, on="group", how="left", maintain_order="left").with_columns(
        outcome=pl.when(same_place)
        .then(pl.lit("kept"))
        .when(pl.col("body_hash") == pl.col("kept_body_hash"))
        .then(pl.lit("duplicate"))
        .otherwise(pl.lit("conflict"))
    )


def remembered(held: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """HELD for the chunks to come: those before, and the rows just kept."""
    return pl.concat([held, decided.filter(pl.col("outcome") == "kept").select(HELD.names())]).unique(
        "group", keep="first", maintain_order=True
    )


def _new(groups: pl.DataFrame) -> pl.DataFrame:
    return groups.filter(~pl.col("held"))


def _held(groups: pl.DataFrame) -> pl.DataFrame:
    return groups.filter("held")
