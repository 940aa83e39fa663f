"""Civil servants, the posts they hold and who appraises them."""
