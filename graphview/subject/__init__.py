"""What graphview is pointed at: found on the command line, run as it is, recorded."""
