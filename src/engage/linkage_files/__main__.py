"""`python -m engage.linkage_files`: without Django, settings or a database."""

from .command_line import linkage

if __name__ == "__main__":
    linkage(prog_name="./run engage linkage")
