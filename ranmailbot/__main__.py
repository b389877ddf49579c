"""`python -m ranmailbot` is the command line."""

from ranmailbot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
