"""What models want to stand before a text, which most were trained with. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompts:
    """Put before what is looked for, and before the texts in which it is looked for."""

    query: str = ""
    text: str = ""


_KNOWN: tuple[tuple[re.Pattern[str], Prompts], ...] = (
    (
        re.compile(r"qwen3-?(vl-)?embedding|gte-qwen|e5-mistral|multilingual-e5-large-instruct"),
        Prompts(
            "Instruct: Given a web search query, retrieve relevant passages that answer the query\n"
            "Query: "
        ),
    ),
    (re.compile(r"(^|[/_-])e5[-_]"), Prompts("query: ", "passage: ")),
    (re.compile(r"nomic-embed-text"), Prompts("search_query: ", "search_document: ")),
    (
        re.compile(r"embeddinggemma|embedding-gemma"),
        Prompts("task: search result | query: ", "title: none | text: "),
    ),
    (
        re.compile(r"mxbai-embed|bge-(small|base|large)-en|snowflake-arctic-embed-(xs|s|m|l)$"),
        Prompts("Represent this sentence for searching relevant passages: "),
    ),
)
"""By the model's name, as their own pages give them; the first that fits."""


def prompts_of(model: str) -> Prompts:
    """What is known of the model by its name; nothing for one that is not known."""
    name = model.lower().replace(":", "-")
    return next((prompts for pattern, prompts in _KNOWN if pattern.search(name)), Prompts())


def chosen(
    model: str, query: str | None, text: str | None, known: Prompts | None = None
) -> Prompts:
    """The user's prompts, else the model's own (``known``, by its files), else by its name."""
    own = known or prompts_of(model)
    return Prompts(
        own.query if query is None else _apart(query), own.text if text is None else _apart(text)
    )


def _apart(prompt: str) -> str:
    """A settings file cannot hold the blank at a line's end."""
    return f"{prompt} " if prompt and not prompt[-1].isspace() else prompt
