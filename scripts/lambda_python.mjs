// node lambda_python.mjs PROGRAM FOLDER ARGUMENT …
//
// Runs a Python program in the Python that Lambda has, on any machine: pyodide is CPython in
// WebAssembly. The program finds FOLDER as its first argument, under another path, and may write there.

import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const HERE = "/folder";
const [program, folder, ...rest] = process.argv.slice(2);

// One seed, so that what is in the order of hashes is the same each time.
const python = await loadPyodide({ env: { PYTHONHASHSEED: "0" } });
python.mountNodeFS(HERE, folder);
python.pyimport("sys").argv = python.toPy([program, HERE, ...rest]);
try {
  python.runPython(readFileSync(program, "utf8"), { filename: program });
} catch (error) {
  // Node would print the line of pyodide's own code, which is a megabyte long.
  console.error(error.message);
  process.exitCode = 1;
}
