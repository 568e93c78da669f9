"""What each event must be answered with: approvals as plain rules, written a second time."""

from cost_sentry.application.approval_answers import ApprovalCode as Code
from tests.fakes.approval_world import AMOUNT, ANNA, BEN, LIMIT

_DAY_HOURS, _UNTIL_HOURS = 24, 7 * 24
_NEVER = {
    "approve by who asked": Code.OWN_REQUEST,
    "approve by a stranger": Code.NOT_ALLOWED,
}
_APPROVERS = {"approve": ANNA, "approve by another": BEN}


class Expectation:
    """Time is hours from the start; a budget that is not there has no limit."""

    def __init__(self) -> None:
        self.state = ""
        self.limit: int | None = LIMIT
        self.ledger = LIMIT
        self.is_raised = False
        self._by = ""
        self._approved_by = ""
        self._hours = 0
        self._expires = 0
        self._has_rule = False
        self._terms: object = None

    def after(self, event: str) -> Code | None:
        """The code that the event is answered with; ``None``: it is none that is answered."""
        if event in _NEVER:
            return _NEVER[event] if self.state else Code.UNKNOWN_REQUEST
        match event:
            case "ask":
                return self._ask()
            case "approve" | "approve by another":
                return self._approve(_APPROVERS[event])
            case "deny" | "withdraw":
                return self._close("denied" if event == "deny" else "withdrawn")
            case "end":
                return self._end()
        self._unanswered(event)
        return None

    def _unanswered(self, event: str) -> None:
        match event:
            case "look":
                self._look()
            case "a day goes by":
                self._hours += _DAY_HOURS
            case "its time is over":
                self._hours = max(self._hours, _UNTIL_HOURS)
            case _:
                self._change(event)

    def _ask(self) -> Code:
        if self.limit is None or self._hours >= _UNTIL_HOURS:
            return Code.INVALID_REQUEST
        if not self.state:
            self.state, self._terms = "asked", (self.limit, self._has_rule)
            self._expires = min(self._hours + _DAY_HOURS, _UNTIL_HOURS)
        return Code.DONE

    def _turned(self) -> bool:
        """Whether it changed by itself: in time, or with the configuration."""
        if self.state == "approved" and self._hours >= _UNTIL_HOURS:
            self.state = "ended"
        elif self.state == "asked" and self._hours >= self._expires:
            self.state = "expired"
        elif self.state == "asked" and self._terms != (self.limit, self._has_rule):
            self.state = "void"
        else:
            return False
        self._by = ""
        return True

    def _told(self) -> Code:
        return {"expired": Code.EXPIRED, "void": Code.VOID}.get(self.state, Code.ANSWERED_BEFORE)

    def _approve(self, who: str) -> Code:
        if not self.state:
            return Code.UNKNOWN_REQUEST
        if self._approved_by == who:
            return Code.DONE
        if self._turned() or self.state != "asked":
            return self._told()
        self.state, self._approved_by = "approved", who
        return Code.DONE

    def _close(self, state: str) -> Code:
        if not self.state:
            return Code.UNKNOWN_REQUEST
        if self.state == state:
            return Code.DONE
        if self._turned() or self.state != "asked":
            return self._told()
        self.state = state
        return Code.DONE

    def _end(self) -> Code:
        if not self.state:
            return Code.UNKNOWN_REQUEST
        if self.state == "ended" and self._by == BEN:
            return Code.DONE
        if self._turned() or self.state != "approved":
            return self._told()
        self.state, self._by = "ended", BEN
        return Code.DONE

    def _look(self) -> None:
        self._turned()
        if self.state == "approved" and self.limit is None:
            self.state, self._by = "ended", ""
        if self.state == "approved":
            self.is_raised = True
        if self.state == "ended":
            self.is_raised = False
        if self.state in ("approved", "ended") and self.limit is not None:
            self.ledger = self.limit + (AMOUNT if self.is_raised else 0)

    def _change(self, event: str) -> None:
        match event:
            case "limit changes" if self.limit is not None:
                self.limit = 2 * LIMIT if self.limit == LIMIT else LIMIT
            case "budget comes or goes":
                self.limit = LIMIT if self.limit is None else None
            case "policies change":
                self._has_rule = not self._has_rule
        if self.limit is not None:
            holds = self.is_raised and self._hours < _UNTIL_HOURS
            self.ledger = self.limit + (AMOUNT if holds else 0)
