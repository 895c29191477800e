"""Tables as Parquet: typed, compressed, and read by columns, beside those in CSV.

What stands in a row is what stands in the row of the CSV table, so both cannot disagree. A
parameter has a column with its text as written, and behind it `NAME.value` with its number, null
where it is none. Units are in the metadata of the columns, and the sweep is described in that of
the table, under `snakespice`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import IO, Any, get_type_hints

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from snakespice.base.quantity import parse_number
from snakespice.base.spreadsheet import HARMLESS
from snakespice.config.space import CORNER
from snakespice.record.record import Record

_GROUP_BYTES = 32 << 20  # of CSV text, which become a row group


def types_of_records(columns: Iterable[str]) -> dict[str, pa.DataType]:
    """Return the type of each column that a field of records makes: text, if it is nested."""
    hints = get_type_hints(Record)
    plain = {int: pa.int64(), float: pa.float64()}
    found = {}
    for name in columns:
        kinds = set(getattr(hints[name], "__args__", (hints[name],))) - {type(None)}
        found[name] = plain.get(kinds.pop(), pa.string()) if len(kinds) == 1 else pa.string()
    return found


class ParquetWriter:
    """Writes a table into an open file. A context manager.

    Behind `case_id` come the labels of a case, its corner and its draw, then the parameters, then
    the columns that have these `types`.
    """

    def __init__(
        self,
        file: IO[bytes],
        labels: Sequence[str],
        parameters: Sequence[str],
        types: Mapping[str, pa.DataType],
        units: Mapping[str, str],
        description: Mapping[str, Any],
    ) -> None:
        self._parameters = parameters
        self._read = {"case_id": pa.int64()}
        self._read |= {name: pa.string() if name == CORNER else pa.int64() for name in labels}
        self._read |= dict.fromkeys(parameters, pa.string())
        self._read |= types
        fields = []
        for name, kind in self._read.items():
            unit = units.get(name)
            fields.append(pa.field(name, kind, metadata={"unit": unit} if unit else None))
            if name in parameters:
                fields.append(pa.field(f"{name}.value", pa.float64()))
        self._schema = pa.schema(fields, metadata={"snakespice": json.dumps(description)})
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[str] = []
        self._size = 0

    def __enter__(self) -> ParquetWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _value: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def add(self, rows: str) -> None:
        """Add rows, given as CSV without their head."""
        self._waiting.append(rows)
        self._size += len(rows)
        if self._size > _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        text = "".join(self._waiting).encode("utf-8", "backslashreplace")
        self._waiting, self._size = [], 0
        if not text:
            return
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text),
            read_options=pyarrow.csv.ReadOptions(column_names=list(self._read)),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=self._read, null_values=[""], strings_can_be_null=True
            ),
        )
        columns = []
        for name in self._read:
            column = table[name]
            if column.type == pa.string():
                column = pc.replace_substring_regex(column, HARMLESS, r"\1")
            columns.append(column)
            if name in self._parameters:
                columns.append(_values(column))
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))


def _values(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the SPICE numbers that stand in texts, null where one is no number."""
    coded = texts.combine_chunks().dictionary_encode()
    numbers = pa.array([_number(text) for text in coded.dictionary.to_pylist()], pa.float64())
    return pa.chunked_array([numbers.take(coded.indices)])


def _number(text: str) -> float | None:
    try:
        return parse_number(text)
    except ValueError:
        return None
