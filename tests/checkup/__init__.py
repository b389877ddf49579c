"""The checkup: what it says of servers that do what they should not."""
