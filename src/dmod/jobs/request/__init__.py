"""What people ask for: one validated document."""
