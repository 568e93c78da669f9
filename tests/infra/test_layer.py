"""The layer: exactly what the functions import, and nothing that only costs cold-start time."""

import pathlib
import re
import subprocess
import sys

from infra.function_set import LAYER
from scripts import build_layer

ROOT = pathlib.Path(__file__).parents[2]
SOURCE = ROOT / "functions" / "cost_sentry"
PACKAGES = LAYER / "python"
MEGABYTE = 1_000_000
NEEDS_ITS_PROCESSOR = ("cedar_policies",)
"""What imports something compiled for Lambda's processor, which need not be this machine's."""


def test_the_layer_is_what_the_lock_and_the_script_make():
    assert build_layer.STAMP.read_text().strip() == build_layer.source_digest()


def test_the_layer_describes_the_services_that_the_code_calls_and_no_other():
    called = {
        name
        for file in SOURCE.rglob("*.py")
        for name in re.findall(
            r'(?:boto3\.|\b_|\bcreate_)client\(\s*"([a-z0-9-]+)"', file.read_text()
        )
    }
    described = {path.name for path in (PACKAGES / "botocore" / "data").iterdir() if path.is_dir()}

    assert described == called


def test_the_layer_holds_no_leftovers():
    files = [path for path in PACKAGES.rglob("*") if path.is_file()]

    assert not [f for f in files if f.suffix == ".pyi" or "dist-info" in str(f)]
    engine = sum(file.stat().st_size for file in files if "cedarpy" in file.parts)
    assert sum(file.stat().st_size for file in files) - engine < 16 * MEGABYTE
    assert engine < 16 * MEGABYTE


def test_what_is_compiled_is_compiled_for_the_functions_processor():
    """Else it would fail in Lambda only, and there at the first configuration with policies."""
    aarch64 = (183).to_bytes(2, "little")
    compiled = [path for path in PACKAGES.rglob("*.so*") if path.is_file()]

    assert {path.parent.name for path in compiled} == {"cedarpy"}
    for path in compiled:
        assert path.read_bytes()[18:20] == aarch64, path
        assert "cpython-313-aarch64-linux" in path.name


def test_time_zones_are_in_the_layer_because_the_runtime_need_not_have_any():
    program = (
        "import sys, zoneinfo\n"
        f"sys.path.insert(0, {str(PACKAGES)!r})\n"
        "zoneinfo.reset_tzpath(to=())\n"
        "for name in ('Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe'):\n"
        "    zoneinfo.ZoneInfo(name)\n"
    )

    done = _run_isolated(program)

    assert done.returncode == 0, done.stderr


def test_functions_can_be_imported_from_layer_and_source_alone():
    """Isolated: no site-packages, as in Lambda, where boto3 comes from the layer first."""
    program = (
        "import sys, importlib, pathlib\n"
        f"sys.path[:0] = [{str(PACKAGES)!r}, {str(ROOT / 'functions')!r}]\n"
        "import boto3\n"
        f"assert boto3.__file__.startswith({str(PACKAGES)!r}), boto3.__file__\n"
        f"for service in {build_layer.SERVICES!r}:\n"
        "    boto3.client(service, region_name='us-east-1')\n"
        f"for file in pathlib.Path({str(SOURCE)!r}).rglob('*.py'):\n"
        f"    if file.stem in {NEEDS_ITS_PROCESSOR!r}: continue\n"
        f"    relative = file.relative_to({str(ROOT / 'functions')!r}).with_suffix('')\n"
        "    importlib.import_module('.'.join(relative.parts).removesuffix('.__init__'))\n"
    )

    done = _run_isolated(program)

    assert done.returncode == 0, done.stderr


def _run_isolated(program):
    return subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", "-B", "-c", program],
        check=False,
        capture_output=True,
        text=True,
    )
