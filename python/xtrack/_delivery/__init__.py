"""The way from an event to its ack: the spool on disk, the sender and its connections, checksums, and what is left of a killed process."""
