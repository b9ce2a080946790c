"""Evidence that proves itself: sealed folders, the chained event log, and what verifies both."""
