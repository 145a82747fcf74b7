"""Seeds of the simulated city; a failing one prints how to run it again."""

from __future__ import annotations

import pytest

from tests.simulation.simulator import STEPS, run

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_city_is_sound(seed: int) -> None:
    """Equal state everywhere, equal to the oracle in any order, nothing lost, nothing leaked, no lie projected."""
    found, simulation = run(seed)
    lines = [f"{name}: {example}" for name, example in found.items()]
    assert not found, "\n".join([*lines, f"again: python -m tests.simulation 1 {seed} {STEPS}"])
    assert simulation.honest


def test_the_same_seed_gives_the_same_city() -> None:
    """Down to the hashes, so that a seed reproduces what it showed."""
    heads = [{s.name: s.journal.vector() for s in run(7, 60)[1].stations.values()} for _ in range(2)]
    assert heads[0] == heads[1]
