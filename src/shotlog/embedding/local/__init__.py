"""An embedding model in this process."""
