"""`python -m emorl` is the command line (`emorl.cli`)."""

from emorl.cli import run

if __name__ == "__main__":
    run()
