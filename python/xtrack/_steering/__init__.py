"""What comes back from the control plane: commands, and the knobs that they turn."""
