"""What every server of a model is spoken to by: its address, one exchange, what an error means."""
