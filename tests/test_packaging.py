"""`packages` and `package_data` are explicit, so what they forget would vanish from the wheel."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEMPLATES = "graphview.templates"


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    # In a copy: setuptools leaves build/ behind, and would pack what is still in there.
    folder = tmp_path_factory.mktemp("wheel")
    for path in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / path).exists():
            shutil.copy(ROOT / path, folder)
    for path in ("graphview", "templates"):
        shutil.copytree(
            ROOT / path, folder / path, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_package_on_disk_is_listed(setup: configparser.ConfigParser) -> None:
    assert set(setup["options"]["packages"].split()) == set(_packages())


def test_every_data_file_on_disk_is_matched(setup: configparser.ConfigParser) -> None:
    for package, folder in _packages().items():
        globs = setup["options.package_data"].get(package, "").replace(",", " ").split()
        forgotten = {
            str(path) for path in _data(folder) if not any(path.match(glob) for glob in globs)
        }
        assert not forgotten, f"package_data of {package} leaves out {forgotten}"


def test_the_wheel_holds_every_file(wheel_names: set[str]) -> None:
    expected = {
        f"{package.replace('.', '/')}/{path.relative_to(folder).as_posix()}"
        for package, folder in _packages().items()
        for path in [*folder.glob("*.py"), *_data(folder)]
    }
    assert {name for name in wheel_names if ".dist-info/" not in name} == expected


def test_the_wheel_holds_its_license(wheel_names: set[str]) -> None:
    assert any(name.endswith("/licenses/LICENSE") for name in wheel_names)


def test_the_installed_package_finds_its_templates() -> None:
    on_disk = {path.name for path in _data(ROOT / "templates")}
    assert on_disk
    assert on_disk <= {resource.name for resource in files(TEMPLATES).iterdir()}


def _packages() -> dict[str, Path]:
    """Each package's name and its folder."""
    found = {
        ".".join(path.parent.relative_to(ROOT).parts): path.parent
        for path in (ROOT / "graphview").rglob("__init__.py")
    }
    return {**found, TEMPLATES: ROOT / "templates"}


def _data(folder: Path) -> list[Path]:
    """What a package holds besides its modules, in folders that are no packages too."""
    found = [
        path for path in folder.iterdir() if path.is_file() and path.suffix not in {".py", ".pyc"}
    ]
    for below in folder.iterdir():
        if below.is_dir() and below.name != "__pycache__" and not (below / "__init__.py").exists():
            found += [path for path in below.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return found
