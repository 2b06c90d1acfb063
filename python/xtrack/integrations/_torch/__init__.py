"""Parts of the callbacks for PyTorch."""
