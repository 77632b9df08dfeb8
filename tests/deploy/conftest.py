"""The launcher is a script beside the product, not a part of it: its folder is put on the path here."""

import sys

from tests.environment import ROOT

sys.path.insert(0, str(ROOT / "deploy"))
