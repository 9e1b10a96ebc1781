"""Why a cell is wrong: what was done instead of its step, and where wrong numbers begin."""
