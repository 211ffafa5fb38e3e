"""The house keeps its own rules: arrows, one gate, sizes, names, words, the wheel, and what --help loads."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from mappings import model
from mappings.check.shapes import SHAPES
from mappings.tables import TABLES

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT.parent / "shared" / "MODEL.md"

PROGRAM = sorted(file for part in ("adapter", "mappings") for file in (ROOT / part).rglob("*.py"))
WRITTEN = sorted(
    file
    for file in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "adapter").rglob("*.*"), *(ROOT / "mappings").rglob("*.*")]
    if file.suffix in {".py", ".html", ".css", ".toml"}
)


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string of a module that may be shown to somebody: docstrings are for us."""
    tree = ast.parse(file.read_text("utf-8"))
    said = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    return ((node.lineno, str(node.value)) for node in said if id(node) not in docstrings)


# ---- arrows and the gate


def test_the_arrows_hold() -> None:
    """cli -> wiring -> gateway, pages, sync, ehr -> disclosure -> store -> mappings; each dependency has one home."""
    pytest.importorskip("importlinter", reason="import-linter is not installed: pip install -e '.[lint]'")
    found = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]


def test_only_the_gate_makes_a_released() -> None:
    """No module but adapter/disclosure/gate.py calls Released(...) or knows how one is marked as made there."""
    makers = set()
    for file in PROGRAM:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "id", getattr(called, "attr", None))
            if name == "Released" or (isinstance(node, ast.Name) and node.id == "_MADE_HERE"):
                makers.add(file.relative_to(ROOT).as_posix())
    assert makers == {"adapter/disclosure/gate.py"}


# ---- sizes, names, words


def test_no_file_is_over_400_lines() -> None:
    """A file that has grown over 400 lines holds two things."""
    long = {str(f.relative_to(ROOT)): n for f in WRITTEN if (n := len(f.read_text("utf-8").splitlines())) > 400}
    assert long == {}


def test_no_module_is_named_for_nothing() -> None:
    """No utils, helpers, managers: a name says what is in it."""
    assert [file for file in WRITTEN if re.search(r"util|helper|manager|common|misc", file.stem)] == []


# fmt: off
DATATYPE_PARTS = {
    # value type   parts named as FHIR and everybody else names them: a quantity, a period and a code have no other word
    "Coding":      {"system"},
    "Quantity":    {"comparator", "system"},
    "Range":       {"low", "high"},
    "Ratio":       {"numerator", "denominator"},
    "Period":      {"end"},
    "Timing":      {"repeat"},
    "Repeat":      {"bounds", "count"},
    "Identifier":  {"system"},
    "Ref":         {"identifier"},
    "Member":      {"identifier"},
    "Attachment":  {"hash", "content", "link"},
    "Name":        {"given", "prefix", "suffix"},
    "Address":     {"city", "district", "state", "country"},
}
# fmt: on
EVERYDAY = {"summary"}
"""Everyday words that FHIR has as a name only where no table reads it: Condition.stage.summary."""


def fhir_names() -> set[str]:
    """Return the element names of the types that have a table and of all that stands in them, also_written_so."""
    names: set[str] = set()
    waiting, met = list(TABLES), {"Resource", "Extension", "Element", "Meta", "Narrative"}
    while waiting:
        kind = waiting.pop()
        if kind in met:
            continue
        met.add(kind)
        for field in SHAPES["R4"][kind].fields.values():
            names |= {field.name, field.choice}
            if field.test is None and not field.twin:
                waiting.append(field.type)
    return names | {snake(name) for name in names}


def snake(name: str) -> str:
    """lifecycleStatus -> lifecycle_status"""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def test_the_native_model_speaks_the_programmes_words() -> None:
    """No native field bears a FHIR name that MODEL.md lacks, but for the parts of data types."""
    if not MODEL.is_file():
        pytest.skip("../shared/MODEL.md is not beside the project")
    words = set(re.findall(r"\w+", MODEL.read_text("utf-8").replace("-", "_"))) | {"value", "key"} | EVERYDAY
    natives = [
        (cls.__name__, field.name)
        for module in sorted(one.name for one in iter_modules(model.__path__))
        for cls in vars(import_module(f"mappings.model.{module}")).values()
        if inspect.isclass(cls) and dataclasses.is_dataclass(cls) and cls.__module__.endswith(module)
        for field in dataclasses.fields(cls)
    ]
    borne = fhir_names()
    foreign = [f"{c}.{f}" for c, f in natives if f in borne - words and f not in DATATYPE_PARTS.get(c, set())]
    assert foreign == []


# fmt: off
NOT_OUR_WORDS = {
    # not                          but
    r"relaps\w*":                  "return to use",
    r"detox\w*":                   "withdrawal management",
    r"dead[ -]letters?":           "set aside",
    r"abus\w*":                    "use",
    r"addicts?|alcoholics?|junkies?": "a person with ...",
    r"dirty|clean (urine|test|screen)s?": "positive, negative, as expected",
    r"non-?complian\w+|no-?shows?": "attendance",
    r"drop-?outs?|failed patients?": "left early",
}
# fmt: on
# noshow: a code of Appointment.status; "cancelled, or no-show": HL7's words of app-4 and app-7
CODED = re.compile(r"http|snomed|loinc|^no-?show$|been cancelled, or no-?show", re.IGNORECASE)


def test_our_strings_follow_the_word_list() -> None:
    """What we say is person-first and the clinic's; FHIR codes and the displays of code systems stay as they are."""
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {found[0]}: say {better!r}"
        for file in PROGRAM
        for line, text in strings(file)
        for bad, better in NOT_OUR_WORDS.items()
        if (found := re.search(rf"\b({bad})\b", text, re.IGNORECASE)) and not CODED.search(text)
    ]
    pages = [file for file in WRITTEN if file.suffix == ".html"] + [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    wrong += [
        f"{file.relative_to(ROOT)}: {found[0]}: say {better!r}"
        for file in pages
        for bad, better in NOT_OUR_WORDS.items()
        if (found := re.search(rf"\b({bad})\b", file.read_text("utf-8"), re.IGNORECASE))
    ]
    assert wrong == []


# ---- what is shipped, and what a start costs


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in the wheel that this tree builds; nothing is fetched for it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    [made] = folder.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        return archive.namelist()


def test_the_wheel_exports_two_packages(wheel: list[str]) -> None:
    """Top level: adapter, mappings and their dist-info, so that nothing of anybody else's is overwritten."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {name.split("/")[0] for name in wheel} == {"adapter", "mappings", f"planbridge-{version}.dist-info"}


def test_fixtures_migrations_and_pages_travel_in_the_wheel(wheel: list[str]) -> None:
    """The demo runs from an installed wheel: people, migrations and pages are in it."""
    people = {name.split("/")[2] for name in wheel if name.startswith("adapter/fixtures/") and name.count("/") > 2}
    here = {folder.name for folder in (ROOT / "fixtures").iterdir() if folder.is_dir()}
    migrations = [name for name in wheel if name.startswith("adapter/store/migrations/versions/v")]
    assert (people, bool(migrations)) == (here, True)


def test_help_loads_nothing_heavy() -> None:
    """`planbridge --help` answers at once: no web framework, database, validator, HTTP client or terminal library."""
    heavy = "flask sqlalchemy alembic pydantic fhir requests rich jinja2 marshmallow orjson importlib.metadata asyncio"
    script = f"""
import sys
from adapter.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print([name for name in {heavy.split()} if name in sys.modules])
"""
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"
