"""Reading a cloud assembly: the directory that a CDK app writes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cost_sentry_local.asset_zip import zip_directory


class AssemblyMissing(Exception):  # noqa: N818 - named as the message reads
    """The directory holds no cloud assembly; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file or directory that a template refers to, and where it must be uploaded."""

    source: Path
    zipped: bool
    bucket: str
    key: str

    def content(self) -> bytes:
        """The bytes to upload; the same for the same content."""
        return zip_directory(self.source) if self.zipped else self.source.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackTemplate:
    """One stack: its name, the asset that is its template, and all its assets."""

    name: str
    template: Asset
    assets: tuple[Asset, ...]


def read_stacks(directory: Path, *, account: str, region: str) -> list[StackTemplate]:
    """The stacks of an assembly, each after those that it depends on.

    Raises:
        AssemblyMissing: there is no manifest.
    """
    manifest = directory / "manifest.json"
    if not manifest.is_file():
        raise AssemblyMissing(f"{directory} holds no manifest.json; synthesize the app first")
    artifacts = json.loads(manifest.read_text())["artifacts"]
    stacks = {
        key: artifact
        for key, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    place = {"${AWS::AccountId}": account, "${AWS::Region}": region, "${AWS::Partition}": "aws"}
    return [_stack(directory, key, stacks[key], place) for key in _in_order(stacks)]


def _stack(
    directory: Path, key: str, artifact: dict[str, Any], place: dict[str, str]
) -> StackTemplate:
    properties = artifact["properties"]
    listing = json.loads((directory / f"{key}.assets.json").read_text())["files"]
    assets = tuple(asset for entry in listing.values() for asset in _asset(directory, entry, place))
    template = directory / properties["templateFile"]
    return StackTemplate(
        name=properties.get("stackName", key),
        template=next(asset for asset in assets if asset.source == template),
        assets=assets,
    )


def _asset(directory: Path, entry: dict[str, Any], place: dict[str, str]) -> Iterator[Asset]:
    for destination in entry["destinations"].values():
        yield Asset(
            source=directory / entry["source"]["path"],
            zipped=entry["source"]["packaging"] == "zip",
            bucket=_filled(destination["bucketName"], place),
            key=_filled(destination["objectKey"], place),
        )


def _filled(text: str, place: dict[str, str]) -> str:
    for name, value in place.items():
        text = text.replace(name, value)
    return text


def _in_order(stacks: dict[str, Any]) -> list[str]:
    """Keys such that every stack follows the stacks it depends on."""
    ordered: list[str] = []

    def visit(key: str) -> None:
        for needed in stacks[key].get("dependencies", []):
            if needed in stacks and needed not in ordered:
                visit(needed)
        if key not in ordered:
            ordered.append(key)

    for key in stacks:
        visit(key)
    return ordered
