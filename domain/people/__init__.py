"""People: civil servants, their posts, appraisers and delegations."""
