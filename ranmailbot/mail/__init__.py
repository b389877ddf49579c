"""Mail as values: bytes in, letters out; drafts in, mails out. Nothing here touches a network, a disk or a clock."""
