"""What ships is compiled: each source beside bytecode of itself, of the Python that Lambda has."""

import _imp
import pathlib
import shutil
import subprocess
import sys

import pytest

from cost_sentry_local.assembly import read_stacks
from scripts import bytecode
from scripts.bytecode import WrongBytecode, add_bytecode, bytecode_of, run_in_lambda_python
from scripts.stage_functions import staged_functions
from tests.infra.template import Template

MAGIC = bytecode.MAGIC_NUMBER.to_bytes(2, "little") + b"\r\n"
"""Python 3.13 writes these two bytes behind the number, as every Python does."""
UNCHECKED_HASH = (0b01).to_bytes(4, "little")

IMPORTS_ADMISSION = """
import sys
sys.path.insert(0, sys.argv[1])
import cost_sentry.application.admit_request
from cost_sentry.domain import money
assert money.__cached__.endswith("/__pycache__/money.cpython-313.pyc"), money.__cached__
"""


@pytest.fixture(scope="module")
def shipped(assembly: pathlib.Path) -> list[pathlib.Path]:
    """The folders that are uploaded: the functions' and the layer's."""
    (stack,) = read_stacks(assembly, account="000000000000", region="us-east-1")
    folders = [asset.source for asset in stack.assets if asset.zipped]
    assert len(folders) == 2
    return folders


def sources(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(folder.rglob("*.py"))


def test_every_source_ships_with_bytecode_of_itself_that_is_taken_unchecked(shipped):
    for source in [source for folder in shipped for source in sources(folder)]:
        magic_number = int.from_bytes(MAGIC, "little")
        own = MAGIC + UNCHECKED_HASH + _imp.source_hash(magic_number, source.read_bytes())

        assert bytecode_of(source).read_bytes().startswith(own), source


def test_no_bytecode_ships_without_its_source_or_for_another_python(shipped):
    for folder in shipped:
        assert {*folder.rglob("*.pyc")} == {bytecode_of(source) for source in sources(folder)}
        assert len(sources(folder)) > 200


def test_bytecode_is_of_the_runtime_that_functions_and_layer_name(template: Template):
    runtimes = {
        f["Properties"]["Runtime"] for f in template.of_type("AWS::Lambda::Function").values()
    }
    layer = template.only("AWS::Lambda::LayerVersion")

    assert runtimes == {f"python{bytecode.PYTHON_VERSION}"}
    assert layer["Properties"]["CompatibleRuntimes"] == [*runtimes]


def test_bytecode_knows_where_it_will_lie(shipped):
    handler = "/var/task/cost_sentry/handlers/admit_request.py"
    for path in (handler, "/opt/python/boto3/__init__.py"):
        relative = path.removeprefix("/var/task/").removeprefix("/opt/")
        (source,) = (folder / relative for folder in shipped if (folder / relative).is_file())

        assert path.encode() in bytecode_of(source).read_bytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "is missing"), (b"\xa7\r\r\n", "begins with 3495, not 3571")],
)
def test_bytecode_that_lambda_would_pass_over_is_refused(tmp_path, content, says):
    compiled = tmp_path / "one.cpython-313.pyc"
    if content:
        compiled.write_bytes(content)

    with pytest.raises(WrongBytecode, match=says):
        bytecode.check(compiled)


@pytest.mark.slow
def test_a_source_that_is_no_python_stops_the_build_and_is_named_on_one_screen(tmp_path, capfd):
    (tmp_path / "wrong.py").write_text("def")

    with pytest.raises(subprocess.CalledProcessError):
        add_bytecode(tmp_path, "/var/task")

    said = capfd.readouterr().err
    assert 'File "/var/task/wrong.py", line 1' in said
    assert len(said) < 2_000


@pytest.mark.slow
def test_the_same_source_compiles_to_the_same_bytes(tmp_path):
    again = staged_functions(into=tmp_path)

    assert contents(again) == contents(staged_functions())


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_lambdas_python_runs_the_bytecode_without_a_look_at_the_source(shipped, tmp_path):
    """Every source is spoiled; who reads one fails, as this Python does."""
    (functions,) = (folder for folder in shipped if (folder / "cost_sentry").is_dir())
    spoiled = shutil.copytree(functions, tmp_path / "spoiled")
    for source in sources(spoiled):
        source.write_text(f"raise AssertionError('{source.name} was read')")
    program = tmp_path / "program.py"
    program.write_text(IMPORTS_ADMISSION)

    run_in_lambda_python(program, spoiled)

    command = [sys.executable, "-B", str(program), str(spoiled)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    assert sys.version_info[:2] == (3, 13) or "__init__.py was read" in done.stderr
