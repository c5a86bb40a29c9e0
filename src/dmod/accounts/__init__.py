"""Who uses the job and data service: users, their tokens, what each may do, and a record of what they did."""
