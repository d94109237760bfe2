"""An invented East Lancashire: children, families, what happened, and the files agencies write about them.

Nobody in it is real. Everything follows from a seed and a moment.
"""

from engage.demo.county import write_county_files
from engage.demo.files.sheets import WrittenFile
from engage.demo.files.writing import write_files
from engage.demo.invention import invent
from engage.demo.world import World

__all__ = ["World", "WrittenFile", "invent", "write_county_files", "write_files"]
