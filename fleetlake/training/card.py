"""What is to be known of a model before it is used: for machines as JSON, for people as Markdown. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fleetlake.training.learning import Trained
from fleetlake.training.task import Task
from fleetlake.training.use_cases import UseCase

MOST = 10  # inputs that a person is told of
LIMITS = "What it was not shown it does not know: other markets, features and seasons than those of the training set. Shares are of held-out weeks."


def card(task: Task, use: UseCase, trained: Trained, facts: Mapping[str, Any]) -> dict[str, Any]:
    """All figures. `facts`: training run, model, manifest, times and costs."""
    return {
        "use_case": use.name,
        "question": task.question,
        "owner": use.owner,
        "purpose": use.purpose,
        "consents": use.consents,
        "expires_on": use.expires_on.isoformat(),
        **facts,
        "learner": dict(task.learner),
        "rounds": trained.fitted.rounds,
        "stopped": trained.fitted.stopped,
        "learnt_from": trained.learnt,
        "held_out": {"since": trained.since.isoformat(), "examples": trained.held_out, "vehicles": trained.vehicles},
        "margin": use.margin,
        "beats_its_baseline": trained.decisive.beats(use.margin),
        "comparisons": {name: [asdict(each) for each in found] for name, found in trained.comparisons.items()},
        "inputs": [{"name": name, "share_of_gain": round(share, 4)} for name, share in trained.importance],
        "limits": LIMITS,
    }


def markdown(told: Mapping[str, Any]) -> str:
    """The card as a page."""
    verdict = "beats" if told["beats_its_baseline"] else "does not beat"
    held_out = told["held_out"]
    return "\n".join(
        (
            f"# {told['use_case']}: {told['question']}",
            "",
            f"For: {told['purpose']} Owner: {told['owner']}. Good until {told['expires_on']}.",
            "",
            f"It {verdict} its baseline by {told['margin']:.0%} or more, judged at the lower bound. Bounds hold with 95 % confidence; vehicles were drawn.",
            "",
            "| metric | beside | model | baseline | better by |",
            "| --- | --- | --- | --- | --- |",
            *_rows(told["comparisons"]),
            "",
            f"Learnt from {told['learnt_from']:,} examples; held out: {held_out['examples']:,} of {held_out['vehicles']:,} vehicles since "
            f"{held_out['since'][:10]}. {told['rounds']} rounds{', stopped: ' + told['stopped'] if told['stopped'] else ''}.",
            "",
            "| input | share of gain |",
            "| --- | --- |",
            *(f"| {each['name']} | {each['share_of_gain']:.1%} |" for each in told["inputs"][:MOST]),
            "",
            *(f"- {name}: {told[name]}" for name in ("training_run", "model", "manifest", "seconds", "cost_eur") if name in told),
            "",
            told["limits"],
            "",
        )
    )


def _rows(comparisons: Mapping[str, Any]) -> list[str]:
    return [
        f"| {each['metric']} | {name} | {_bounds(each['model'])} | {_bounds(each['baseline'])} | {_bounds(each['gain'], '.1%')} |"
        for name, found in comparisons.items()
        for each in found
    ]


def _bounds(told: Mapping[str, float], form: str = ".4f") -> str:
    return f"{told['value']:{form}} ({told['low']:{form}} to {told['high']:{form}})"
