"""The fidelity report: whole calendars go into the reference groupware and through a sync, and what Outlook's
calendarView then shows is held against an independent expander of the same files (`make fidelity`)."""
