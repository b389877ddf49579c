"""Heads of mail as Exchange Online and Gmail deliver it, top to bottom, with sample people, written for this project.

Names of servers are those the providers use; addresses are of reserved ranges.
"""

from __future__ import annotations

Head = tuple[tuple[str, str], ...]
AR, RECEIVED = "Authentication-Results", "Received"
OWN, MINISTRY = "ran.example", "ministry.example"

EXCHANGE_INSIDE: Head = (
    (
        RECEIVED,
        "from AS8PR05MB0001.eurprd05.prod.outlook.com (2001:db8:10a6::14)\r\n"
        " by AM0PR05MB0002.eurprd05.prod.outlook.com with HTTPS; Wed, 2 Mar 2022\r\n 08:17:59 +0000",
    ),
    (
        RECEIVED,
        "from DB6PR0501CA0006.eurprd05.prod.outlook.com (2001:db8:6:4d::18)\r\n"
        " by AS8PR05MB0001.eurprd05.prod.outlook.com (2001:db8:20b::14) with\r\n Microsoft SMTP Server (version=TLS1_2,\r\n"
        " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.5038.20; Wed, 2 Mar\r\n 2022 08:17:57 +0000",
    ),
    (
        RECEIVED,
        "from DB5EUR01FT029.eop-EUR01.prod.protection.outlook.com\r\n (2001:db8:6:4d:cafe::4c) by"
        " DB6PR0501CA0006.outlook.office365.com\r\n (2001:db8:6:4d::18) with Microsoft SMTP Server (version=TLS1_2,\r\n"
        " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.5038.21 via Frontend\r\n"
        " Transport; Wed, 2 Mar 2022 08:17:57 +0000",
    ),
)
EXCHANGE_STAMP = (
    "spf=pass (sender IP is 192.0.2.3)\r\n smtp.mailfrom=ministry.example; dkim=pass (signature was\r\n verified)"
    " header.d=ministry.example;dmarc=pass action=none\r\n header.from=ministry.example;compauth=pass reason=100"
)
EXCHANGE_OLDER_STAMP = (
    "spf=pass (sender IP is 192.0.2.3)\r\n smtp.mailfrom=ministry.example; ran.example; dkim=pass (signature was\r\n"
    " verified) header.d=ministry.example;ran.example; dmarc=pass\r\n action=none header.from=ministry.example;"
    "compauth=pass reason=100"
)
EXCHANGE_SPF = (
    "Received-SPF",
    "Pass (protection.outlook.com: domain of ministry.example designates\r\n 192.0.2.3 as permitted sender)"
    " receiver=protection.outlook.com;\r\n client-ip=192.0.2.3; helo=mail.ministry.example; pr=C",
)
EXCHANGE_BORDER = (
    RECEIVED,
    "from mail.ministry.example (192.0.2.3) by\r\n DB5EUR01FT029.mail.protection.outlook.com (10.152.0.195) with"
    " Microsoft SMTP\r\n Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.5038.21\r\n via Frontend"
    " Transport; Wed, 2 Mar 2022 08:17:56 +0000",
)
LETTER: Head = (
    (
        RECEIVED,
        "from desk ([198.51.100.7])\r\n\tby mail.ministry.example (Postfix) with ESMTPSA id 4K0;\r\n\tWed, 2 Mar 2022",
    ),
    ("From", "Anna Sample <anna@ministry.example>"),
    ("To", "call@ran.example"),
    ("Subject", "Application"),
    ("Date", "Wed, 2 Mar 2022 08:17:50 +0000"),
    ("Message-ID", "<one@ministry.example>"),
)
EXCHANGE_TAIL: Head = (
    ("X-MS-Exchange-Organization-MessageDirectionality", "Incoming"),
    ("X-MS-Exchange-Organization-AuthSource", "DB5EUR01FT029.eop-EUR01.prod.protection.outlook.com"),
    ("X-MS-Exchange-Organization-AuthAs", "Anonymous"),
)
INTERNAL_HOPS: Head = (
    EXCHANGE_INSIDE[0],
    (
        RECEIVED,
        "from AS8PR05MB0003.eurprd05.prod.outlook.com\r\n (2001:db8:20b::9) by AS8PR05MB0001.eurprd05.prod.outlook.com\r\n"
        " (2001:db8:20b::14) with Microsoft SMTP Server (version=TLS1_2,\r\n"
        " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.5038.20; Wed, 2 Mar\r\n 2022 08:17:57 +0000",
    ),
    (
        RECEIVED,
        "from AS8PR05MB0003.eurprd05.prod.outlook.com\r\n ([fe80::782f:9f72:c616:bec]) by"
        " AS8PR05MB0003.eurprd05.prod.outlook.com\r\n ([fe80::782f:9f72:c616:bec%7]) with mapi id 15.20.5038.029; Wed, 2"
        " Mar 2022\r\n 08:17:55 +0000",
    ),
)
INTERNAL_LETTER: Head = (
    ("From", "Ilse Maren <ilse@ran.example>"),
    ("To", "RAN PRISONS call <call@ran.example>"),
    ("Subject", "RE: Digest"),
    ("Date", "Wed, 2 Mar 2022 08:17:54 +0000"),
    ("Message-ID", "<AS8PR05MB0003AA@AS8PR05MB0003.eurprd05.prod.outlook.com>"),
)
INTERNAL_STAMP = (
    AR,
    "dkim=none (message not signed)\r\n header.d=none;dmarc=none action=none header.from=ran.example;",
)
INTERNAL_MARKS: Head = (
    ("X-MS-Exchange-Organization-AuthAs", "Internal"),
    ("X-MS-Exchange-Organization-AuthMechanism", "04"),
    ("X-MS-Exchange-Organization-AuthSource", "AS8PR05MB0003.eurprd05.prod.outlook.com"),
)
EXCHANGE_OUTSIDE: Head = (
    *EXCHANGE_INSIDE,
    (AR, EXCHANGE_STAMP),
    EXCHANGE_SPF,
    EXCHANGE_BORDER,
    *LETTER,
    *EXCHANGE_TAIL,
)
EXCHANGE_INTERNAL: Head = (*INTERNAL_HOPS, *INTERNAL_LETTER, *INTERNAL_MARKS)

GOOGLE_RESULTS = (
    "mx.google.com;\r\n       dkim=pass header.i=@ministry.example header.s=2020 header.b=Klr4Ac/d;\r\n"
    "       spf=pass (google.com: domain of anna@ministry.example designates 192.0.2.3 as permitted sender)"
    " smtp.mailfrom=anna@ministry.example;\r\n       dmarc=pass (p=REJECT sp=QUARANTINE dis=NONE) header.from=ministry.example"
)
GOOGLE_FORGED = "mx.google.com; dmarc=pass (p=NONE) header.from=ministry.example"
GOOGLE_ABOVE: Head = (
    ("Delivered-To", "call@ran.example"),
    (
        RECEIVED,
        "by 2002:a05:7022:6188:b0:40 with SMTP id q8csp123456dlp;\r\n        Wed, 2 Mar 2022 00:18:06 -0800 (PST)",
    ),
    ("X-Received", "by 2002:a17:906:4fc7:: with SMTP id i7mr1;\r\n        Wed, 02 Mar 2022 00:18:05 -0800 (PST)"),
    ("ARC-Seal", "i=1; a=rsa-sha256; t=1646209085; cv=none;\r\n        d=google.com; s=arc-20160816; b=wn4v=="),
    ("ARC-Message-Signature", "i=1; a=rsa-sha256; c=relaxed/relaxed; d=google.com; s=arc; h=from; bh=mxCm=; b=wn4v=="),
)
GOOGLE_COPY = ("ARC-Authentication-Results", "i=1; " + GOOGLE_RESULTS)
GOOGLE_BORDER: Head = (
    ("Return-Path", "<anna@ministry.example>"),
    (
        RECEIVED,
        "from mail.ministry.example (mail.ministry.example. [192.0.2.3])\r\n        by mx.google.com with ESMTPS id"
        " f4-20020ac87f04000000b00421c3b9dbe9si8276300qtk.208.2022.03.02\r\n        for <call@ran.example>\r\n"
        "        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n"
        "        Wed, 02 Mar 2022 00:18:05 -0800 (PST)",
    ),
)
GOOGLE_SPF = (
    "Received-SPF",
    "pass (google.com: domain of anna@ministry.example designates 192.0.2.3 as permitted sender) client-ip=192.0.2.3;",
)
GOOGLE_DELIVERED: Head = (*GOOGLE_ABOVE, GOOGLE_COPY, *GOOGLE_BORDER, GOOGLE_SPF, (AR, GOOGLE_RESULTS), *LETTER)


def unfolded(head: Head) -> Head:
    """The fields as the letter's decoder hands them on."""
    return tuple((name, value.replace("\r\n", "")) for name, value in head)


def without(head: Head, name: str) -> Head:
    """The head without fields of this name."""
    return tuple(field for field in head if field[0].lower() != name.lower())


def changed(head: Head, old: str, new: str) -> Head:
    """The head with one text in all its values replaced; it must be there."""
    after = tuple((name, value.replace(old, new)) for name, value in head)
    assert after != head
    return after
