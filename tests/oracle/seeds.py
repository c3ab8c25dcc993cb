"""From a number to a machine: ranges of numbers stand for kinds of programs."""

from __future__ import annotations

import random
import typing as t

from .habits import HabitDrawer, enrich
from .keys import KeyDrawer, rekey
from .machine import Drawer, Machine
from .models import add_subclasses, draw_model, widen

FAMILIES = 100_000  # machines from here on have classes that inherit,
WIDE = 200_000      # from here on columns of all types, other inheritance, dictionaries, more ways of loading,
HABITS = 300_000    # from here on what programs do in several steps, over association proxies, hybrids and dynamic collections,
KEYS = 400_000      # and from here on what they do with keys that change and scalars that lose what they held
RANGES = (FAMILIES, WIDE, HABITS, KEYS)


def draw(seed: int) -> Machine:
    rng = random.Random(seed)
    model = draw_model(rng)
    if seed >= KEYS:
        rekey(rng, model)
    elif seed >= HABITS:
        enrich(rng, model)
    elif seed >= WIDE:
        widen(rng, model)
    elif seed >= FAMILIES:
        add_subclasses(rng, model)
    machine = Machine(seed, model, rng.random() < 0.8, rng.random() < 0.8, [])
    make = KeyDrawer if seed >= KEYS else HabitDrawer if seed >= HABITS else Drawer
    make(rng, machine, WIDE <= seed < HABITS).fill()
    return machine


def budget(first: int, machines: int, of_each_kind: int) -> t.List[range]:
    """Seeds of one run: plain machines, and so many of every other range."""
    return [range(first, first + machines), *(range(base + first, base + first + of_each_kind) for base in RANGES)]
