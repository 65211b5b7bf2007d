"""The sheet of a visit for supervision, from what the page sends: as CSV for spreadsheets, and as PDF to print.

The page keeps the visit, so what it sends is only read for its form: texts are cut to what the app accepts, and
anything else is left out. Nothing is stored. The CSV is UTF-8 with a byte order mark, which Excel needs. The PDF has
the letters of Western Europe only, because its typeface comes with every reader; others become "?", which it says.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from emorl.models.template import MAX_STATEMENT
from emorl.ratings.export.tables import harmless
from emorl.ui.payload import as_form
from emorl.ui.practise.strings import DIFFICULTY_NAMES, LINES, SHEET, STAGE_NAMES, TOPICS

MAX_TRIES = 60
CHECKS = ("feeling", "copied", "checks")
"""What is said of every try, in the order of the columns."""


@dataclass(frozen=True)
class Try:
    """One try.

    Attributes:
        case: Id of the case; empty for a statement of one's own.
        topic: Empty without a case.
        stage: The same.
        difficulty: The same.
        number: Of the try on this statement, from 1.
        statement: What the client said.
        reflection: What the person wrote.
        said: What the checks said, by kind, in short.
    """

    case: str
    topic: str
    stage: str
    difficulty: str
    number: int
    statement: str
    reflection: str
    said: dict[str, str]


def read_tries(sent: object) -> tuple[Try, ...]:
    """The tries that a page sends, the last `MAX_TRIES` of them; what is no try is left out."""
    rows = [as_form(row) for row in sent] if isinstance(sent, list) else []
    return tuple(_try(row) for row in rows if row)[-MAX_TRIES:]


def _try(row: Mapping[str, object]) -> Try:
    def text(name: str, longest: int) -> str:
        found = row.get(name)
        return found[:longest] if isinstance(found, str) else ""

    number, said = row.get("number"), as_form(row.get("said"))
    return Try(
        text("case", 40),
        TOPICS.get(text("topic", 40), ""),
        STAGE_NAMES.get(text("stage", 40), ""),
        DIFFICULTY_NAMES.get(text("difficulty", 4), ""),
        number if isinstance(number, int) and 0 < number < 1000 else 1,
        text("statement", MAX_STATEMENT),
        text("reflection", MAX_STATEMENT),
        {kind: str(said.get(kind, ""))[:200] for kind in CHECKS},
    )


def as_csv(tries: Sequence[Try], texts: bool) -> bytes:
    """One line a try; statement and reflection only with `texts`."""
    rows: list[dict[str, object]] = [
        {
            "case": one.case,
            "topic": one.topic,
            "stage": one.stage,
            "difficulty": one.difficulty,
            "try": one.number,
            **({"statement": one.statement, "reflection": one.reflection} if texts else {}),
            **one.said,
        }
        for one in tries
    ]
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, fieldnames=list(dict.fromkeys(column for row in rows for column in row)))
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_pdf(tries: Sequence[Try], texts: bool, day: date) -> bytes:
    """The sheet on A4: each statement, the tries on it with what was said of them, and room for notes."""
    from fpdf import FPDF  # a slow import

    class Page(FPDF):
        """Counts its pages at the foot."""

        def footer(self) -> None:
            """The number of the page."""
            self.set_y(-15)
            self.set_font("Helvetica", size=9)
            self.set_text_color(90)
            self.cell(0, 8, f"{self.page_no()} / {{nb}}", align="C")

    pdf = Page(format="A4")
    pdf.core_fonts_encoding = "cp1252"
    pdf.set_title(SHEET["title"])
    pdf.set_lang("en-GB")
    pdf.set_margins(20, 18, 20)
    pdf.set_auto_page_break(True, 20)
    pdf.add_page()
    lost = False

    def put(text: str, size: int = 11, style: str = "", grey: int = 0, indent: float = 0.0, after: float = 0.0) -> None:
        nonlocal lost
        shown = printable(text)
        lost = lost or shown != text
        pdf.set_font("Helvetica", style, size)
        pdf.set_text_color(grey)
        pdf.set_x(pdf.l_margin + indent)
        pdf.multi_cell(0, size * 0.5, shown, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(after)

    put(SHEET["title"], 18, "B", after=1)
    put(SHEET["made"].format(day=day.isoformat()), 10, grey=90, after=1)
    put(SHEET["limits"], 10, grey=90, after=4)
    labels = {kind: LINES[kind] for kind in CHECKS}
    last: tuple[str, str] | None = None
    for one in tries:
        if (one.case, one.statement) != last:
            last = (one.case, one.statement)
            pdf.set_draw_color(190)
            pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
            pdf.ln(3)
            about = ", ".join(part for part in (one.topic, one.stage) if part)
            put(f"{SHEET['statement']} ({about})" if about else SHEET["statement"], 12, "B", after=1)
            put(one.statement if texts else SHEET["left_out"], 11, after=3)
        put(SHEET["reflection"].format(n=one.number), 11, "B", after=0.5)
        put(one.reflection if texts else SHEET["left_out"], 11, indent=4, after=0.5)
        for kind in CHECKS:
            if one.said[kind]:
                put(f"{labels[kind]}: {one.said[kind]}", 9, grey=60, indent=4)
        pdf.ln(3)
    put(SHEET["notes"], 12, "B", after=8)
    for _ in range(4):
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
        pdf.ln(9)
    if lost:
        put(SHEET["missing_letters"], 9, grey=90)
    return bytes(pdf.output())


def printable(text: str) -> str:
    """The text in letters that the typeface has: without accents where it lacks them, "?" for anything else."""
    out = []
    for letter in text:
        if _fits(letter):
            out.append(letter)
            continue
        plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
        out.append(plain if plain and all(map(_fits, plain)) else "?")
    return "".join(out)


def _fits(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return letter.isprintable() or letter == "\n"
