"""Reads what PRAGMAs do not tell out of a `CREATE TABLE` statement: names of constraints, CHECK conditions, generated columns.

The text is cut into tokens by SQLite's own rules (strings, four kinds of quoted names, comments), then into the items between
the outer parentheses; nothing is searched for inside of strings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|$))
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<word>[^\W\d]\w*|\$\w+)
      | (?P<number>\d[\w.]*)
      | (?P<other>.)""",
    re.X | re.S,
)

Token = Tuple[str, str, int, int]  # kind, text, start, end


@dataclass
class TableConstraint:
    kind: str  # "PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK"
    name: Optional[str]
    columns: List[str] = field(default_factory=list)
    sqltext: str = ""
    options: Dict[str, object] = field(default_factory=dict)  # FOREIGN KEY


@dataclass
class ParsedTable:
    constraints: List[TableConstraint] = field(default_factory=list)
    generated: Dict[str, Tuple[str, bool]] = field(default_factory=dict)  # column -> (SQL text, stored)
    collations: Dict[str, str] = field(default_factory=dict)
    autoincrement: bool = False


def unquote(text: str) -> str:
    if text[:1] in "\"`" and text[-1:] == text[:1]:
        return text[1:-1].replace(text[0] * 2, text[0])
    return text[1:-1] if text[:1] == "[" else text


def tokens(sql: str) -> List[Token]:
    return [(str(m.lastgroup), m.group(), m.start(), m.end()) for m in _TOKEN.finditer(sql) if m.lastgroup != "space"]


def _items(found: List[Token]) -> List[List[Token]]:
    """Token lists between the commas of the outer parentheses."""
    items: List[List[Token]] = []
    depth = 0
    for token in found:
        text = token[1] if token[0] == "other" else ""
        if text == "(":
            depth += 1
            if depth == 1:
                items.append([])
                continue
        elif text == ")":
            depth -= 1
            if depth == 0:
                break
        elif text == "," and depth == 1:
            items.append([])
            continue
        if depth >= 1:
            items[-1].append(token)
    return [item for item in items if item]


def _group(item: List[Token], at: int) -> Tuple[List[Token], int]:
    """Tokens inside the parenthesis that opens at `at`, and the position behind its end."""
    depth = 0
    for i in range(at, len(item)):
        text = item[i][1] if item[i][0] == "other" else ""
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return item[at + 1 : i], i + 1
    return item[at + 1 :], len(item)


def _upper(item: List[Token], at: int) -> str:
    return item[at][1].upper() if at < len(item) and item[at][0] == "word" else ""


def _column_names(group: List[Token]) -> List[str]:
    names, expect = [], True
    for kind, text, _, _ in group:
        if kind == "other" and text == ",":
            expect = True
        elif expect:
            names.append(unquote(text))
            expect = False
    return names


def _references(item: List[Token], at: int) -> Dict[str, object]:
    """ON DELETE and the other clauses behind REFERENCES."""
    options: Dict[str, object] = {}
    words = [_upper(item, i) for i in range(at, len(item))]
    for i, word in enumerate(words):
        rest = words[i + 1 : i + 4]
        if word == "ON" and rest and rest[0] in ("DELETE", "UPDATE"):
            action = " ".join(rest[1:3]) if rest[1:2] in (["SET"], ["NO"]) else rest[1]
            if action.upper() != "NO ACTION":
                options["on" + rest[0].lower()] = action
        elif word == "DEFERRABLE":
            options["deferrable"] = not (i and words[i - 1] == "NOT")
        elif word == "INITIALLY" and rest:
            options["initially"] = rest[0]
    return options


def parse(sql: str) -> ParsedTable:
    """Reads a CREATE TABLE statement; what cannot be understood is left out."""
    parsed = ParsedTable()
    for item in _items(tokens(sql)):
        at, name = 0, None
        if _upper(item, 0) == "CONSTRAINT":
            name, at = unquote(item[1][1]), 2
        if _upper(item, at) in ("PRIMARY", "FOREIGN", "UNIQUE", "CHECK") and (at or _is_table_constraint(item)):
            _table_constraint(parsed, sql, item, at, name)
        else:
            _column(parsed, sql, item)
    return parsed


def _is_table_constraint(item: List[Token]) -> bool:
    first = _upper(item, 0)
    if first in ("UNIQUE", "CHECK"):
        return len(item) > 1 and item[1][1] == "("
    return _upper(item, 1) == "KEY"


def _table_constraint(parsed: ParsedTable, sql: str, item: List[Token], at: int, name: Optional[str]) -> None:
    word = _upper(item, at)
    kind = word if word in ("UNIQUE", "CHECK") else f"{word} KEY"
    opening = next((i for i in range(at, len(item)) if item[i][1] == "("), None)
    if opening is None:
        return
    group, behind = _group(item, opening)
    constraint = TableConstraint(kind, name)
    if kind == "CHECK":
        constraint.sqltext = sql[group[0][2] : group[-1][3]] if group else ""
    else:
        constraint.columns = _column_names(group)
    if kind == "FOREIGN KEY":
        constraint.options = _references(item, behind)
    parsed.constraints.append(constraint)


def _column(parsed: ParsedTable, sql: str, item: List[Token]) -> None:
    column, name, at = unquote(item[0][1]), None, 1
    while at < len(item):
        word = _upper(item, at)
        if item[at][1] == "(":
            at = _group(item, at)[1]
            continue
        if word == "CONSTRAINT" and at + 1 < len(item):
            name, at = unquote(item[at + 1][1]), at + 2
            continue
        if word == "CHECK" and at + 1 < len(item):
            group, at = _group(item, at + 1)
            parsed.constraints.append(TableConstraint("CHECK", name, [column], sql[group[0][2] : group[-1][3]] if group else ""))
            name = None
            continue
        if word == "AS" and at + 1 < len(item) and item[at + 1][1] == "(":
            group, at = _group(item, at + 1)
            parsed.generated[column] = (sql[group[0][2] : group[-1][3]] if group else "", _upper(item, at) == "STORED")
            continue
        if word in ("UNIQUE", "PRIMARY"):
            parsed.constraints.append(TableConstraint("UNIQUE" if word == "UNIQUE" else "PRIMARY KEY", name, [column]))
            name = None
        elif word == "REFERENCES":
            parsed.constraints.append(TableConstraint("FOREIGN KEY", name, [column], options=_references(item, at)))
            name = None
        elif word == "COLLATE" and at + 1 < len(item):
            parsed.collations[column] = unquote(item[at + 1][1])
        elif word == "AUTOINCREMENT":
            parsed.autoincrement = True
        at += 1
