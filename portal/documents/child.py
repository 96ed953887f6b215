"""The process that typesets: Typst keeps what it compiled until its process ends, so each document gets one of its own.

Reads a JSON object from standard input, writes the PDF to standard output. Imports no Django.
"""

import json
import sys

import typst


def main() -> None:
    order = json.load(sys.stdin)
    pdf = typst.compile(
        order["template"],
        root=order["root"],
        font_paths=order["fonts"],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": order["data"]},
        pdf_standards=["a-2b"],
    )
    sys.stdout.buffer.write(bytes(pdf))


if __name__ == "__main__":
    main()
