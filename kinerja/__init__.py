"""The running service: settings, database, HTTP, jobs, command line."""
