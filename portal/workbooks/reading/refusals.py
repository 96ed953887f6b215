"""Why a workbook is not read. The codes are stable: `messages` says each of them in two languages."""

from enum import StrEnum


class Code(StrEnum):
    """One reason to refuse a whole file."""

    # Not a workbook of this format
    EMPTY_FILE = "empty_file"
    LEGACY_XLS = "legacy_xls"
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105
    NOT_A_WORKBOOK = "not_a_workbook"
    BINARY_WORKBOOK = "binary_workbook"
    OPEN_DOCUMENT = "open_document"
    DAMAGED = "damaged"
    # The zip file
    TOO_LARGE = "too_large"
    TOO_LARGE_UNPACKED = "too_large_unpacked"
    TOO_MANY_MEMBERS = "too_many_members"
    DUPLICATE_MEMBER = "duplicate_member"
    BAD_MEMBER_NAME = "bad_member_name"
    ENCRYPTED_MEMBER = "encrypted_member"
    INCONSISTENT_ZIP = "inconsistent_zip"
    # The XML
    DOCUMENT_TYPE = "document_type"
    XML_ENCODING = "xml_encoding"
    UNUSUAL_XML = "unusual_xml"
    # What the workbook carries
    MACROS = "macros"
    EXTERNAL_LINK = "external_link"
    EMBEDDED_OBJECT = "embedded_object"
    ACTIVE_CONTROL = "active_control"
    DATA_CONNECTION = "data_connection"
    PIVOT_TABLE = "pivot_table"
    UNUSUAL_SHEET = "unusual_sheet"
    # Sheets, rows, columns
    EMPTY_WORKBOOK = "empty_workbook"
    SECOND_SHEET = "second_sheet"
    HIDDEN_SHEET = "hidden_sheet"
    HIDDEN_ROW = "hidden_row"
    HIDDEN_COLUMN = "hidden_column"
    MERGED_CELLS = "merged_cells"
    NO_ROWS = "no_rows"
    NO_HEADER_ABOVE = "no_header_above"
    DUPLICATE_HEADER = "duplicate_header"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    FAR_AWAY_CELL = "far_away_cell"
    ABSURD_POSITION = "absurd_position"
    ABSURD_COUNT = "absurd_count"
    ROW_TWICE = "row_twice"
    ROWS_OUT_OF_ORDER = "rows_out_of_order"
    CELL_TWICE = "cell_twice"
    CELLS_OUT_OF_ORDER = "cells_out_of_order"
    CELL_IN_WRONG_ROW = "cell_in_wrong_row"
    # Cells
    FORMULA = "formula"
    ARRAY_FORMULA = "array_formula"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    ERROR_VALUE = "error_value"
    ESCAPED_TEXT = "escaped_text"
    CONTROL_CHARACTER = "control_character"
    RICH_INLINE_TEXT = "rich_inline_text"
    CELL_TOO_LONG = "cell_too_long"
    BAD_VALUE = "bad_value"
    BAD_DATE = "bad_date"
    # The reading itself
    READER_DIED = "reader_died"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOOK_TOO_LONG = "took_too_long"


class Refusal(Exception):
    """The file is refused: `code`, the place as far as it is known, and a detail.

    The detail may quote a cell, so it can be shown to the person who sent the file, and is not for the log.
    """

    def __init__(
        self,
        code: Code,
        *,
        sheet: str = "",
        row: int | None = None,
        column: str = "",
        member: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.sheet = sheet
        self.row = row
        self.column = column  # letters, as Excel shows them
        self.member = member  # the part of the zip file
        self.detail = detail

    def __str__(self) -> str:
        place = "".join(f" {name}={value}" for name, value in self.place().items())
        return f"{self.code}{place}" + (f" ({self.detail})" if self.detail else "")

    def place(self) -> dict[str, str | int]:
        """Return where it is: those of sheet, row, column and member that are known."""
        known = {"sheet": self.sheet, "row": self.row, "column": self.column, "member": self.member}
        return {name: value for name, value in known.items() if value}
