"""The REST face of the services: FastAPI over `dmod.services`, wired by `dmod.app`."""
