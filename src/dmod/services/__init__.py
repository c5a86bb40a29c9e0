"""One function per use case; no command line, no HTTP."""
