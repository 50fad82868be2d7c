"""Many questions, one after the other, with history: what `fleet sql` is without a question."""

import sys
from contextlib import suppress
from pathlib import Path

from fleetlake.console import ERRORS, Failure, complain, show
from fleetlake.readers.output import write
from fleetlake.readers.queries import answered
from fleetlake.releases import AsOf, published
from fleetlake.settings import settings

HELP = "a question ends with ;   .tables  what is released   .release  since when   .quit"
REMEMBERED = 1_000  # lines


class Shell:
    """Reads questions from standard input until it ends; a terminal gets a prompt and its old lines back."""

    def __init__(self, form: str, as_of: AsOf = None, *, internal: bool = False) -> None:
        self._form, self._as_of, self._internal = form, as_of, internal
        self._release: int | None = None
        self._failed = False

    def run(self) -> bool:
        """Whether all questions were answered; at a terminal a mistake is no failure."""
        with suppress(EOFError, KeyboardInterrupt):
            self._greet()
            while self._handle(self._read()):
                pass
        self._remember()
        return sys.stdin.isatty() or not self._failed

    def _greet(self) -> None:
        if not sys.stdin.isatty():
            return
        with suppress(ImportError, OSError):
            import readline

            readline.set_history_length(REMEMBERED)
            readline.read_history_file(self._history())
        ERRORS.print(HELP, markup=False, style="dim")

    def _remember(self) -> None:
        if sys.stdin.isatty():
            with suppress(ImportError, OSError):
                import readline

                self._history().parent.mkdir(parents=True, exist_ok=True)
                readline.write_history_file(self._history())

    def _history(self) -> Path:
        return settings().home / "sql_history"

    def _read(self) -> str:
        """The next question or dot-command; what the input ends with needs no semicolon."""
        lines: list[str] = []
        with suppress(EOFError):
            while not lines or not (lines[0].startswith(".") or lines[-1].endswith(";")):
                lines += [line] if (line := self._line("fleet> " if not lines else "   ... ").strip()) else []
            return "\n".join(lines).rstrip(";").strip()
        if not lines:
            raise EOFError
        return "\n".join(lines)

    def _line(self, prompt: str) -> str:
        return input(prompt if sys.stdin.isatty() else "")

    def _handle(self, said: str) -> bool:
        """Answers; False when there shall be no more."""
        try:
            match said.lower():
                case "":
                    return True
                case ".quit" | ".exit" | "quit" | "exit":
                    return False
                case ".tables":
                    self._tables()
                case ".release":
                    self._releases()
                case dot if dot.startswith("."):
                    raise Failure(f"{said} is no command", HELP)
                case _:
                    self._ask(said)
        except Failure as failure:
            self._failed = True
            complain(failure)
        return True

    def _ask(self, query: str) -> None:
        with answered(query, self._as_of, internal=self._internal) as (relation, state):
            if self._release not in (None, state.number):
                ERRORS.print(f"release {state.number} is out: this answer comes from it", markup=False, style="dim")
            self._release = state.number
            write(relation, self._form)

    def _tables(self) -> None:
        state = published(settings().lake_root, self._as_of)
        show(
            [{"table": table, "version": state.pin(table).version, "rows": state.pin(table).rows} for table in state.tables], as_json=False
        )

    def _releases(self) -> None:
        state = published(settings().lake_root, self._as_of)
        rows = [
            {"layer": layer, "release": each.number, "at": f"{each.at:%Y-%m-%d %H:%M:%S}", "held": "yes" if each.is_held else ""}
            for layer, each in state.releases.items()
        ]
        show(rows, as_json=False)
