"""Bytecode beside source, of whatever Python runs this, in the form that ships.

`lambda_python.mjs` runs it in Lambda's Python; the benchmark of cold starts calls it in its own.
"""

import pathlib
import py_compile
import sys


def compile_folder(folder: pathlib.Path, runs_in: str) -> None:
    """Compile every source below ``folder``: same sources, same bytes.

    The bytecode is one that Python takes without a look at the source (PEP 552, unchecked hash).

    Args:
        folder: holds sources at any depth.
        runs_in: where the folder lies when it runs, as tracebacks name it. Where that is so, Python
            need not write the true path into what it loads.

    Raises:
        py_compile.PyCompileError: a source is not Python.
    """
    for source in sorted(folder.rglob("*.py")):
        py_compile.compile(
            str(source),
            dfile=f"{runs_in}/{source.relative_to(folder).as_posix()}",
            doraise=True,
            optimize=0,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    compile_folder(pathlib.Path(sys.argv[1]), sys.argv[2])
