"""Hostile documents: zips that lie or burst, XML that grows, Word and OpenDocument texts of both."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from tests.attacks.hostile.build import Makers, attached
from tests.mail.documents import ODF, W, docx, laughs, odt, paragraph, zip_bomb, zipped

_DOCX = "word/document.xml"
_LOCAL, _ENTRY, _END = 0x04034B50, 0x02014B50, 0x06054B50


def _word(xml: str) -> bytes:
    return attached("a.docx", zipped({_DOCX: xml}))


def _body(xml: str) -> bytes:
    return attached("a.docx", docx(xml))


def _text(xml: str) -> bytes:
    return attached("a.odt", odt(xml))


def _file(data: bytes, name: str = "a.docx") -> bytes:
    return attached(name, data)


def _zip(members: list[tuple[bytes, bytes, int, int]]) -> bytes:
    """A zip by hand: for each member its name, its packed bytes, the size it claims, and how it claims to be packed."""
    out, directory = b"", b""
    for name, packed, size, how in members:
        facts = struct.pack("<HHHHHIIIH", 20, 0, how, 0, 0, 0, len(packed), size, len(name))
        directory += struct.pack("<IH", _ENTRY, 20) + facts + struct.pack("<HHHHII", 0, 0, 0, 0, 0, len(out)) + name
        out += struct.pack("<I", _LOCAL) + facts + struct.pack("<H", 0) + name + packed
    count = len(members) & 0xFFFF
    return out + directory + struct.pack("<IHHHHIIH", _END, 0, 0, count, count, len(directory), len(out), 0)


def _packed(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(data) + squeeze.flush()


def _overlapping(files: int) -> bytes:
    """Many entries of the directory that share one kernel (Fifield, A better zip bomb, 2019)."""
    kernel = _packed(b"a" * 15_000_000)
    name = _DOCX.encode()
    facts = struct.pack("<HHHHHIIIH", 20, 0, 8, 0, 0, 0, len(kernel), 15_000_000, len(name))
    local = struct.pack("<I", _LOCAL) + facts + struct.pack("<H", 0) + name + kernel
    entry = struct.pack("<IH", _ENTRY, 20) + facts + struct.pack("<HHHHII", 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<IHHHHIIH", _END, 0, 0, files, files, len(entry) * files, len(local), 0)
    return local + entry * files + end


def _lying(size: int) -> bytes:
    return _zip([(_DOCX.encode(), _packed(b"<a>" + b"x" * 30_000_000), size, 8)])


def _changed(old: bytes, new: bytes) -> bytes:
    return docx(paragraph("1. words")).replace(old, new)


def _nested_zips() -> bytes:
    inner = zip_bomb()
    for _ in range(20):
        inner = zipped({"word/document.xml": inner, "a.zip": inner})
    return inner


def _beside_others() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(990):
            archive.writestr(f"word/header{number}.xml", "x" * 99_000)
        archive.writestr(_DOCX, "<a/>")
    return out.getvalue()


def _many_parts() -> bytes:
    """As many headers as are allowed, each as large as is allowed for its ratio."""
    text = "<w:p>" + "".join(f"<w:r><w:t>word {n} </w:t></w:r>" for n in range(20_000)) + "</w:p>"
    return docx(paragraph("x"), **{f"header{n}": text for n in range(40)})


def _quadratic() -> str:
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "{"x" * 50_000}">]><d>' + "&a;" * 50_000 + "</d>"


_XML = f"<w:document {W}>"

MAILS: Makers = {
    "a Word document that unpacks to 19 MB": lambda: _file(zip_bomb()),
    "a Word document of laughs": lambda: _file(laughs()),
    "laughs that grow quadratically": lambda: _word(_quadratic()),
    "an entity from outside": lambda: _word('<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>'),
    "an entity from the network": lambda: _word('<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd"><d/>'),
    "parameter entities": lambda: _word('<!DOCTYPE d [<!ENTITY % a "<!ENTITY b \'c\'>">%a;]><d>&b;</d>'),
    "an entity nobody declared": lambda: _word("<d>&nobody;</d>"),
    "a million nested elements": lambda: _word("<a>" * 1_000_000),
    "elements nested as deep as is read": lambda: _word(_XML + "<w:p>" * 990 + "x" * 50_000 + "</w:p>" * 990),
    "paragraphs that are never closed": lambda: _word(_XML + "<w:p><w:r><w:t>x" * 300),
    "an attribute of 10 MB": lambda: _word(f'<a b="{"x" * 99_000}"/>'),
    "100,000 attributes": lambda: _word("<a " + " ".join(f'b{n}="1"' for n in range(100_000)) + "/>"),
    "100,000 namespaces": lambda: _word("<a " + " ".join(f'xmlns:b{n}="c"' for n in range(100_000)) + "/>"),
    "attributes whose hashes might collide": lambda: _word("<a " + " ".join(f'k{n:x}k="1"' for n in range(50_000)) + "/>"),
    "a name of 1 MB": lambda: _word("<" + "a" * 90_000 + "/>"),
    "a million comments": lambda: _word("<a>" + "<!-- -->" * 200_000 + "</a>"),
    "a million processing instructions": lambda: _word("<a>" + "<?a b?>" * 200_000 + "</a>"),
    "character data without an end": lambda: _word("<a><![CDATA[" + "x" * 99_000),
    "XML in UTF-16": lambda: _file(zipped({_DOCX: (_XML + paragraph("1. words") + "</w:document>").encode("utf-16")})),
    "XML that says UTF-7": lambda: _word('<?xml version="1.0" encoding="utf-7"?><a>+ADw-</a>'),
    "XML in an encoding of its own": lambda: _word('<?xml version="1.0" encoding="unicode_escape"?><a>\\ud800</a>'),
    "XML of noise": lambda: _file(zipped({_DOCX: bytes(range(256)) * 300})),
    "100,000 paragraphs": lambda: _body(paragraph("x") * 100_000),
    "100,000 numbered paragraphs": lambda: _body(paragraph("word", numbered=True) * 20_000),
    "900,000 line breaks": lambda: _body("<w:p><w:r>" + "<w:br/>" * 9_000 + "</w:r></w:p>" * 2),
    "4,000,000 line breaks": lambda: _file(_stored("<w:p><w:r>" + "<w:br/>" * 2_400_000 + "</w:r></w:p>")),
    "tables within tables": lambda: _body("<w:tbl><w:tr><w:tc>" * 330 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 330),
    "text boxes within text boxes": lambda: _body("<w:p><w:r><wps:txbx><w:txbxContent>" * 240),
    "40 headers of 20,000 words": lambda: _file(_many_parts()),
    "a numbering of 100,000 levels": lambda: attached(
        "a.docx",
        docx(paragraph("x", numbered=True), numbering='<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"/></w:abstractNum>' * 30_000),
    ),
    "990 parts": lambda: _file(_beside_others()),
    "5,000 parts": lambda: _file(zipped({f"a{n}": "" for n in range(5_000)})),
    "65,535 overlapping parts": lambda: _file(_overlapping(65_535)),
    "900 overlapping parts": lambda: _file(_overlapping(900)),
    "zips within zips": lambda: _file(_nested_zips()),
    "a zip whose directory says less": lambda: _file(_lying(10)),
    "a zip whose directory says much more": lambda: _file(_lying(0xFFFFFFFE)),
    "a zip whose directory says zip64": lambda: _file(_lying(0xFFFFFFFF)),
    "a zip that says it is encrypted": lambda: _file(_changed(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")),
    "a zip packed by LZMA": lambda: _file(zipped({_DOCX: "x" * 9_000_000}, zipfile.ZIP_LZMA)),
    "a zip packed by bzip2": lambda: _file(zipped({_DOCX: "x" * 9_000_000}, zipfile.ZIP_BZIP2)),
    "a zip packed in an unknown way": lambda: _file(_zip([(_DOCX.encode(), b"x" * 99, 99, 77)])),
    "a zip whose data are noise": lambda: _file(_zip([(_DOCX.encode(), bytes(range(256)) * 9, 9_000, 8)])),
    "a zip whose two heads differ": lambda: _file(docx(paragraph("x")).replace(b"document", b"dokument", 1)),
    "a zip with a path upwards": lambda: _file(zipped({"../../../../tmp/x": "x", _DOCX: _XML + "</w:document>"})),
    "a zip with two documents of one name": lambda: _file(_zip([(_DOCX.encode(), _packed(b"<a/>"), 4, 8)] * 2)),
    "a zip with 64 KB of comment": lambda: _file(docx(paragraph("x"))[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16_383),
    "a zip cut in the middle": lambda: _file(docx(paragraph("x" * 9_000))[:700]),
    "a zip of nothing but ends": lambda: _file(b"PK\x05\x06" * 200_000),
    "a zip of nothing but entries": lambda: _file(b"PK\x01\x02" * 900 + docx(paragraph("x"))),
    "a zip whose directory lies before the file": lambda: _file(docx(paragraph("x"))[:-6] + b"\xff\xff\xff\xff\0\0"),
    "zip64 that points nowhere": lambda: _file(docx(paragraph("x"))[:-22] + b"PK\x06\x07" + b"\xff" * 16 + b"PK\x05\x06" + b"\xff" * 18),
    "a document that is no zip": lambda: _file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100_000),
    "an OpenDocument text of a billion spaces": lambda: _text('<text:p><text:s text:c="1000000000"/></text:p>' * 900),
    "OpenDocument spaces of 10**4000": lambda: _text(f'<text:p><text:s text:c="{"9" * 4_000}"/></text:p>'),
    "OpenDocument spaces of 10**6000": lambda: _text(f'<text:p><text:s text:c="{"9" * 6_000}"/></text:p>'),
    "OpenDocument spaces of odd digits": lambda: _text('<text:p><text:s text:c="²"/><text:s text:c="٣"/></text:p>'),
    "OpenDocument lists within lists": lambda: _text("<text:list><text:list-item>" * 490 + "<text:p>x</text:p>"),
    "OpenDocument fields": lambda: _text(f'<form:textarea form:current-value="{"x" * 9_000}"/>' * 10),
    "OpenDocument tables": lambda: _text('<table:table-cell table:number-columns-repeated="99999999"><text:p>x</text:p></table:table-cell>'),
    "an OpenDocument text of laughs": lambda: attached("a.odt", zipped({"content.xml": f'<!DOCTYPE a [<!ENTITY b "c">]><a {ODF}>&b;</a>'})),
    "an OpenDocument text with styles of 19 MB": lambda: attached("a.odt", zipped({"content.xml": "<a/>", "styles.xml": "<p>" + "x" * 17_000_000 + "</p>"}, 0)),
}  # fmt: skip


def _stored(xml: str) -> bytes:
    """A Word document that is not packed at all: no ratio gives it away."""
    return zipped({_DOCX: f"{_XML}<w:body>{xml}</w:body></w:document>"}, zipfile.ZIP_STORED)
