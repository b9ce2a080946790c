"""Where officers decide: cases made of events, claims, verdicts, users with rights, audit log, pages, REST API."""
