"""Set papers: ``python typesetter.py FORM FONTS`` reads their JSON and writes the number of pages, a line end, the PDF.

It runs by itself and knows nothing of Perennial. The PDF claims to be accessible (PDF/UA) as long as the font has all
letters; where it has not, fonts of this machine stand in, and nothing is claimed.
"""

import sys

import typst


def main(form: str, fonts: str) -> None:
    """Set what stands on standard input."""
    given = {"given": sys.stdin.buffer.read().decode()}
    own = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    compiler = typst.Compiler(form, font_paths=own, sys_inputs=given)
    try:
        made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError as problem:
        if "could not be displayed" not in str(problem):
            raise
        every = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[fonts])
        compiler = typst.Compiler(form, font_paths=every, sys_inputs=given)
        made = compiler.compile(format="pdf", timestamp=0)
    pages = compiler.query("<pages>", field="value", one=True)
    sys.stdout.buffer.write(f"{pages}\n".encode())
    sys.stdout.buffer.write(made if isinstance(made, bytes) else b"".join(made or []))


if __name__ == "__main__":
    main(*sys.argv[1:])
