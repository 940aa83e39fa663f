"""Nouns, rules, tables and use cases of organisation, people, plans, evaluations and risk."""
