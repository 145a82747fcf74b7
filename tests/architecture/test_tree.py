"""Files of the project hold nothing of the machine they were written on, and locks hold no addresses."""

from __future__ import annotations

import ast
import fnmatch
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.layers import ROOT

# Put together here so that this file does not find itself.
_FOLDERS = ("work", "tmp", "root", "home")
MACHINE_PATH = re.compile(rf"(?<![\w.~)\]}}/])/(?:{'|'.join(_FOLDERS)})/")
REGISTRY = re.compile(
    "|".join((r"\bpypi\." + "org", "pythonhosted" + r"\.org", "npm" + "js", r"(?<!emit-)index-" + "url "))
)
ADDRESS = re.compile(r"\b(?:https?|ftp|file|git\+\w+):/" + "/", re.IGNORECASE)
NO_ADDRESS_IN = ("*.lock", "*.toml", "*.cfg", "*.ini", "Makefile", "run.bat", "tools/*", ".ci/*")
TEXTS_MAY_NAME_ADDRESSES = "resources/*"


def _tracked() -> list[str]:
    """Files under version control (new ones included); without git, all but hidden folders and what runs leave."""
    if git := shutil.which("git"):
        listed = subprocess.run(
            [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if listed.returncode == 0:
            names = (name for name in listed.stdout.split("\0") if name and not name.startswith(".venv/"))
            return [name for name in names if (ROOT / name).is_file()]
    return _unhidden()


def _unhidden() -> list[str]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    hidden = (path for path in found if not any(part.startswith(".") for part in path.parts[:-1]))
    return [path.as_posix() for path in hidden if path.parts[0] != "out" and path.suffix != ".pyc"]


def _lines() -> Iterator[tuple[str, int, str]]:
    for name in _tracked():
        data = (ROOT / name).read_bytes()
        if b"\0" in data:
            continue  # a picture or another binary file
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
            yield name, number, line


def _findings(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}" for name, number, line in _lines() if pattern.search(line)
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("cd /" + "work/main", True),
        ("'/" + "tmp/x'", True),
        ("=/" + "home/me/.cache", True),
        ("see ../" + "work/plan and ~/" + "tmp/", False),
        ("example.org/" + "home/", False),
        ("net" + "work/" + "home", False),
    ],
)
def test_pattern_of_machine_paths(line: str, found: bool) -> None:
    assert bool(MACHINE_PATH.search(line)) is found


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "--index-" + "url x"),
        (REGISTRY, "from pypi." + "org/simple"),
        (REGISTRY, "files.pythonhosted" + ".org"),
        (ADDRESS, "wheel @ https:/" + "/example.org/a.whl"),
        (ADDRESS, "--find-links file:/" + "/mirror"),
    ],
)
def test_patterns_of_addresses_find(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_files_are_found_without_git_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with_git = set(_tracked())
    monkeypatch.setenv("PATH", "")
    assert shutil.which("git") is None
    without = set(_tracked())
    assert {"README.md", "app/cli/main.py"} <= without
    assert {name for name in with_git - without if not name.startswith(".")} == set()


def test_no_machine_paths() -> None:
    assert _findings(MACHINE_PATH) == []


def test_no_registry_hosts() -> None:
    assert _findings(REGISTRY) == []


def test_no_addresses_in_locks_and_settings() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, number, line in _lines()
        if ADDRESS.search(line)
        and any(fnmatch.fnmatch(name, pattern) for pattern in NO_ADDRESS_IN)
        and not fnmatch.fnmatch(name, TEXTS_MAY_NAME_ADDRESSES)
    ]
    assert found == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_requirement_of_a_lock_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    entries = re.split(r"\n(?=[a-z])", "\n" + text)[1:]
    assert len(entries) > 20
    assert [entry.partition(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def _pins(lock: str) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE
    ):
        pins.setdefault(name, set()).add(version)
    return pins


def test_both_locks_pin_the_same_versions_of_all_dependencies() -> None:
    runtime, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {re.split(r"[<>=;\[ ]", line)[0] for line in project["project"]["dependencies"]}
    tools = {re.split(r"[<>=;\[ ]", line)[0] for line in project["dependency-groups"]["dev"]}
    assert wanted <= set(runtime)
    assert tools <= set(dev)
    assert {name: dev.get(name) for name in runtime} == runtime


def test_notice_names_every_runtime_component() -> None:
    named = set(re.findall(r"^  ([a-z0-9-]+)  ", (ROOT / "NOTICE").read_text("utf-8"), re.MULTILINE))
    assert named == set(_pins("requirements.lock"))


@pytest.mark.parametrize("package", ["app", "db"])
def test_top_package_holds_a_docstring_only(package: str) -> None:
    path = ROOT / package / "__init__.py"
    body = ast.parse(path.read_text("utf-8")).body
    assert [type(node) for node in body] == [ast.Expr]


def test_scripts_can_be_run() -> None:
    scripts: list[Path] = [
        ROOT / name
        for name in ("tools/setup", "tools/check", "tools/lock", "tools/audit", "tools/fresh", ".ci/run")
    ]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o111] == []
