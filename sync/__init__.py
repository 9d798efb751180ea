"""Keeps a groupware's schedules and Outlook calendars the same."""

__version__ = "0.1.0"
