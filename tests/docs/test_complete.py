"""What must be documented is: settings, commands, options, jobs, the rules that the code cites; and links lead somewhere."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perennial.bench import PARTS
from perennial.bench.command import WHOLE
from perennial.cli import commands
from perennial.cli.main import built, main
from perennial.demo.club import DEFAULT_SAMPLE
from perennial.jobs import JOBS
from tests.docs.play import BLOCK, COMMAND, PROMPT, run
from tests.docs.play import commands as typed
from tests.processes import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
SOURCES = [ROOT / "run", *sorted((ROOT / "perennial").rglob("*.py")), *sorted((ROOT / "perennial").rglob("*.sql"))]
#: Set by one process of ours for the next one; nobody is meant to set them.
OURS = {
    "PROMETHEUS_MULTIPROC_DIR",
    "PERENNIAL_TEST_ALL",
    "PERENNIAL_RUN_AGAIN",
    "PERENNIAL_EMBEDDED_URL",
    "DJANGO_SETTINGS_MODULE",
}
#: Commands that no guide types: they are told in the pages on operation.
WITHOUT_GUIDE = {"bench", "demo", "payment-server", "serve", "stop", "worker"}
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- settings


def settings_of(source: str) -> Iterator[str]:
    """The names of the environment that a module reads, by a literal or a constant of its own; all of ours that it names."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(words)) if re.fullmatch(r"(PERENNIAL|DATABASE)_[A-Z_]+", words):
                yield words
                continue
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"), args=[asked, *_]):
                pass
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[asked, *_]):
                pass
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=asked, ctx=ast.Load()):
                pass
            case ast.Compare(left=asked, comparators=[ast.Attribute(attr="environ")]):
                pass
            case _:
                continue
        if isinstance(asked, ast.Constant):
            yield str(asked.value)
        elif isinstance(asked, ast.Name) and asked.id in constants:
            yield str(constants[asked.id])


def test_every_setting_is_documented() -> None:
    sources = [path for path in SOURCES if path.suffix != ".sql"] + [ROOT / "tests" / "harness.py"]
    read = {found for path in sources for found in settings_of(path.read_text(encoding="utf-8"))}
    assert {"PERENNIAL_HOME", "DATABASE_URL", "PERENNIAL_TODAY", "PERENNIAL_CHUNK_SIZE", "XDG_DATA_HOME", "CI"} <= read
    page = text("docs", "operations.md")
    assert [found for found in sorted(read - OURS - {"PERENNIAL_TEST_FOLDER"}) if f"`{found}`" not in page] == []


def test_no_setting_is_documented_that_nothing_reads() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in [*SOURCES, ROOT / "tests" / "harness.py"])
    named = {
        found for page in PAGES for found in re.findall(r"\b(?:PERENNIAL|DATABASE)_[A-Z_]+\b", page.read_text("utf-8"))
    }
    assert [found for found in sorted(named) if found not in code] == []


# --- commands


def row(page: str, command: str) -> bool:
    """Whether a table of the page has a row for the command."""
    return re.search(rf"^\|.*`{command}( [^`]*)?`.*\|", page, re.MULTILINE) is not None


@pytest.mark.parametrize("command", sorted(commands.COMMANDS))
def test_every_command_and_option_is_documented(command: str) -> None:
    page = text("docs", "contract.md")
    assert row(page, command)
    if command in ("demo", "bench"):
        page = "\n".join(line for line in text("docs", "operations.md").splitlines() if line.startswith("| `--"))
    parser, _ = built(commands.COMMANDS[command])
    assert [o for o in sorted(parser.options() - {"--json"}) if not re.search(rf"`[^`\n]*{o}\b", page)] == []


def test_every_command_is_typed_in_a_guide() -> None:
    shown = "".join(guide.read_text(encoding="utf-8") for guide in GUIDES)
    lines = [line for kind, _, body in BLOCK.findall(shown) if kind == "console" for line, _ in typed(body)]
    found = [commands.find(shlex.split(line.removeprefix(COMMAND).partition(" | ")[0])) for line in lines]
    used = {one[0].name for one in found if one is not None}
    assert set(commands.COMMANDS) - used == WITHOUT_GUIDE


@pytest.mark.parametrize("page", [*GUIDES, ROOT / "README.md", ROOT / "docs" / "operations.md"], ids=name)
def test_a_command_in_running_text_is_one_that_can_be_typed(page: Path) -> None:
    """What stands in backticks with an argument behind it parses; capitals stand for a word of the reader's."""
    wrong = []
    for span in re.findall(r"`([^`]+)`", FENCED.sub("", page.read_text(encoding="utf-8"))):
        words = shlex.split(span.removeprefix("./run ").removeprefix("perennial "))
        found = commands.find(words)
        if found is None or not found[1]:
            continue
        parser, _ = built(found[0])
        try:
            parser.parse([{"N": "1", "DATE": "2026-03-10"}.get(word, word) for word in found[1]])
        except Exception as problem:
            wrong.append(f"{span}: {problem}")
    assert wrong == []


def test_the_words_behind_run_exist() -> None:
    known = set(re.findall(r"\./run (\w+)", text("run").split('"""')[1]))
    assert {"demo", "test", "setup", "perennial"} <= known
    used = {(name(page), word) for page in PAGES for word in re.findall(r"\./run (\w+)", page.read_text("utf-8"))}
    assert [(page, word) for page, word in sorted(used) if word not in known] == []


def test_the_demo_has_the_size_that_the_pages_say() -> None:
    assert f"each of {DEFAULT_SAMPLE} customers" in text("README.md")
    assert re.search(rf"^\| `--sample N` \|.*\| {DEFAULT_SAMPLE} \|$", text("docs/operations.md"), re.MULTILINE)


def test_the_bench_has_the_parts_and_sizes_that_the_page_says() -> None:
    page = text("docs/operations.md")
    said = [word for line in re.findall(r"^\| (`[a-z`, ]+`) \|", page, re.MULTILINE) for word in line.split(", ")]
    assert said[-len(PARTS) :] == [f"`{part}`" for part in PARTS]
    sizes = dict(zip(("orders", "due", "pairs", "customers"), WHOLE, strict=True))
    assert re.findall(r"^\| `--(orders|due|customers|pairs) N` \|.*\| ([\d,]+) \|$", page, re.MULTILINE) == [
        (option, f"{sizes[option]:,}") for option in ("orders", "due", "customers", "pairs")
    ]


def test_the_architecture_names_every_package() -> None:
    tree = text("docs/architecture.md").split("```")[1]
    packages = [path.parent.name for path in (ROOT / "perennial").glob("*/__init__.py")]
    assert [package for package in sorted(packages) if not re.search(rf"\b{package}\b", tree)] == []


@pytest.mark.usefixtures("reader")
def test_the_first_look_of_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands run, in their order, in the folder of ``./run``."""
    monkeypatch.chdir(ROOT)
    block = re.search(r"^## A first look.*?^```\n(.*?)^```$", text("README.md"), re.DOTALL | re.MULTILINE)
    assert block is not None
    lines = [line.partition("#")[0].strip() for line in block[1].splitlines()]
    assert len(lines) >= 5
    assert lines.pop() == "./run serve"  # it ends with Ctrl-C: tests/browser/test_serve.py
    assert all(line.startswith(COMMAND) for line in lines)
    printed = {line: run(line) for line in lines}
    assert {line: said for line, (said, status) in printed.items() if status} == {}
    assert "2026-04-09" in printed[f"{COMMAND}show order SO-000001"][0]
    assert "2 due: 2 created" in printed[f"{COMMAND}night"][0]
    assert printed[f"{COMMAND}check"][0] == "all is well\n"


# --- jobs


@pytest.mark.parametrize("job", sorted(JOBS))
def test_every_job_has_its_guide_with_all_its_counts(job: str) -> None:
    page = text("docs", "guides", f"job-{job}.md")
    assert f"{PROMPT}{COMMAND}job {job}" in page
    said = re.search(r"^Counts:.*?(?=\n\n|\Z)", page, re.DOTALL | re.MULTILINE)
    assert said is not None
    assert [count for count in JOBS[job].counts if f"`{count}`" not in said[0]] == []


# --- rules


def test_every_rule_that_the_code_cites_is_told() -> None:
    """Decisions by their number; paragraphs of a law, should one ever be cited."""
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "run")
    rules = text("docs", "rules.md")
    cited = set(re.findall(r"\bD\d{1,2}\b", code))
    assert {"D3", "D11", "D30"} <= cited
    assert sorted(cited - set(re.findall(r"^\| (D\d+) \|", rules, re.MULTILINE))) == []
    assert [law for law in sorted(set(re.findall(r"16 CFR [\d.]*\d", code))) if law not in rules] == []


def test_the_files_that_pages_and_code_name_exist() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    named = set(re.findall(r"`((?:tests/|docs/|perennial/)?[a-z_/]+\.(?:py|sql))`", pages))
    named |= set(re.findall(r"\bdocs/[\w/-]+\.md", code))
    assert {"kernel/plan.py", "tests/test_structure.py", "docs/contract.md"} <= named
    places = (ROOT, ROOT / "perennial")
    assert [found for found in sorted(named) if not any((place / found).is_file() for place in places)] == []


# --- links


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link, target, heading in links(page):
        path = (page.parent / target).resolve() if target else page
        if not path.is_file() or (heading and heading not in headings(path)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    """The decisions too: each by a link, not by its folder."""
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in PAGES and page not in seen:
            seen.add(page)
            todo += [(page.parent / target).resolve() for _, target, _ in links(page) if target]
    assert [name(page) for page in PAGES if page not in seen] == []


def links(page: Path) -> Iterator[tuple[str, str, str]]:
    """The links of a page into this repository: as written, file, heading."""
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", link):
            target, _, heading = link.partition("#")
            yield link, target, heading


def headings(page: Path) -> set[str]:
    """The headings of a page as links write them."""
    found = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


# --- the contract


def bundle_of_the_contract() -> str:
    found = re.search(r"^```json\n(.*?)^```$", text("docs", "contract.md"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("reader")
def test_the_example_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """Not only the small bundles of the guides: the long one with all its keys, and what is said below it."""

    def document(*words: str) -> dict[str, Any]:
        assert main([*words, "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    Path("club.json").write_text(bundle_of_the_contract(), encoding="utf-8")
    document("init")
    assert document("import", "club.json")["new"]["orders"] == 1
    lines = document("show", "order", "SO-000001")["continuity"][0]["lines"]
    assert [(line["event_on"], line["ship_on"]) for line in lines] == [
        ("2026-03-15", "2026-03-16"),
        ("2026-04-14", "2026-04-14"),
        ("2026-05-14", "2026-05-14"),
    ]
    made = [
        document("job", "create-child-orders", "--on", on)["counts"]["created"] for on in ("2026-03-10", "2026-03-11")
    ]
    assert made == [0, 1]
    assert [child["number"] for child in document("show", "order", "SO-000001")["children"]] == ["SO-000001-1-001"]
