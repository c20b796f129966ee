"""Step functions in float64 on the host: projected on cells, and merged pair by pair."""
