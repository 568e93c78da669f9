"""Reading a synthesized template: resources by type, and policies as sentences."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One action on one resource, for one role."""

    role: str
    action: str
    resource: str
    keys: tuple[str, ...]
    """Leading keys of DynamoDB, or prefixes of S3, that it is limited to; empty is no limit."""
    attributes: tuple[str, ...] = ()
    """Of the items, that it is limited to; empty is no limit."""
    asks: tuple[str, ...] = ()
    """What else must be so, such as a tag of the resource."""

    def sentence(self) -> str:
        """A line of the snapshot."""
        limit = f" where key is {', '.join(self.keys)}" if self.keys else ""
        only = f", attributes {', '.join(self.attributes)}" if self.attributes else ""
        asked = f" if {', '.join(self.asks)}" if self.asks else ""
        return f"{self.role}: {self.action} on {self.resource}{limit}{only}{asked}"


class Template:
    """One stack's template."""

    def __init__(self, assembly: Path, stage: str) -> None:
        self.path = assembly / f"CostSentry-{stage}.template.json"
        self.document = json.loads(self.path.read_text())
        self.resources: Mapping[str, Resource] = self.document["Resources"]

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Resources of this type by logical id."""
        return {name: r for name, r in self.resources.items() if r["Type"] == kind}

    def only(self, kind: str) -> Resource:
        """The one resource of this type."""
        (found,) = self.of_type(kind).values()
        return found

    def table(self, named: str) -> Resource:
        """The DynamoDB table of this construct: ``Ledger`` or ``Answers``."""
        tables = self.of_type("AWS::DynamoDB::Table")
        (found,) = (table for name, table in tables.items() if name.startswith(f"{named}Table"))
        return found

    def permissions(self) -> list[Permission]:
        """Everything that the roles of this stack may do."""
        found = set()
        for policy in self.of_type("AWS::IAM::Policy").values():
            statements = policy["Properties"]["PolicyDocument"]["Statement"]
            for role in policy["Properties"]["Roles"]:
                for statement in statements:
                    found |= set(self._permissions(self._plain(role), statement))
        return sorted(found, key=Permission.sentence)

    def _permissions(self, role: str, statement: Mapping[str, Any]) -> Iterator[Permission]:
        assert statement["Effect"] == "Allow"
        limits = statement.get("Condition", {})
        attributes = limits.get("ForAllValues:StringEquals", {})
        known = {"ForAllValues:StringLike", "StringLikeIfExists", "ForAllValues:StringEquals"}
        known |= {"StringEquals", "Null"}
        assert limits.keys() <= known, limits
        assert attributes.keys() <= {"dynamodb:Attributes"}, limits
        asks = [f"{name} is {value}" for name, value in limits.get("StringEquals", {}).items()]
        for name, is_missing in limits.get("Null", {}).items():
            assert is_missing == "false", limits
            asks.append(f"{name} is there")
        named = limits.get("ForAllValues:StringLike", {}) | limits.get("StringLikeIfExists", {})
        assert named.keys() <= {"dynamodb:LeadingKeys", "s3:prefix"}, limits
        keys = next(iter(named.values()), ())
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield Permission(
                    role=role,
                    action=action,
                    resource=self._plain(resource),
                    keys=tuple(_listed(keys)),
                    attributes=tuple(attributes.get("dynamodb:Attributes", ())),
                    asks=tuple(asks),
                )

    def _plain(self, value: Any) -> str:
        """A value with its references by name: ``arn:<Partition>:sns:…`` or ``<LedgerTable>``."""
        match value:
            case str():
                # The name of the stage is all that may differ between two of them.
                return value.replace(self.path.name.partition(".")[0], "<StackName>")
            case {"Ref": name}:
                return f"<{self._name(name)}>"
            case {"Fn::GetAtt": [name, "Arn" | "StreamArn" as attribute]}:
                return f"<{self._name(name)}>" + ("" if attribute == "Arn" else "/stream")
            case {"Fn::Join": ["", parts]}:
                return "".join(self._plain(part) for part in parts)
        raise AssertionError(f"cannot read {value}")

    def _name(self, logical_id: str) -> str:
        """The construct's path in place of its id, because the id ends in a hash."""
        if logical_id not in self.resources:
            return logical_id.removeprefix("AWS::")
        path = self.resources[logical_id]["Metadata"]["aws:cdk:path"]
        return "/".join(path.split("/")[1:]).removesuffix("/Resource")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def permission_sentences(template: Template) -> list[str]:
    """All permissions but the models, which are the price book's and have a test of their own."""
    found = (p for p in template.permissions() if ":foundation-model/" not in p.resource)
    return [permission.sentence() for permission in found]


if __name__ == "__main__":
    from cost_sentry_local.synthesize import synthesize

    print("\n".join(permission_sentences(Template(synthesize(), "dev"))))  # noqa: T201
