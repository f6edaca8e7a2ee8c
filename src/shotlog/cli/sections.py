"""The help of a command with many options: section by section."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from shotlog.cli.options import SECTIONS

ARGUMENTS, OTHERS = "Arguments", "Options"


class SectionedCommand(TyperCommand):
    """Options that name a panel stand under its title, in the order of ``SECTIONS``."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {
            title: [] for title in (ARGUMENTS, *SECTIONS, OTHERS)
        }
        for each in self.get_params(ctx):
            panel = getattr(each, "rich_help_panel", None) or OTHERS
            title = ARGUMENTS if each.param_type_name == "argument" else panel
            if (told := each.get_help_record(ctx)) is not None:
                sections[title].append(told)
        for title, rows in sections.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
