"""What is asked of a server: each written once, and carried out by either transport."""
