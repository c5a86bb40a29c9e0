"""The job service: what people ask of jobs, and what the steps of jobs do."""
