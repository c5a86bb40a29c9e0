"""Where jobs are kept: one port, in memory and in a database."""
