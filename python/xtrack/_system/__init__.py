"""What the machine and the process are doing, and what they are."""
