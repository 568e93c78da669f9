"""DynamoDB's expression language: from text to trees. Values and items are not looked at here.

Trees are tuples whose first member says what they are:
``("path", parts)`` with names, ``#placeholders`` and list positions; ``("value", ":v")``;
``("size", path)``; ``("if_not_exists", path, operand)``; ``("list_append", a, b)``;
``("+" | "-", a, b)``; ``("and" | "or", a, b)``; ``("not", a)``; ``("compare", op, a, b)``;
``("between", a, low, high)``; ``("in", a, candidates)``; ``("call", function, arguments)``.
"""

import re
from typing import Any

from tests.simulation.dynamodb.refusals import Invalid

Tree = tuple[Any, ...]

EXPRESSION_BYTES_MAX = 4_096
_TOKEN = re.compile(
    r"\s*(?:(?P<word>[#:]?[A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+)|(?P<number>[0-9]+)"
    r"|(?P<sign><>|<=|>=|[=<>()\[\],.+-]))"
)
_KEYWORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"}
_CONDITION_CALLS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
_COMPARATORS = {"=", "<>", "<", "<=", ">", ">="}


class Parser:
    """Reads one expression; ``kind`` names it in messages, such as ``UpdateExpression``."""

    def __init__(self, text: str, kind: str) -> None:
        self._kind = kind
        if len(text.encode()) > EXPRESSION_BYTES_MAX:
            raise self._bad("Expression size has exceeded the maximum allowed size")
        if not text.strip():
            raise self._bad("The expression can not be empty;")
        self._tokens = self._read(text)
        self._at = 0

    def _read(self, text: str) -> list[str]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._bad(f'Syntax error; token: "{text[at:].strip()[:1]}"')
            tokens.append(match.group().strip())
            at = match.end()
        return tokens

    def _bad(self, why: str) -> Invalid:
        return Invalid(f"Invalid {self._kind}: {why}")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _word(self) -> str:
        return self._peek().upper()

    def _take(self, *wanted: str) -> str:
        token = self._peek()
        if not token or (wanted and token.upper() not in wanted):
            raise self._bad(f'Syntax error; token: "{token or "<EOF>"}"')
        self._at += 1
        return token

    def _end(self) -> None:
        if self._peek():
            raise self._bad(f'Syntax error; token: "{self._peek()}"')

    def condition(self) -> Tree:
        """A whole condition."""
        tree = self._or()
        self._end()
        return tree

    def _or(self) -> Tree:
        tree = self._and()
        while self._word() == "OR":
            self._take()
            tree = ("or", tree, self._and())
        return tree

    def _and(self) -> Tree:
        tree = self._not()
        while self._word() == "AND":
            self._take()
            tree = ("and", tree, self._not())
        return tree

    def _not(self) -> Tree:
        if self._word() == "NOT":
            self._take()
            return ("not", self._not())
        if self._peek() == "(":
            self._take()
            tree = self._or()
            self._take(")")
            return tree
        return self._test()

    def _test(self) -> Tree:
        name = self._peek()
        if name in _CONDITION_CALLS and self._tokens[self._at + 1 : self._at + 2] == ["("]:
            return self._call(self._take())
        left = self.operand()
        word = self._word()
        if word == "BETWEEN":
            self._take()
            low = self.operand()
            self._take("AND")
            return ("between", left, low, self.operand())
        if word == "IN":
            self._take()
            return ("in", left, self._listed(self.operand))
        return ("compare", self._take(*_COMPARATORS), left, self.operand())

    def _call(self, name: str) -> Tree:
        arguments = self._listed(self.operand)
        if len(arguments) != _CONDITION_CALLS[name]:
            raise self._bad(
                "Incorrect number of operands for operator or function; operator or function: "
                f"{name}, number of operands: {len(arguments)}"
            )
        return ("call", name, arguments)

    def _listed(self, part: Any) -> list[Tree]:
        self._take("(")
        found = [part()]
        while self._peek() == ",":
            self._take()
            found.append(part())
        self._take(")")
        return found

    def operand(self) -> Tree:
        """A path, a value, or the size of a path."""
        token = self._peek()
        if token.startswith(":"):
            return ("value", self._take())
        if token == "size" and self._tokens[self._at + 1 : self._at + 2] == ["("]:
            self._take()
            self._take("(")
            path = self.path()
            self._take(")")
            return ("size", path)
        return self.path()

    def path(self) -> Tree:
        """A document path."""
        parts: list[str | int] = [self._name()]
        while self._peek() in (".", "["):
            if self._take() == ".":
                parts.append(self._name())
            else:
                parts.append(int(self._take()))
                self._take("]")
        return ("path", tuple(parts))

    def _name(self) -> str:
        token = self._take()
        if not re.match(r"[#A-Za-z_]", token) or token.upper() in _KEYWORDS:
            raise self._bad(f'Syntax error; token: "{token}"')
        return token

    def projection(self) -> list[Tree]:
        """Paths, separated by commas."""
        paths = [self.path()]
        while self._peek() == ",":
            self._take()
            paths.append(self.path())
        self._end()
        return paths

    def update(self) -> dict[str, list[Tree]]:
        """The clauses of an update: ``SET`` holds ``(path, expression)`` pairs."""
        clauses: dict[str, list[Tree]] = {}
        while self._peek():
            word = self._take("SET", "REMOVE", "ADD", "DELETE").upper()
            if word in clauses:
                raise self._bad(
                    f'The "{word}" section can only be used once in an update expression;'
                )
            part = {"SET": self._assignment, "REMOVE": self._removal}.get(word, self._change)
            clauses[word] = [part()]
            while self._peek() == ",":
                self._take()
                clauses[word].append(part())
        return clauses

    def _assignment(self) -> Tree:
        path = self.path()
        self._take("=")
        return (path, self._sum())

    def _removal(self) -> Tree:
        return (self.path(), None)

    def _change(self) -> Tree:
        path = self.path()
        token = self._take()
        if not token.startswith(":"):
            raise self._bad(f'Syntax error; token: "{token}"')
        return (path, ("value", token))

    def _sum(self) -> Tree:
        left = self._term()
        if self._peek() in ("+", "-"):
            return (self._take(), left, self._term())
        return left

    def _term(self) -> Tree:
        token = self._peek()
        if token == "(":
            self._take()
            tree = self._sum()
            self._take(")")
            return tree
        if token in ("if_not_exists", "list_append"):
            arguments = (self._take(), *self._listed(self._sum))
            if len(arguments) != 3:
                raise self._bad("Incorrect number of operands for operator or function")
            return arguments
        return ("value", self._take()) if token.startswith(":") else self.path()
