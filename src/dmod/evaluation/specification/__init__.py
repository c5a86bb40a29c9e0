"""What an evaluation is asked for in: DMOD's specification as it is, and a short form for the common case."""
