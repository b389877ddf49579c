"""Attachments made by hand: documents, forms and wrappings as mail programs write them, and what attackers send."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from asn1crypto import cms

W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("form", "form"),
    )
)


def zipped(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(text: str, numbered: bool = False) -> str:
    number = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>' if numbered else ""
    return f"<w:p>{number}{run(text)}</w:p>"


def docx(body: str, **others: str) -> bytes:
    """A Word document with this body; `others` are parts such as `footnotes`, each a row of paragraphs."""
    parts = {"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>"}
    parts |= {f"word/{name}.xml": f"<w:{name} {W}>{content}</w:{name}>" for name, content in others.items()}
    return zipped({"[Content_Types].xml": "<Types/>", **parts})


def docx_of(lines: Iterable[str]) -> bytes:
    return docx("".join(map(paragraph, lines)))


def odt(body: str) -> bytes:
    content = f"<office:document-content {ODF}><office:body><office:text>{body}</office:text></office:body>"
    return zipped(
        {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content + "</office:document-content>"}
    )


def odt_of(lines: Iterable[str]) -> bytes:
    return odt("".join(f"<text:p>{escape(line)}</text:p>" for line in lines))


def pdf(pages: Iterable[Iterable[str]], fields: Mapping[str, str] | None = None) -> bytes:
    """A PDF with these lines on its pages and these values in its form fields."""
    objects: list[str] = ["", ""]
    kids: list[int] = []
    for lines in pages:
        text = " T* ".join(f"({line.replace('(', '[').replace(')', ']')}) Tj" for line in lines)
        stream = f"BT /F1 10 Tf 14 TL 40 800 Td {text} ET"
        objects.append(f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream")
        font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 842]/Contents {len(objects)} 0 R"
            f"/Resources<</Font<</F1 {font}>>>>>>"
        )
        kids.append(len(objects))
    numbers = []
    for name, value in (fields or {}).items():
        objects.append(f"<</Type/Annot/Subtype/Widget/FT/Tx/T({name})/V({value})/Rect[0 0 9 9]>>")
        numbers.append(f"{len(objects)} 0 R")
    objects[0] = f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{' '.join(numbers)}]>>>>"
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>"
    return _pdf_file(objects)


def _pdf_file(objects: list[str]) -> bytes:
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    head = f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    return out + f"{head}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF".encode()


def signed(entity: bytes) -> bytes:
    """A CMS SignedData around a MIME entity, without any signature: nobody here verifies one."""
    content = {
        "version": "v1",
        "digest_algorithms": [],
        "encap_content_info": {"content_type": "data", "content": entity},
        "signer_infos": [],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump()


def wrapped(entity: bytes) -> bytes:
    """The same as a MIME entity of its own."""
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(signed(entity))


def enveloped() -> bytes:
    content = {
        "version": "v0",
        "recipient_infos": [],
        "encrypted_content_info": {
            "content_type": "data",
            "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": b"0" * 16},
            "encrypted_content": b"secret",
        },
    }
    return cms.ContentInfo({"content_type": "enveloped_data", "content": cms.EnvelopedData(content)}).dump()


def tnef(body: str = "", files: Mapping[str, bytes] | None = None) -> bytes:
    """A winmail.dat with a plain body and attachments ([MS-OXTNEF])."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += _attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    out += _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    if body:
        out += _attribute(1, 0x0002800C, body.encode("cp1252") + b"\0")
    for name, content in (files or {}).items():
        out += _attribute(2, 0x00069002, b"\1\0" + b"\xff" * 4 + b"\0" * 8)
        out += _attribute(2, 0x00018010, name.encode() + b"\0")
        out += _attribute(2, 0x0006800F, content)
    return out


def _attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def part(name: str, content: bytes, kind: str = "application/octet-stream") -> str:
    """An attachment as it stands in a multipart."""
    return (
        f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
        f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(content).decode()}"
    )


def mail(text: str, *parts: str) -> bytes:
    """A mail of Anna's with this text and these parts."""
    head = "From: Anna Ozola <anna@prison.example>\nSubject: Re: call\nMessage-ID: <1@prison.example>\n"
    bodies = "".join(f"--b\n{one}\n" for one in (f"Content-Type: text/plain; charset=utf-8\n\n{text}", *parts))
    return f"{head}Content-Type: multipart/mixed; boundary=b\n\n{bodies}--b--\n".encode()


def zip_bomb() -> bytes:
    """A Word document of a few kilobytes that unpacks to 19 million."""
    return docx(paragraph("x" * 19_000_000))


def laughs() -> bytes:
    """A Word document whose entities would grow without end."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{entities}]><d><t>&l9;</t></d>'
    return zipped({"word/document.xml": text})
