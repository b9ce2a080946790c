"""The shape of the code, held by tests: who may import whom, how long a file may be, what must not be said."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "camera_pipeline"
STAGES = ("ingest", "detect", "track", "events", "evidence", "review", "simulator")
READERS = {"review": {"camera_pipeline.events.record", "camera_pipeline.evidence"}}
"""What a stage that comes after the pipeline may know of others: the form of events, and how evidence is read."""
COMPOSERS = ("pipeline", "cli")
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 300  # a file is one noun; longer ones are two
HEAVY = {"torch", "ultralytics", "matplotlib", "moderngl", "onnx", "scipy"}
MAKERS = {PACKAGE / "detect" / "export" / name for name in ("graph.py", "int8.py", "yolov5.py")}
"""Modules that only the commands for making models import, when they run."""


def imported_modules(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def stage_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "camera_pipeline" and parts[1] in STAGES + COMPOSERS else None


def _is_below(module: str, readable: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in readable)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_stages_import_only_root_modules_and_themselves(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0]
    if own in COMPOSERS:
        return
    allowed = {own} if own in STAGES else set()
    readable = tuple(READERS.get(own, ()))
    used = {
        stage for module in imported_modules(path) if (stage := stage_of(module)) and not _is_below(module, readable)
    }
    assert used <= allowed, f"{path.relative_to(ROOT)} may not import {sorted(used - allowed)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_runtime_never_imports_what_only_training_needs(path: Path) -> None:
    used = {module.split(".")[0] for module in imported_modules(path)}
    assert not used & HEAVY or path in MAKERS


def test_commands_load_nothing_that_only_training_and_export_need() -> None:
    program = "import sys, camera_pipeline.cli; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_and_stays_one_noun(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module begins with a docstring"
    assert text.count("\n") <= MAX_LINES


def test_no_committed_text_holds_a_password_in_a_url() -> None:
    command = ["git", "ls-files", "*.yaml", "*.md", "*.toml"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    literal = re.compile(r"(rtsp|redis|rediss)://[^\s/$@:{]+:[^\s/$@{}*]+@")
    for name in listed.stdout.split():
        found = literal.search((ROOT / name).read_text(encoding="utf-8"))
        assert not found, f"{name}: {found and found[0]}"
