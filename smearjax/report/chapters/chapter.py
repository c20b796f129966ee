"""What one of the further sections puts on the page: words, figures, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """A figure with its words.

    Attributes:
        name: Name of its files.
        draw: Draws it, in the house style around it.
        alt: What it shows, for who cannot see it.
        title: Headline of the caption.
        caption: What to see and how to read it.
        wide: Whether it takes the width of the page, with the caption below.
    """

    name: str
    draw: Callable[[], Figure]
    alt: str
    title: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        heads: Heads of the columns.
        rows: As many texts each.
        folded: Headline under which the page hides it until asked; empty if it is shown.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: str = ""


@dataclass(frozen=True)
class Chapter:
    """One section of the page.

    Attributes:
        lead: Paragraphs.
        pictures: Figures, in order.
        tables: Tables below them.
        title: Its headline, from `CHAPTERS`.
    """

    lead: tuple[str, ...]
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    title: str = ""
