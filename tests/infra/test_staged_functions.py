"""The folder that ships: bytecode is that of the source beside it, whatever happens meanwhile."""

import os
import pathlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from scripts import stage_functions
from scripts.stage_functions import staged_functions


class Compiler:
    """Bytecode that says what its source was, so that a stale one shows."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, folder: pathlib.Path, runs_in: str) -> None:
        assert runs_in == "/var/task"
        self.runs += 1
        for source in [*folder.rglob("*.py")]:
            (source.parent / "__pycache__").mkdir(exist_ok=True)
            bytecode(source).write_text(f"compiled {source.read_text()}")


def bytecode(source: pathlib.Path) -> pathlib.Path:
    return source.parent / "__pycache__" / f"{source.stem}.pyc"


@pytest.fixture
def source(tmp_path) -> pathlib.Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "one.py").write_text("1")
    (folder / "data.json").write_text("{}")
    return folder


@pytest.fixture
def compiler() -> Compiler:
    return Compiler()


@pytest.fixture
def stage(source, tmp_path, compiler):
    return lambda: staged_functions(source, tmp_path / "staged", compiler)


def compiled(folder: pathlib.Path) -> str:
    return bytecode(folder / "one.py").read_text()


def test_source_and_data_ship_as_they_are_with_bytecode_beside(stage):
    folder = stage()

    assert (folder / "one.py").read_text() == "1"
    assert (folder / "data.json").read_text() == "{}"
    assert compiled(folder) == "compiled 1"


def test_what_did_not_change_is_compiled_once(stage, source, compiler):
    first = stage()
    (source / "one.py").touch()

    assert stage() == first
    assert compiler.runs == 1


def test_a_change_of_same_size_and_time_is_compiled_and_what_shipped_stays(stage, source):
    first, seen = stage(), (source / "one.py").stat()
    (source / "one.py").write_text("2")
    os.utime(source / "one.py", ns=(seen.st_atime_ns, seen.st_mtime_ns))

    second = stage()

    assert (compiled(first), compiled(second)) == ("compiled 1", "compiled 2")


@pytest.mark.parametrize("name", ["data.json", "two.py"])
def test_any_other_file_makes_another_folder(stage, source, name):
    first = stage()
    (source / name).write_text("[]")

    second = stage()

    assert second != first
    assert (second / name).read_text() == "[]"


def test_another_compiler_makes_another_folder(stage, monkeypatch):
    first = stage()
    monkeypatch.setattr(stage_functions, "compiler_digest", lambda: b"another")

    assert stage() != first


def test_bytecode_that_lies_in_the_source_does_not_ship(stage, source, compiler):
    first = stage()
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "gone.pyc").write_text("stale")
    (source / "stray.pyc").write_text("stale")

    assert stage() == first
    shutil.rmtree(first)
    assert {path.name for path in stage().rglob("*.pyc")} == {"one.pyc"}


def test_what_failed_to_compile_is_never_taken_for_whole(source, tmp_path, compiler, stage):
    def fail(folder: pathlib.Path, runs_in: str) -> None:
        raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        staged_functions(source, tmp_path / "staged", fail)

    assert compiled(stage()) == "compiled 1"


def test_a_source_that_changes_while_it_is_copied_ships_under_its_own_name(
    stage, source, monkeypatch
):
    copytree = shutil.copytree

    def change_then_copy(*arguments, **options):
        (source / "one.py").write_text("2")
        return copytree(*arguments, **options)

    monkeypatch.setattr(stage_functions.shutil, "copytree", change_then_copy)
    changed = stage()
    monkeypatch.undo()

    assert compiled(changed) == "compiled 2"
    assert stage() == changed
    (source / "one.py").write_text("1")
    assert compiled(stage()) == "compiled 1"


def test_who_asks_at_the_same_time_gets_the_same_folder_which_is_made_once(stage, compiler):
    with ThreadPoolExecutor(8) as callers:
        folders = {future.result() for future in [callers.submit(stage) for _ in range(8)]}

    assert len(folders) == 1
    assert compiler.runs == 1


def test_the_sources_asked_for_last_are_kept(stage, source):
    def staged(text: str) -> pathlib.Path:
        time.sleep(0.01)  # a folder's time is no finer than some milliseconds
        (source / "one.py").write_text(text)
        return stage()

    first, second = staged("first"), staged("second")
    others = [staged(str(number)) for number in range(6)]
    assert staged("first") == first
    last = staged("the ninth")

    assert not second.exists()
    assert all(folder.is_dir() for folder in (first, *others, last))
