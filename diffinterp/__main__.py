"""`python -m diffinterp` is the command `diffinterp`, for launchers that start modules."""
import sys
from diffinterp.cli import main

if __name__ == "__main__": sys.exit(main())
