"""Callbacks for the frameworks that train: one module each, which imports its framework and nothing of the others."""
