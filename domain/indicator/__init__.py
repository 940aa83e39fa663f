"""The indicator catalogue and what is monitored each quarter."""
