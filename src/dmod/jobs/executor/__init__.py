"""Where steps run: one port, and the processes of this machine."""
