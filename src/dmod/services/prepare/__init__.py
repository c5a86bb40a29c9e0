"""From a gauge to a run package: subset, configuration, forcing and observations, in one durable go."""
