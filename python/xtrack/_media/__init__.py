"""Pictures, sound, histograms and tables as the bytes that an event or a file carries."""
