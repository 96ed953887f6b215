"""The house has a direction: an app imports only from those on its left (CONTRIBUTING, “Rooms”)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = [
    "portal.audit",
    "portal.accounts",
    "portal.departments",
    "portal.notify",
    "portal.workbooks",
    "leaving",
    "alumni",
    "liaisons",
]
WIRING = {
    "portal.settings",
    "portal.urls",
    "portal.celery",
    "portal.wsgi",
    "portal.asgi",
    "portal.localplaces",
    "portal.localprocess",
    "portal.localservers",
}
ROOMS = ["choices", "models", "selectors", "services", "tasks", "workbooks", "forms", "views", "urls"]


def imports_of(file: Path) -> set[str]:
    """Every module a file imports, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files_of(package: str) -> list[Path]:
    folder = ROOT / package.replace(".", "/")
    return [file for file in folder.rglob("*.py") if "migrations" not in file.parts]


def belongs_to(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("app", ORDER)
def test_an_app_imports_only_from_its_left(app: str) -> None:
    to_the_right = ORDER[ORDER.index(app) + 1 :]
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in files_of(app)
        for module in imports_of(file)
        if any(belongs_to(module, other) for other in to_the_right)
    ]
    assert wrong == []


@pytest.mark.parametrize("app", ORDER)
def test_no_app_imports_the_wiring(app: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in files_of(app)
        for module in imports_of(file) & WIRING
    ]
    assert wrong == []


@pytest.mark.parametrize("app", ORDER)
def test_earlier_rooms_do_not_import_later_ones(app: str) -> None:
    """Inside an app: choices, models, selectors, services, tasks, workbooks, forms, views, urls."""
    wrong = []
    for place, room in enumerate(ROOMS):
        later = [f"{app}.{other}" for other in ROOMS[place + 1 :]]
        folder = ROOT / app.replace(".", "/")
        for file in [*(folder / room).rglob("*.py"), folder / f"{room}.py"]:
            if file.exists():
                wrong += [
                    f"{file.relative_to(ROOT)} imports {module}"
                    for module in imports_of(file)
                    if any(belongs_to(module, other) for other in later)
                ]
    assert wrong == []
