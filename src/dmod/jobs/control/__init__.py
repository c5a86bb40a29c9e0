"""The controller: what is to happen next to each job, decided from what is known, and done."""
