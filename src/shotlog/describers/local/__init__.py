"""Clips to a Qwen-VL model in this process."""
