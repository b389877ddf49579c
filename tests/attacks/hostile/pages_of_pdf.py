"""Hostile PDFs: objects in circles, filters in chains, trees without end, streams that burst."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from tests.attacks.hostile.build import Makers, attached
from tests.mail.documents import pdf

_FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
_PAGES = "<</Type/Pages/Count 1/Kids[3 0 R]>>"


def _pdf(objects: Sequence[str | bytes], trailer: str = "/Root 1 0 R") -> bytes:
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (
            number,
            content if isinstance(content, bytes) else content.encode("latin-1"),
        )
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        out
        + f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}{trailer}>>\nstartxref\n{len(out)}\n%%EOF".encode()
    )


def _stream(data: bytes, facts: str = "") -> bytes:
    return f"<</Length {len(data)}{facts}>>\nstream\n".encode() + data + b"\nendstream"


def _page(content: bytes, facts: str = "", resources: str = "", *more: str | bytes) -> bytes:
    """A mail with a PDF of one page with this content; further objects begin at 5."""
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 {_FONT}>>{resources}>>>>"
    return _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, page, _stream(content, facts), *more]))


def _mail(data: bytes) -> bytes:
    return attached("a.pdf", data, "application/pdf")


def _packed(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return _page(data, f"/Filter[{'/FlateDecode' * times}]")


def _tree(levels: int) -> bytes:
    inner = [f"<</Type/Pages/Count 1/Kids[{n + 1} 0 R]>>" for n in range(2, levels)]
    return _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", *inner, "<</Type/Page>>"]))


def _many_pages(count: int) -> bytes:
    kids = "3 0 R " * count
    return _mail(
        _pdf(
            [
                "<</Type/Catalog/Pages 2 0 R>>",
                f"<</Type/Pages/Count {count}/Kids[{kids}]>>",
                "<</Type/Page/Parent 2 0 R>>",
            ]
        )
    )


def _doubling() -> bytes:
    """Twenty forms, each of which draws the next one twice."""
    forms = [
        _stream(b"/X Do /X Do" if n < 20 else b"BT (x) Tj ET", f"/Subtype/Form/Resources<</XObject<</X {6 + n} 0 R>>>>")
        for n in range(21)
    ]
    return _page(b"/X Do", "", "/XObject<</X 5 0 R>>", *forms)


def _doubling_pages() -> bytes:
    inner = [f"<</Type/Pages/Count 1/Kids[{n + 1} 0 R {n + 1} 0 R]>>" for n in range(2, 32)]
    return _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", *inner, "<</Type/Page>>"]))


def _fields(fields: str, *more: str) -> bytes:
    return _mail(
        _pdf(
            [
                f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]>>>>",
                _PAGES,
                "<</Type/Page/Parent 2 0 R>>",
                *more,
            ]
        )
    )


def _map(text: str) -> bytes:
    font = "/Font<</F1<</Type/Font/Subtype/Type0/BaseFont/X/ToUnicode 5 0 R>>>>"
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<<{font}>>>>"
    content = _stream(b"BT /F1 9 Tf <0001> Tj ET")
    return _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, page, content, _stream(text.encode())]))


_TEXT = b"BT /F1 9 Tf "
_HUGE = (
    "1 begincodespacerange <0000> <ffffffff> endcodespacerange 1 beginbfrange <00000000> <ffffffff> <0000> endbfrange"
)

MAILS: Makers = {
    f"PDF: {name}": maker
    for name, maker in {
        "a stream that unpacks to 200 MB": lambda: _packed(b"(x) Tj " * 28_000_000),
        "a stream packed 4 times": lambda: _packed(b" " * 100_000_000, 4),
        "a chain of 10,000 filters": lambda: _page(b"x", f"/Filter[{'/ASCIIHexDecode' * 10_000}]"),
        "a chain of run lengths": lambda: _page(b"\x81x" * 100_000, "/Filter[/RunLengthDecode/RunLengthDecode]"),
        "an LZW stream of noise": lambda: _page(bytes(range(256)) * 2_000, "/Filter/LZWDecode"),
        "an LZW stream that grows": lambda: _page(b"\x80\x0b\x60\x50\x22\x0c" * 100_000, "/Filter/LZWDecode"),
        "a predictor of a billion columns": lambda: _page(zlib.compress(b"x" * 9_999), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1000000000>>"),
        "a JBIG2 stream": lambda: _page(b"\0" * 9_999, "/Filter/JBIG2Decode"),
        "a CCITT stream": lambda: _page(b"\0" * 9_999, "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 1000000000/Rows 1000000000>>"),
        "an unknown filter": lambda: _page(b"x", "/Filter/Nobody"),
        "ASCII85 of noise": lambda: _page(bytes(range(256)) * 4_000, "/Filter/ASCII85Decode"),
        "a content that is itself": lambda: _page(b"x", "/Contents 4 0 R"),
        "a page that is its parent": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"])),
        "a tree of 900 levels": lambda: _tree(900),
        "a tree of 20,000 levels": lambda: _tree(20_000),
        "a tree that doubles 30 times": _doubling_pages,
        "40 pages that are one": lambda: _many_pages(40),
        "1,000,000 pages": lambda: _many_pages(1_000_000),
        "pages that claim to be a billion": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1000000000/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R>>"])),
        "pages that claim to be none": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count -1/Kids[]>>"])),
        "a form that draws itself": lambda: _page(b"/X Do", "", "/XObject<</X 5 0 R>>", _stream(b"/X Do", "/Subtype/Form/Resources<</XObject<</X 5 0 R>>>>")),
        "forms that double 20 times": _doubling,
        "an object that is itself": lambda: _mail(_pdf(["1 0 R"])),
        "a catalogue that is missing": lambda: _mail(_pdf(["<<>>"], "/Root 99 0 R")),
        "a trailer that is missing": lambda: _mail(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
        "a length that is itself": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, "<</Type/Page/Contents 4 0 R>>", "<</Length 4 0 R>>\nstream\nx\nendstream"])),
        "a length of a terabyte": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, "<</Type/Page/Contents 4 0 R>>", "<</Length 1000000000000>>\nstream\nx\nendstream"])),
        "a table that points at itself": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>"], "/Root 1 0 R/Prev 9")),
        "a table of a billion": lambda: _mail(b"%PDF-1.7\nxref\n0 1000000000\n0000000000 65535 f \ntrailer\n<</Size 1000000000/Root 1 0 R>>\nstartxref\n9\n%%EOF"),
        "starts without an end": lambda: _mail(b"%PDF-1.7\n" + b"startxref\n9\n%%EOF\n" * 100_000),
        "objects without an end": lambda: _mail(b"%PDF-1.7\n" + b"1 0 obj\n" * 300_000),
        "ends without objects": lambda: _mail(b"%PDF-1.7\n" + b"endobj\n" * 300_000),
        "dictionaries within dictionaries": lambda: _mail(_pdf(["<</A" * 50_000])),
        "arrays within arrays": lambda: _mail(_pdf(["[" * 200_000])),
        "strings within strings": lambda: _mail(_pdf(["(" * 200_000])),
        "a name of 1 MB": lambda: _mail(_pdf(["/" + "#41" * 300_000])),
        "a hex string of 1 MB": lambda: _mail(_pdf(["<" + "f" * 1_000_001 + ">"])),
        "a number of 100,000 digits": lambda: _mail(_pdf(["9" * 100_000])),
        "a million words": lambda: _page(_TEXT + b"(word) Tj " * 400_000 + b"ET"),
        "a million moves": lambda: _page(_TEXT + b"1 0 0 1 1 1 Tm (x) Tj T* " * 100_000 + b"ET"),
        "a million fonts": lambda: _page(b"BT " + b"/F1 9 Tf " * 200_000 + b"ET"),
        "a million saves": lambda: _page(b"q " * 500_000),
        "matrices that overflow": lambda: _page(_TEXT + b"99999999999999999999999 0 0 99999999999999999999 0 0 cm " * 20_000 + b"(x) Tj ET"),
        "text at no place": lambda: _page(_TEXT + b"nan inf 1e999 0 0 0 Tm (x) Tj ET"),
        "an array of kerning": lambda: _page(_TEXT + b"[" + b"(a)-999 " * 200_000 + b"] TJ ET"),
        "an inline image without an end": lambda: _page(b"BI /W 99999 /H 99999 ID " + b"x" * 500_000),
        "inline images": lambda: _page(b"BI ID x EI " * 50_000),
        "a map of all characters": lambda: _map(_HUGE),
        "maps of ranges": lambda: _map("1 beginbfrange <0000> <ffff> <0000> endbfrange " * 3_000),
        "a map of garbage": lambda: _map("beginbfchar " + "<zz> " * 20_000 + " endbfchar"),
        "fields within fields": lambda: _fields("4 0 R", "<</T(a)/Kids[4 0 R]>>"),
        "a chain of 20,000 fields": lambda: _fields("4 0 R", *(f"<</T(a)/Kids[{n + 5} 0 R]>>" for n in range(20_000))),
        "20,000 fields": lambda: _fields(" ".join(f"{n + 4} 0 R" for n in range(20_000)), *(f"<</FT/Tx/T(a{n})/V(words)>>" for n in range(20_000))),
        "fields of values of values": lambda: _fields("4 0 R", "<</FT/Tx/T(a)/V[4 0 R 4 0 R]>>"),
        "an encryption of nobody": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, "<</Type/Page>>", "<</Filter/Nobody/V 99>>"], "/Root 1 0 R/Encrypt 4 0 R")),
        "an encryption of noise": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, "<</Type/Page>>", f"<</Filter/Standard/V 5/R 6/Length 256/O<{'00' * 48}>/U<{'00' * 48}>/P -4>>"], f"/Root 1 0 R/Encrypt 4 0 R/ID[<{'00' * 16}><{'00' * 16}>]")),
        "an object stream in itself": lambda: _mail(_pdf(["<</Type/Catalog/Pages 2 0 R>>", _PAGES, _stream(b"3 0 ", "/Type/ObjStm/N 1000000000/First 4/Extends 3 0 R")])),
        "a document that is cut": lambda: _mail(pdf([["1. words"] * 50])[:-900]),
        "a document of noise": lambda: _mail(b"%PDF-1.7\n" + bytes(range(256)) * 4_000),
        "10 MB of white space": lambda: _mail(b"%PDF-1.7\n" + b" " * 9_900_000 + b"startxref\n9\n%%EOF"),
        "10 MB of line breaks": lambda: _mail(b"%PDF-1.7\n" + b"\n" * 9_900_000),
        "10 MB of percent signs": lambda: _mail(b"%PDF-1.7\n" + b"%" * 9_900_000),
    }.items()
}  # fmt: skip
