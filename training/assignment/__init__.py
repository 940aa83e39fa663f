"""Assignment of people to training sessions, with reason and decision."""
