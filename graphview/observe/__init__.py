"""What every recording needs, whatever its subject: device, time, memory, seeds, environment."""
