"""No withheld cell can be derived from the published ones: shown by linear algebra over the vehicles themselves, not over the code's equations."""

import itertools
import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.build.small_cells import derivable
from spark_jobs.build.withholding import hidden_counts, withheld_cells


@dataclass(frozen=True)
class Table:
    """A table with totals over groups of vehicles that are alike in every slice."""

    codes: np.ndarray  # rows × slices, 0 is a total
    covers: np.ndarray  # rows × groups: which groups each row counts
    vehicles: np.ndarray  # of each group
    smallest: int

    @property
    def counts(self) -> np.ndarray:
        return self.covers @ self.vehicles


@st.composite
def tables(draw, has_finest=None):
    """Up to three slices of up to four values, published in some ways. Groups that nobody is in are known by their missing row, if any has one."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    ways = {tuple(False for _ in sizes)} | draw(st.sets(st.tuples(*(st.booleans() for _ in sizes)), max_size=3))
    finest = tuple(True for _ in sizes)
    ways = ways | {finest} if has_finest else ways - {finest} if has_finest is False else ways
    while (common := {tuple(map(min, one, other)) for one in ways for other in ways}) > ways:
        ways = common
    groups = np.array(list(itertools.product(*(range(1, size + 1) for size in sizes))))
    vehicles = np.array(draw(st.lists(st.sampled_from([0, 0, 1, 2, 3, 5, 8, 20, 50]), min_size=len(groups), max_size=len(groups))))
    vehicles[draw(st.integers(0, len(groups) - 1))] += 1
    if finest in ways:
        groups, vehicles = groups[vehicles > 0], vehicles[vehicles > 0]
    codes = np.unique(np.concatenate([groups * np.array(way) for way in ways]), axis=0)
    covers = np.array([((row == 0) | (groups == row)).all(axis=1) for row in codes]).astype(int)
    return Table(codes, covers, vehicles, draw(st.integers(2, 20)))


def known(knowledge: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Which of the asked sums are linear combinations of the known ones."""
    if not len(knowledge):
        return ~asked.any(axis=1)
    _, values, turned = np.linalg.svd(knowledge.astype(float))
    free = turned[(values > 1e-9).sum() :]
    return np.abs(asked @ free.T).max(axis=1, initial=0) < 1e-9


def judged(codes, counts, smallest, of=None, sums=None):
    counts = np.asarray(counts).reshape(len(codes), -1)
    return hidden_counts(np.zeros(len(codes), int), codes, counts, smallest, of or {}, sums or {})


@settings(max_examples=400, deadline=None)
@given(tables())
def test_no_withheld_cell_follows_from_the_published_ones(table):
    hidden = judged(table.codes, table.counts, table.smallest)[:, 0]
    is_small = (table.counts > 0) & (table.counts < table.smallest)
    assert hidden[is_small].all()
    assert not known(table.covers[~hidden], table.covers[hidden]).any()
    assert is_small.any() or not hidden.any()


@settings(max_examples=200, deadline=None)
@given(tables(has_finest=True))
def test_a_published_total_minus_its_published_parts_is_over_enough_vehicles(table):
    hidden = judged(table.codes, table.counts, table.smallest)[:, 0]
    finest = (table.codes > 0).all(axis=1)
    for row in np.flatnonzero(~hidden & ~finest):
        left = finest & hidden & (table.covers @ table.covers[row] > 0)
        assert not left.any() or table.counts[left].sum() >= table.smallest


@settings(max_examples=200, deadline=None)
@given(tables(has_finest=False), st.randoms(use_true_random=False))
def test_counts_of_a_row_that_add_up_protect_each_other(table, random):
    active, dormant = (np.array([random.choice([0, 1, 3, 30]) for _ in table.vehicles]) for _ in range(2))
    counts = np.array([table.covers @ each for each in (active + dormant, active, dormant)]).T
    hidden = judged(table.codes, counts, table.smallest, sums={0: [1, 2]})
    none = np.zeros_like(table.covers)
    told = np.concatenate([np.concatenate(sides, axis=1) for sides in itertools.product([table.covers, none], repeat=2)][:3])
    flat = hidden.T.ravel()
    assert not known(told[~flat], told[flat]).any()


@settings(max_examples=100, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(table, random):
    order = random.sample(range(len(table.codes)), len(table.codes))
    hidden = judged(table.codes, table.counts, table.smallest)[:, 0]
    assert judged(table.codes[order], table.counts[order], table.smallest)[:, 0].tolist() == hidden[order].tolist()


def test_a_second_cell_hides_what_the_total_would_tell():
    codes = np.array([[0], [1], [2], [3]])
    assert judged(codes, [103, 3, 60, 40], 20)[:, 0].tolist() == [False, True, False, True]


def test_parts_in_two_ways_without_their_total_are_refused():
    with pytest.raises(ValueError, match="published, too"):
        judged(np.array([[1, 0], [0, 1]]), [30, 30], 20)
    with pytest.raises(ValueError, match="lacks the row of its total"):
        judged(np.array([[1, 0], [1, 1], [2, 1]]), [30, 30, 30], 20)


def test_nobody_is_no_small_group():
    codes = np.array([[0], [1], [2]])
    assert not judged(codes, [60, 0, 60], 20).any()


def test_that_none_of_a_few_did_it_is_told_of_a_few():
    codes = np.array([[0], [1], [2], [3]])
    eligible, active = [105, 5, 50, 50], [80, 0, 40, 40]
    hidden = judged(codes, np.array([eligible, active]).T, 20, of={1: 0})
    assert hidden[:, 1].tolist() == [False, True, True, False]


def test_parts_that_could_only_be_one_each_get_company():
    codes = np.array([[0], *([n] for n in range(1, 22)), [22]])
    hidden = judged(codes, [121, *[1] * 21, 100], 20)[:, 0]
    assert hidden[-1] or hidden[0]


def test_a_cell_that_only_all_equations_together_give_away_is_found():
    square = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])  # margins of two by two cells
    assert not derivable(square).any()
    assert derivable(np.vstack([square, [1, 0, 0, 1]])).all()


def test_a_cell_between_two_groups_of_withheld_ones_gets_company():
    fine = np.array(list(itertools.product(range(1, 5), repeat=2)))
    square = {(row, column) for block in ((1, 2), (3, 4)) for row, column in itertools.product(block, repeat=2)}
    vehicles = np.array([10 if cell in square | {(1, 3)} else 50 for cell in map(tuple, fine.tolist())])
    codes = np.unique(np.concatenate([fine * way for way in ([0, 0], [1, 0], [0, 1], [1, 1])]), axis=0)
    covers = np.array([((row == 0) | (fine == row)).all(axis=1) for row in codes]).astype(int)
    small = (covers @ vehicles) < 20
    bridge = (codes == [1, 3]).all(axis=1)
    assert known(covers[~small], covers[bridge]).all(), "rows 1 and 2 minus columns 1 and 2 tell it, though every equation has two unknowns"
    hidden = judged(codes, covers @ vehicles, 20)[:, 0]
    assert not known(covers[~hidden], covers[hidden]).any()


def test_the_sql_function_says_for_each_row_which_of_its_counts_are_withheld():
    slices = pa.array([[{"m": "a"}, {"m": "all"}, {"m": "b"}], [{"m": "all"}], []], pa.list_(pa.struct({"m": pa.string()})))
    counts = pa.array([[[3, 50], [53, 100], [50, 50]], [[4, 4]], []], pa.list_(pa.list_(pa.int64())))
    rule = pa.array([json.dumps({"smallest": 20, "of": {}, "sums": {}})] * 3)
    assert withheld_cells(slices, counts, rule).to_pylist() == [[1, 0, 1], [3], []]
    assert withheld_cells(slices.slice(1), counts.slice(1), rule.slice(1)).to_pylist() == [[3], []]
