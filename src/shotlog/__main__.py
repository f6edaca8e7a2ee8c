"""``python -m shotlog``."""

from shotlog.cli.main import entry

if __name__ == "__main__":
    entry()
