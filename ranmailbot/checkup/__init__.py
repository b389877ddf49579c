"""The checkup: what `check` looks at, offline and online, and what it proves by mails of the mailbox to itself."""
