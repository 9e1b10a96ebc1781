"""The maths, said once: expressions, their readers, and the recipes written in them."""
