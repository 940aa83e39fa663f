"""How what the schema shows is fetched and done."""
