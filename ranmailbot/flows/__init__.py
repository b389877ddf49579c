"""The straight lines through the house: receive a letter, announce a milestone, decide by command, submit the outbox.

Each is a synchronous, idempotent step: one cause, one outcome, one transaction.
"""
