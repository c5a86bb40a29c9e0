"""Where the bytes of datasets lie: one port, in memory, in a folder, or in an object store."""
