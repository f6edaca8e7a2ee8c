"""Clips to an OpenAI-style chat endpoint: what it is, what it takes, what it refuses."""
