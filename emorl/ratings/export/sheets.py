"""Rows of an export as XLSX or Parquet: the columns of the CSV, with the codebook in the same file.

XLSX has a second sheet for the codebook; its cells are guarded against formulas as those of the CSV. Parquet is for
programs: text is exact, numbers and truths have their types, and the codebook is in the schema, at each column.
Both need a library of the extra `export`, which is loaded only here.

Left out: reading them back, and dates as anything but text in ISO 8601.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from emorl.errors import RatingError
from emorl.ratings.export.codebook import SCORE, WEIGHT, Codebook
from emorl.ratings.export.tables import Row, flat_table, harmless

NUMBERS = ("id", "revision", "place", "empathy", "fluency", "generation_id", "schema_version", "seed", "best_of")
DECIMALS = ("strength", "temperature")
TRUTHS = ("repeat", "flipped", "training", "blind", "withdrawn")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML 1.0 has no way to write these


def to_xlsx(rows: Iterable[Row], codebook: Codebook) -> bytes:
    """A workbook with the sheets `answers` and `codebook`.

    Raises:
        RatingError: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError:
        raise _missing("XLSX", "openpyxl") from None
    columns, flat = flat_table(rows)
    book = openpyxl.Workbook(write_only=True)
    answers: list[Iterable[object]] = [columns, *([row.get(name) for name in columns] for row in flat)]
    meanings = [["column", "meaning", "values"], *([name, *entry] for name, entry in codebook.items())]
    parts: list[tuple[str, Iterable[Iterable[object]]]] = [("answers", answers), ("codebook", meanings)]
    for title, lines in parts:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for line in lines:
            sheet.append([_cell(value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def to_parquet(rows: Iterable[Row], codebook: Codebook) -> bytes:
    """A table whose columns have a type each, and their meaning and values as metadata.

    Raises:
        RatingError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise _missing("Parquet", "pyarrow") from None
    columns, flat = flat_table(rows)
    fields = [_field(pyarrow, name, codebook) for name in columns]
    values = [[row.get(name) for row in flat] for name in columns]
    arrays = [pyarrow.array(column, field.type) for column, field in zip(values, fields, strict=True)]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields)), out)
    return out.getvalue()


def _cell(value: object) -> object:
    return harmless(CONTROL.sub("\ufffd", value)) if isinstance(value, str) else value


def _field(pyarrow: ModuleType, name: str, codebook: Codebook) -> Any:
    meaning, values = codebook.get(name, ("", ""))
    return pyarrow.field(name, _kind(pyarrow, name), metadata={"meaning": meaning, "values": values})


def _kind(pyarrow: ModuleType, name: str) -> Any:
    if name in DECIMALS or name.startswith((WEIGHT, SCORE)):
        return pyarrow.float64()
    return pyarrow.int64() if name in NUMBERS else pyarrow.bool_() if name in TRUTHS else pyarrow.string()


def _missing(format: str, package: str) -> RatingError:
    return RatingError.of(
        f"{format}, for which {package} is not installed",
        "the extra “export”",
        "install it with pip install 'emorl[export]', or take CSV",
    )
