"""What is wrong with a refused workbook, or with one cell of it, and what to do about it, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.workbooks.normalise import CellFault

from .refusals import Code, Refusal

_SAVE_AS = _("Open it in Excel or WPS and save it with “Save as” as .xlsx, then send that file.")
_PROGRAM = _(
    "The file was damaged or made by an unusual program. Open it in Excel or WPS, save it as .xlsx and send that file."
)
_TEMPLATE = _("Copy the rows into a fresh template and send that.")
_VALUES = _(
    "Copy the column and paste it in the same place as values only, then save and send the file again."
)
_SMALLER = _("Delete what does not belong to the list, or split it into several files.")

# code → what is wrong, what to do
MESSAGES: dict[Code, tuple[str | Promise, str | Promise]] = {
    Code.EMPTY_FILE: (
        _("The file is empty."),
        _("Choose the file again; it may not have been saved or copied completely."),
    ),
    Code.LEGACY_XLS: (_("The file is in the old .xls format."), _SAVE_AS),
    Code.PASSWORD_PROTECTED: (
        _("The file is protected by a password."),
        _("Remove the password in Excel or WPS, save the file and send it again."),
    ),
    Code.NOT_A_WORKBOOK: (_("The file is not an Excel workbook, whatever its name says."), _SAVE_AS),
    Code.BINARY_WORKBOOK: (_("The file is in the binary .xlsb format."), _SAVE_AS),
    Code.OPEN_DOCUMENT: (_("The file is in the .ods format."), _SAVE_AS),
    Code.DAMAGED: (_("The file is damaged."), _PROGRAM),
    Code.TOO_LARGE: (_("The file is too large."), _SMALLER),
    Code.TOO_LARGE_UNPACKED: (_("The contents of the file are too large."), _SMALLER),
    Code.TOO_MANY_MEMBERS: (_("The file consists of too many parts."), _TEMPLATE),
    Code.DUPLICATE_MEMBER: (_("A part of the file is there twice."), _PROGRAM),
    Code.BAD_MEMBER_NAME: (_("A part of the file has a name that is not allowed."), _PROGRAM),
    Code.ENCRYPTED_MEMBER: (
        _("A part of the file is encrypted."),
        _("Remove the password in Excel or WPS, save the file and send it again."),
    ),
    Code.INCONSISTENT_ZIP: (_("The file contradicts itself about what it contains."), _PROGRAM),
    Code.DOCUMENT_TYPE: (
        _("The file contains a document type definition, which no spreadsheet program writes."),
        _PROGRAM,
    ),
    Code.XML_ENCODING: (_("The text in the file is not encoded as UTF-8."), _PROGRAM),
    Code.UNUSUAL_XML: (_("The file is built in a way that programs read differently."), _PROGRAM),
    Code.MACROS: (_("The file contains macros."), _SAVE_AS),
    Code.EXTERNAL_LINK: (
        _("The file takes data from another file."),
        _("Break the links (Data › Edit links), save the file and send it again."),
    ),
    Code.EMBEDDED_OBJECT: (
        _("Another document is embedded in the file."),
        _("Delete the embedded object, or copy the rows into a fresh template."),
    ),
    Code.ACTIVE_CONTROL: (_("The file contains buttons or other controls."), _TEMPLATE),
    Code.DATA_CONNECTION: (_("The file is connected to a database or web page."), _TEMPLATE),
    Code.PIVOT_TABLE: (_("The file contains a pivot table."), _TEMPLATE),
    Code.UNUSUAL_SHEET: (
        _("The file contains a sheet that is not a worksheet."),
        _("Delete every sheet but the list."),
    ),
    Code.EMPTY_WORKBOOK: (_("There is nothing in the workbook."), _("Fill in the template and send it.")),
    Code.SECOND_SHEET: (
        _("More than one worksheet has contents."),
        _("Leave the list in one worksheet and delete the others."),
    ),
    Code.HIDDEN_SHEET: (
        _("A hidden worksheet has contents."),
        _("Unhide the worksheet and delete it, or copy the rows into a fresh template."),
    ),
    Code.HIDDEN_ROW: (
        _("A row with contents is hidden."),
        _("Clear the filter and unhide all rows; delete the rows that do not belong to the list."),
    ),
    Code.HIDDEN_COLUMN: (
        _("A column with contents is hidden."),
        _("Unhide all columns; delete those that do not belong to the list."),
    ),
    Code.MERGED_CELLS: (_("Cells are merged."), _("Unmerge them and write the value into each row.")),
    Code.NO_ROWS: (_("There are no rows below the header."), _("Fill in the rows below the header.")),
    Code.NO_HEADER_ABOVE: (
        _("A cell is filled in a column that has no header."),
        _("Delete the cell, or give the column the header of the template."),
    ),
    Code.DUPLICATE_HEADER: (_("Two columns have the same header."), _("Delete one of the two columns.")),
    Code.TOO_MANY_COLUMNS: (
        _("There are too many columns."),
        _("Delete the columns that the template does not have."),
    ),
    Code.TOO_MANY_ROWS: (_("There are too many rows."), _("Split the list into several files.")),
    Code.FAR_AWAY_CELL: (
        _("A cell is filled far below the list."),
        _("Delete the rows below the list, then save and send the file again."),
    ),
    Code.ABSURD_POSITION: (_("A cell stands where no worksheet has one."), _PROGRAM),
    Code.ABSURD_COUNT: (_("The file promises more texts than it holds."), _PROGRAM),
    Code.ROW_TWICE: (_("A row is there twice under the same number."), _PROGRAM),
    Code.ROWS_OUT_OF_ORDER: (_("The rows are not in order inside the file."), _PROGRAM),
    Code.CELL_TWICE: (_("A cell is there twice with two values."), _PROGRAM),
    Code.CELLS_OUT_OF_ORDER: (_("The cells of a row are not in order inside the file."), _PROGRAM),
    Code.CELL_IN_WRONG_ROW: (_("A cell says that it belongs to another row."), _PROGRAM),
    Code.FORMULA: (_("A cell holds a formula instead of a value."), _VALUES),
    Code.ARRAY_FORMULA: (_("Cells hold an array formula instead of values."), _VALUES),
    Code.FORMULA_WITHOUT_VALUE: (_("A cell holds a formula that was never calculated."), _VALUES),
    Code.ERROR_VALUE: (
        _("A cell shows an error such as #N/A."),
        _("Write the right value into the cell or empty it."),
    ),
    Code.ESCAPED_TEXT: (
        _("A cell contains a character code such as _x000D_, which programs read differently."),
        _("Type the text of the cell again."),
    ),
    Code.CONTROL_CHARACTER: (
        _("A cell contains an invisible control character."),
        _("Type the text of the cell again."),
    ),
    Code.RICH_INLINE_TEXT: (
        _("A cell contains formatted text in a form that programs read differently."),
        _PROGRAM,
    ),
    Code.CELL_TOO_LONG: (_("A cell holds more text than a cell can."), _("Shorten the text.")),
    Code.BAD_VALUE: (_("A cell holds a value that cannot be read."), _("Type the value of the cell again.")),
    Code.BAD_DATE: (
        _("A cell holds a date that is not in the calendar."),
        _("Type the date again, for example 2020-06-30."),
    ),
    Code.READER_DIED: (_("The file could not be read: it brought the reading program down."), _PROGRAM),
    Code.TOO_MUCH_MEMORY: (_("Reading the file takes too much memory."), _SMALLER),
    Code.TOOK_TOO_LONG: (_("Reading the file takes too long."), _SMALLER),
}

CELL_MESSAGES: dict[CellFault, tuple[str | Promise, str | Promise]] = {
    CellFault.DIGITS_LOST: (
        _("The number has lost its last digits: a number cell keeps fifteen."),
        _("Format the column as text, then type the number again."),
    ),
    CellFault.NOT_TEXT: (
        _("The cell holds a date or time."),
        _("Format the column as text, then type the content again."),
    ),
    CellFault.NOT_A_DATE: (_("This is not a full date."), _("Write the date as 2020-06-30.")),
    CellFault.NOT_A_NUMBER: (_("This is not a number."), _("Write digits only, for example 1234.50.")),
    CellFault.UNKNOWN_CHOICE: (
        _("This value is not one of the list."),
        _("Choose one of the values that the template offers."),
    ),
    CellFault.BAD_IDENTIFIER: (
        _("This contains characters that such a number cannot have."),
        _("Write letters, digits and . _ - @ + / ( ) only."),
    ),
    CellFault.CONTROL_CHARACTER: (
        _("A cell contains an invisible control character."),
        _("Type the text of the cell again."),
    ),
    CellFault.TOO_LONG: (_("The text is too long."), _("Shorten the text.")),
}


def problem(refusal: Refusal) -> str:
    """Return what is wrong, in the language that is active."""
    return str(MESSAGES[refusal.code][0])


def remedy(refusal: Refusal) -> str:
    """Return what to do about it, in the language that is active."""
    return str(MESSAGES[refusal.code][1])


def place(refusal: Refusal) -> str:
    """Return where it is, as a person would say it; empty if it concerns the whole file."""
    parts: list[str] = []
    if refusal.sheet:
        parts.append(gettext("worksheet “%(sheet)s”") % {"sheet": refusal.sheet})
    if refusal.row and refusal.column:
        parts.append(gettext("cell %(cell)s") % {"cell": f"{refusal.column}{refusal.row}"})
    elif refusal.row:
        parts.append(gettext("row %(row)s") % {"row": refusal.row})
    if refusal.member and not parts:
        parts.append(gettext("part %(member)s of the file") % {"member": refusal.member})
    return " · ".join(parts)


def sentence(refusal: Refusal) -> str:
    """Return place, problem and remedy as one text for a page or a command."""
    where = place(refusal)
    text = f"{problem(refusal)} {remedy(refusal)}"
    return gettext("%(place)s: %(text)s") % {"place": where, "text": text} if where else text
