"""dmod: Distributed Model on Demand."""
