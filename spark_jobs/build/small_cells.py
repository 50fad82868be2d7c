"""Which cells of tables with totals must not be published, so that nothing can be learned of fewer than `smallest` vehicles.

First the small counts themselves; then further cells, until none that is withheld follows from the published ones. It would follow if it
were a linear combination of the totals' equations (after Fellegi 1972 and the complementary suppression of statistical offices), or if whole
numbers left it no choice: what an equation tells of its withheld parts must be over enough vehicles, and not the least that they can be.
Arrays throughout, one value per cell, so that a million cells take seconds.
"""

from dataclasses import dataclass

import numpy as np

NEARLY = 1e-9


@dataclass(frozen=True)
class Equations:
    """Each total is the sum of its parts. All indices are of cells; equations of one block are neighbours and share cells with no other block."""

    total: np.ndarray  # of each equation
    block: np.ndarray  # of each equation; ascending
    equation: np.ndarray  # of each membership; ascending
    part: np.ndarray  # of each membership


def withheld(counts: np.ndarray, sensitive: np.ndarray, least: np.ndarray, equations: Equations, smallest: int) -> np.ndarray:
    """True for each cell that must not be published: the sensitive ones, and as few others as the heuristic finds.

    `least` is what everybody knows a withheld count to be at least. Where a cell can be chosen, it is one that stands in few equations
    without a withheld cell yet, then the smallest one.
    """
    hidden = sensitive.copy()
    changed = np.unique(equations.block)
    while True:
        weak = _weak(counts, hidden, least, equations, smallest)
        if not weak.any():
            weak = _deriving(hidden, equations, changed)
            if not weak.any():
                return hidden
            changed = np.unique(equations.block[weak])
        more = _candidates(counts, hidden, equations, weak)
        hidden[more] = True
        changed = np.union1d(changed, np.unique(equations.block[weak]))


def _weak(counts: np.ndarray, hidden: np.ndarray, least: np.ndarray, equations: Equations, smallest: int) -> np.ndarray:
    """Equations that tell one withheld cell, or too much of a few."""
    of_part, size = hidden[equations.part], len(equations.total)
    unknown_parts = np.bincount(equations.equation, of_part, size)
    is_total_known = ~hidden[equations.total]
    told = np.bincount(equations.equation, of_part * counts[equations.part], size)
    room = np.bincount(equations.equation, of_part * (counts - least)[equations.part], size)
    is_alone = unknown_parts + ~is_total_known == 1
    is_thin = is_total_known & (unknown_parts > 0) & ((told < smallest) | (room < 1))
    weak: np.ndarray = is_alone | is_thin
    return weak


def _candidates(counts: np.ndarray, hidden: np.ndarray, equations: Equations, weak: np.ndarray) -> np.ndarray:
    """One published cell of each weak equation: a part that counts somebody, else the total, else any part."""
    untouched = _untouched(hidden, equations)
    member = np.flatnonzero(weak[equations.equation] & ~hidden[equations.part])
    part, equation = equations.part[member], equations.equation[member]
    order = np.lexsort((part, counts[part], untouched[part], counts[part] == 0, equation))
    found, first = np.unique(equation[order], return_index=True)
    best = np.full(len(weak), -1)
    best[found] = part[order][first]
    is_empty = (best < 0) | (counts[best] == 0)
    best = np.where(is_empty & ~hidden[equations.total], equations.total, best)
    chosen: np.ndarray = best[weak & (best >= 0)]
    return chosen


def _untouched(hidden: np.ndarray, equations: Equations) -> np.ndarray:
    """In how many equations without any withheld cell each cell stands."""
    touched = hidden[equations.total] | _has_hidden_part(hidden, equations)
    as_part = np.bincount(equations.part, ~touched[equations.equation], len(hidden))
    return as_part + np.bincount(equations.total, ~touched, len(hidden))


def _has_hidden_part(hidden: np.ndarray, equations: Equations) -> np.ndarray:
    has_one: np.ndarray = np.bincount(equations.equation, hidden[equations.part], len(equations.total)) > 0
    return has_one


def _deriving(hidden: np.ndarray, equations: Equations, blocks: np.ndarray) -> np.ndarray:
    """Of each of the blocks in which a withheld cell follows from all equations together, one equation in which another cell can be withheld."""
    weak = np.zeros(len(equations.total), bool)
    blocks = np.intersect1d(blocks, equations.block[hidden[equations.total] | _has_hidden_part(hidden, equations)])
    first, last = (np.searchsorted(equations.block, blocks, side) for side in ("left", "right"))
    starts = np.searchsorted(equations.equation, np.arange(len(equations.total) + 1))
    for begin, end in zip(first, last, strict=True):
        members = slice(starts[begin], starts[end])
        part, local = equations.part[members], equations.equation[members] - begin
        cells = np.unique(np.concatenate([part, equations.total[begin:end]]))
        matrix = np.zeros((end - begin, len(cells)))
        matrix[local, np.searchsorted(cells, part)] = 1
        matrix[np.arange(end - begin), np.searchsorted(cells, equations.total[begin:end])] = -1
        is_unknown = hidden[cells]
        derived = derivable(matrix[:, is_unknown])
        if derived.any():
            has_choice = (matrix[:, ~is_unknown] != 0).any(axis=1)
            tells = (matrix[:, is_unknown][:, derived] != 0).any(axis=1) & has_choice
            choice = np.flatnonzero(tells if tells.any() else has_choice)
            weak[begin + choice[:1]] = True
    return weak


def derivable(matrix: np.ndarray) -> np.ndarray:
    """Which unknowns (columns) homogeneous equations (rows) pin down: those whose unit vector is in the row space.

    In the reduced echelon form they are the rows with a single entry.
    """
    rows = matrix[(matrix != 0).any(axis=1)].astype(float)
    if not rows.size:
        return np.zeros(matrix.shape[1], bool)
    for number in range(len(rows)):
        column = int(np.abs(rows[number]).argmax())
        pivot = rows[number, column]
        if abs(pivot) <= NEARLY:
            rows[number] = 0
            continue
        rows[number] /= pivot
        factors = rows[:, column].copy()
        factors[number] = 0
        rows -= np.outer(factors, rows[number])
    entries = np.abs(rows) > NEARLY
    pinned: np.ndarray = entries[entries.sum(axis=1) == 1].any(axis=0)
    return pinned
