"""Everyday work of an ORM, scenario by scenario, by subject. Importing the package makes the list, `kit.SCENARIOS`, in the order of the report."""

from . import loading, statements, relations, writing, objects, json_answers, threads, processes
from .kit import SCENARIOS, Bench, Scenario
