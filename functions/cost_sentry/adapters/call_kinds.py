"""Kinds of calls: two are of one kind, for some policies, if none of them can tell them apart.

That goes for who calls as well: callers whom no condition can tell apart are one.

A condition looks at few facts of a call, and mostly compares them with constants: whether
``context.outputTokens > 4096`` holds is the same for all numbers on one side of 4,096. So the
verdict on one call is the verdict on all of its kind, and Cedar is asked once for all of them.

What a condition looks at is read from Cedar's own JSON form of it ("JSON policy format", Cedar
reference). A form that is not known here is taken to look at the whole value, or at all facts.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

NAMESPACE = "CostSentry"
APPLICATION = f"{NAMESPACE}::Application"
CALLER = "principal"
"""The fact that is the caller as a whole."""
CALLER_IS = "principal in"
"""The fact that is the list of what the caller is and belongs to: types and ids."""
_EQUALITIES = ("==", "!=")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_MEMBERSHIPS = ("contains", "containsAll", "containsAny")

_T = TypeVar("_T")
Json = Mapping[str, Any]
Facts = Mapping[str, object]
Pick = Callable[[tuple[Hashable, ...]], Hashable]
"""Some of the traits, to be compared."""


@dataclass(slots=True)
class LookedAt:
    """What some policies look at in a call."""

    everything: bool = False
    """One of them looks at the call as a whole."""
    exact: set[str] = field(default_factory=set)
    """Facts that are looked at in a way that is not known here."""
    numbers: dict[str, set[int]] = field(default_factory=dict)
    """Constants that a fact is compared with; without any, whether the call has it is all."""
    members: dict[str, set[Hashable]] = field(default_factory=dict)
    """What is looked for in a list."""
    texts: dict[str, set[str]] = field(default_factory=dict)
    """Texts that a fact is compared with; without any, whether it is there is all."""

    @property
    def names(self) -> set[str]:
        """Of the facts; of others these policies know nothing, unless they see everything."""
        return {*self.exact, *self.numbers, *self.members, *self.texts}

    def texts_in(self, name: str) -> set[str]:
        """What is looked for in a list of texts."""
        return {one for one in self.members.get(name, ()) if isinstance(one, str)}

    def add(self, other: "LookedAt") -> None:
        """What other policies look at."""
        self.everything = self.everything or other.everything
        self.exact |= other.exact
        _add(self.numbers, other.numbers)
        _add(self.members, other.members)
        _add(self.texts, other.texts)

    def told(self, facts: Facts) -> Facts:
        """The facts that these policies look at, and of lists what they look for."""
        if self.everything:
            return facts
        names = self.names
        return {name: self._told(name, fact) for name, fact in facts.items() if name in names}

    def _told(self, name: str, fact: object) -> object:
        if name in self.exact or not isinstance(fact, list):
            return fact
        return [one for one in fact if one in self.members.get(name, ())]

    def look(self, part: object) -> None:
        """At an expression, and at all within it; constants say nothing about a call."""
        if isinstance(part, list):
            for one in part:
                self.look(one)
        elif isinstance(part, Mapping):
            if part.get("Var") == "context":
                self.everything = True
            # A named application is known only in its own calls, so it tells callers apart as well.
            if part.get("Var") == "principal" or _entity_type(part) == APPLICATION:
                self.exact.add(CALLER)
            for form, inner in part.items():
                if form == "Record":  # Its members have names of their own, such as Value.
                    self.look(list(inner.values()))
                elif form != "Value" and not self._knows(form, inner):
                    self.look(inner)

    def _knows(self, form: str, inner: object) -> bool:
        """Whether this is a form of which only the outcome matters; then it is noted."""
        if not isinstance(inner, Mapping):
            return False
        left, right = inner.get("left"), inner.get("right")
        if form == "has" and left == {"Var": "context"}:
            self.numbers.setdefault(inner["attr"], set())
            return True
        if form == "has" and left == {"Var": "principal"}:
            self.texts.setdefault(f"principal.{inner['attr']}", set())
            return True
        attribute = _fact({form: inner})
        if attribute is not None:
            self.exact.add(attribute)
            return True
        return self._is_compared(form, left, right)

    def _is_compared(self, form: str, left: object, right: object) -> bool:
        named = _entities(right) if form in (*_EQUALITIES, "in") else None
        if left == {"Var": "principal"} and named is not None:
            self.members.setdefault(CALLER_IS, set()).update(named)
            return True
        if form in _COMPARISONS:
            return self._compares(_fact(left), right) or self._compares(_fact(right), left)
        texts = _texts(right) if form in _MEMBERSHIPS else None
        name = _fact(left)
        if texts is None or name is None:
            return False
        self.members.setdefault(name, set()).update(texts)
        return True

    def _compares(self, name: str | None, other: object) -> bool:
        if name is None or not isinstance(other, Mapping):
            return False
        match other.get("Value"):
            case bool():  # Python's own True is a number; Cedar's is none.
                return False
            case int(number):
                self.numbers.setdefault(name, set()).add(number)
            case str(text) if name.startswith("principal."):
                self.texts.setdefault(name, set()).add(text)
            case _:
                return False
        return True


def _add(constants: dict[str, set[_T]], others: Mapping[str, set[_T]]) -> None:
    for name, more in others.items():
        constants.setdefault(name, set()).update(more)


def looked_at(rules: Iterable[Json]) -> LookedAt:
    """By these policies, in Cedar's JSON form."""
    found = LookedAt()
    for rule in rules:
        for condition in rule["conditions"]:
            found.look(condition["body"])
    return found


class Traits:
    """What policies can tell of some facts, one trait after the other.

    A fact that is compared with constants has a trait for that; another, the fact itself, where it
    is looked at in a way that is not known here.

    Args:
        of: what all policies look at.
        names: the facts.
    """

    def __init__(self, of: LookedAt, names: Iterable[str]) -> None:
        known = sorted(names)
        self._numbers = [(n, _points(of.numbers[n])) for n in known if n in of.numbers]
        self._members = [(n, frozenset(of.members[n])) for n in known if n in of.members]
        self._texts = [(n, frozenset(of.texts[n])) for n in known if n in of.texts]
        self._exact = [n for n in known if n in of.exact]

    def of(self, facts: Facts) -> tuple[Hashable, ...]:
        """Equal for facts that no policy can tell apart; a missing one is ``None``."""
        get = facts.get
        return (
            *[_place(get(name), points) for name, points in self._numbers],
            *[_found(get(name), texts) for name, texts in self._members],
            *[_text(get(name), texts) for name, texts in self._texts],
            *[_hashable(get(name)) for name in self._exact],
        )

    def seen_by(self, some: LookedAt) -> Pick:
        """Of all traits those that some of the policies look at."""
        return _pick(
            [
                *[name in some.numbers for name, _ in self._numbers],
                *[name in some.members for name, _ in self._members],
                *[name in some.texts for name, _ in self._texts],
                *[name in some.exact for name in self._exact],
            ]
        )


class NumberTraits:
    """The same for facts that are numbers and always there, in a fixed order: faster."""

    def __init__(self, of: LookedAt, names: Sequence[str]) -> None:
        self._names = names
        self._points = [_points(of.numbers.get(name, set())) for name in names]

    def of(self, numbers: tuple[int, ...]) -> tuple[Hashable, ...]:
        """Where each lies, and then the numbers themselves."""
        return (*map(bisect_right, self._points, numbers), *numbers)

    def seen_by(self, some: LookedAt) -> Pick:
        """See ``Traits``."""
        return _pick(
            [
                *[name in some.numbers for name in self._names],
                *[name in some.exact for name in self._names],
            ]
        )


def _pick(seen: Sequence[bool]) -> Pick:
    return _pick_of(tuple(seen))


@lru_cache(1_000)
def _pick_of(seen: tuple[bool, ...]) -> Pick:
    places = [place for place, is_seen in enumerate(seen) if is_seen]
    return itemgetter(*places) if places else _nothing


def _nothing(_traits: tuple[Hashable, ...]) -> Hashable:
    return None


def _points(constants: Iterable[int]) -> tuple[int, ...]:
    """Where a stretch of numbers begins that lie on the same side of, or at, each constant."""
    return tuple(sorted({point for one in constants for point in (one, one + 1)}))


def _fact(part: object) -> str | None:
    """``name`` of ``context.name``, and ``principal.name`` as it is; ``None`` for all else."""
    match part:
        case {".": {"left": {"Var": "context"}, "attr": str(name)}}:
            return name
        case {".": {"left": {"Var": "principal"}, "attr": str(name)}}:
            return f"principal.{name}"
    return None


def _texts(part: object) -> list[str] | None:
    """A constant text, or a set of them; ``None`` for anything else."""
    match part:
        case {"Value": str(text)}:
            return [text]
        case {"Set": list(parts)}:
            texts = [one.get("Value") for one in parts]
            return texts if all(isinstance(text, str) for text in texts) else None
    return None


def _entities(part: object) -> list[Hashable] | None:
    """A constant entity, or a set of them, as type and id; ``None`` for anything else."""
    match part:
        case {"Value": {"__entity": {"type": str(kind), "id": str(id_)}}}:
            return [(kind, id_)]
        case {"Set": list(parts)}:
            found = [_entities(one) for one in parts]
            return None if None in found else [one for named in found if named for one in named]
    return None


def _entity_type(part: Mapping[str, Any]) -> str | None:
    match part.get("Value"):
        case {"__entity": {"type": str(kind)}}:
            return kind
    return None


def _hashable(fact: object) -> Hashable:
    return tuple(fact) if isinstance(fact, list) else fact


def _place(fact: object, points: tuple[int, ...]) -> Hashable:
    return bisect_right(points, fact) if isinstance(fact, int) else _hashable(fact)


def _text(fact: object, texts: frozenset[str]) -> Hashable:
    """Another text than those that are looked for is as good as any other."""
    return fact if fact is None or fact in texts else True


def _found(fact: object, texts: frozenset[Hashable]) -> Hashable:
    return texts.intersection(fact) if isinstance(fact, list) else _hashable(fact)
