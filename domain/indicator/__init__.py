"""The indicator catalogue and the monitoring of each quarter."""
