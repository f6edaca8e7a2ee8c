"""Imports point down only, and siblings do not know each other (docs/structure.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "shotlog"

LAYERS = (
    ("errors", "fields", "signed"),
    ("records", "speech"),
    ("quantities", "languages"),
    ("rows", "settings"),
    (
        *("segments", "wording", "retries", "certificates", "visual_tokens"),
        *("overlaps", "queries", "embedding_texts", "rank_fusion"),
    ),
    (
        *("splitting", "sameness", "measures", "prompts", "quality", "summaries"),
        *("rules", "storage", "gate", "subtitles"),
    ),
    ("ledger", "model_servers", "estimates"),
    ("sources", "fetch", "media", "describers", "catalog", "exports"),
    ("hearing", "embedding"),
    ("pipeline", "testing", "search", "semantic_search"),
    ("listing_estimates", "retagging", "vectors", "library"),
    ("api",),
    ("verify", "batches", "web"),
    ("cli",),
    ("__init__", "__main__"),
)
"""From the ground up. A part may import what stands on a lower line, and itself."""

HEAVY = (
    *("av", "numpy", "PIL", "httpx", "pebble", "rich", "typer", "torch", "fastapi", "jinja2"),
    *("uvicorn", "pymongo", "pyarrow"),
)

FLOOR = {part: number for number, layer in enumerate(LAYERS) for part in layer}


def part_of(module: str) -> str:
    """``shotlog.media.scan`` belongs to ``media``."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    """The parts of shotlog that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("shotlog"):
            if node.module == "shotlog":
                found |= {name.name if name.name in FLOOR else "__init__" for name in node.names}
            else:
                found.add(part_of(node.module))
        elif isinstance(node, ast.Import):
            found |= {part_of(n.name) for n in node.names if n.name.startswith("shotlog")}
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_lies_below_it(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    wrong = {
        other
        for other in imports(path)
        if other not in (part, "__init__") and FLOOR[other] >= FLOOR[part]
    }
    assert not wrong, f"{part} stands on floor {FLOOR[part]} and imports {sorted(wrong)}"


def test_every_part_has_its_floor() -> None:
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}
    assert parts == set(FLOOR)


def test_importing_the_package_pulls_nothing_heavy() -> None:
    program = (
        "import sys, shotlog, threading; "
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]; "
        "assert not heavy, heavy; assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
