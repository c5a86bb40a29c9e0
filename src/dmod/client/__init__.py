"""The client of a server: `dmod.Client` and `dmod.AsyncClient`, for programs, notebooks, the command line."""
