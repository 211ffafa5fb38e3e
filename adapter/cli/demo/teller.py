"""What the demo says, step by step; and which of its claims were found to hold."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from textwrap import indent
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from adapter.cli.columns import columns

WIDTH = 110
"""Columns where there is no terminal to ask, and the most that are used."""


class Stopped(Exception):  # noqa: N818 - says what happened
    """The demo cannot go on. The message says in which step, and why."""


class Teller:
    """Prints the demo's story. On a terminal in colour; elsewhere the same words."""

    def __init__(self, out: TextIO) -> None:
        if isinstance(out, type(sys.stdout)) and hasattr(out, "reconfigure"):
            out.reconfigure(errors="replace")  # a terminal without these letters gets others
        terminal = Console(file=out, highlight=False)
        width = min(terminal.width, WIDTH) if terminal.is_terminal else WIDTH
        self._console = Console(file=out, highlight=False, width=width)
        self._step, self._began = "", time.monotonic()
        self._number, self._held = 0, 0
        self.failures: list[str] = []

    def title(self, text: str, aside: str) -> None:
        """Begin."""
        self._console.print(f"\n[bold]{escape(text)}[/]  [dim]{escape(aside)}[/]")

    def step(self, text: str) -> None:
        """Begin the next step."""
        self._number, self._step = self._number + 1, text
        self._console.print(f"\n[bold cyan]{self._number}[/] [bold]{escape(text)}[/]")

    def say(self, text: str = "") -> None:
        """Say something within a step."""
        self._console.print(Padding(escape(text), (0, 0, 0, 2), expand=False))

    def command(self, words: Sequence[str]) -> None:
        """Show a command as one would type it."""
        shown = " ".join(f"'{word}'" if "|" in word else word for word in words)
        self._console.print(f"  [dim]$ {escape(shown)}[/]", soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show rows under headings."""
        if not self._console.is_terminal:
            self._console.print(indent(columns(headings, rows), "  "), markup=False, soft_wrap=True)
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
        for heading in headings:
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        self._console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def claim(self, text: str, holds: bool, why_not: str = "") -> None:
        """Say what was looked up and found to be so, or that it is not."""
        if holds:
            self._held += 1
            self._console.print(Padding(f"[green]✓[/] {escape(text)}", (0, 0, 0, 2), expand=False))
        else:
            self.failed(f"{text}{f': {why_not}' if why_not else ''}")

    def failed(self, text: str) -> None:
        """Say that a claim does not hold, or that a step went wrong."""
        self.failures.append(f"step {self._number}, {self._step}: {text}" if self._step else text)
        self._console.print(Padding(f"[bold red]✗ {escape(text)}[/]", (0, 0, 0, 2), expand=False))

    def address(self, what: str, where: str) -> None:
        """Show where something is, so that it can be copied as it stands."""
        self._console.print(f"  [dim]{escape(what):<22}[/] {escape(where)}", soft_wrap=True)

    def line(self, text: str) -> None:
        """Show a line that can be copied as it stands."""
        self._console.print(f"  {escape(text)}", soft_wrap=True)

    def verdict(self) -> int:
        """Say what it came to, and return the exit code."""
        seconds = f"{time.monotonic() - self._began:.1f} s"
        if not self.failures:
            text = f"All {self._held} claims were looked up on both sides over HTTP and hold."
            self._console.print(f"\n[bold green]{text}[/] [dim]{seconds}[/]")
            return 0
        self._console.print(f"\n[bold red]{len(self.failures)} of the demo's claims do not hold[/] [dim]{seconds}[/]")
        for failure in self.failures:
            self._console.print(f"  {escape(failure)}", soft_wrap=True)
        return 1
