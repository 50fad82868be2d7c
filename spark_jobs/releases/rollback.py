"""Rollback: a release that pins the versions of an older one again. Data stays as it is, and the layer is held until somebody resumes."""

from collections.abc import Sequence

from fleetlake.console import Failure
from fleetlake.releases.history import BUILT_FROM, base, current, upto, withdrawn
from fleetlake.releases.model import WITH, Release
from spark_jobs.releases.log import Log, made
from spark_jobs.releases.pinned import rows
from spark_jobs.releases.plan import require_layer


def rollback(log: Log, layer: str, to: int | None = None, *, with_gold: bool = False, note: str = "") -> list[Release]:
    """The releases that take a layer back, to what was in force before or to release `to`; with gold, the newest gold that stood on that.

    `Log.commit` makes them. Raises Failure where there is nothing to go back to, or its versions are gone.
    """
    require_layer(layer)
    target = _target(log.history, layer, to)
    parts = [_again(log, each, note) for each in (target, *_beside(log.history, target))]
    if with_gold:
        parts += _gold(log, parts[0], note)
    _require_readable(log.lake, parts)
    return parts


def marked(log: Log, parts: Sequence[Release]) -> list[Release]:
    """Releases that would be built from withdrawn versions after these: what a rollback without gold leaves standing."""
    after = [*log.history, *parts]
    found = [current(after, layer) for layer in BUILT_FROM]
    return [release for release in found if release and base(release, after) in withdrawn(after, BUILT_FROM[release.layer])]


def _target(history: Sequence[Release], layer: str, to: int | None) -> Release:
    now = current(history, layer)
    if now is None:
        raise Failure(f"{layer} was never released", "`fleet releases` shows what was")
    before = current(upto(history, now.effective - 1), layer)
    wanted = to if to is not None else before and before.effective
    if wanted is None:
        raise Failure(f"release {now.effective} is the first one of {layer}", "there is nothing to go back to")
    found = next((each for each in history if (each.number, each.layer) == (wanted, layer)), None)
    if found is None:
        own = ", ".join(str(each.number) for each in history if each.layer == layer)
        raise Failure(f"{layer} has no release {wanted}", f"it has {own}")
    if found.effective == now.effective:
        raise Failure(f"readers see release {found.effective} of {layer} already", "name another one: fleet releases")
    return found


def _beside(history: Sequence[Release], target: Release) -> list[Release]:
    """What was released with it, of the layers that come with its layer."""
    return [each for each in history if each.number == target.number and each.layer in WITH.get(target.layer, ())]


def _again(log: Log, target: Release, note: str) -> Release:
    return made(log.next, target.layer, "rollback", target.pins.values(), note, of_release=target.effective)


def _gold(log: Log, back: Release, note: str) -> list[Release]:
    """For each layer that is left standing on what is withdrawn, the newest release that is not."""
    parts = []
    after = [*log.history, back]
    gone = withdrawn(after, back.layer)
    for release in (each for each in marked(log, [back]) if BUILT_FROM[each.layer] == back.layer):
        bad = withdrawn(log.history, release.layer)
        own = [each for each in log.history if each.layer == release.layer and each.effective not in bad]
        sound = [each for each in own if base(each, after) not in gone]
        if not sound:
            raise Failure(
                f"no release of {release.layer} was built from an older {back.layer}",
                "roll back without --with-gold: gold is marked, then build it anew",
            )
        parts.append(_again(log, sound[-1], note))
    return parts


def _require_readable(lake: str, parts: Sequence[Release]) -> None:
    wanted = [(pin.table, pin.version) for part in parts for pin in part.pins.values()]
    if lost := [each for each in rows(lake, wanted) if isinstance(each, Failure)]:
        raise Failure("; ".join(each.what for each in lost), "go back to another release: fleet releases")
