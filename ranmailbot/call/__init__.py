"""What people agreed on: the call, the applications, the calendar. No mail, no clock, no disk."""
