"""The sheets that teach: walkthrough, predictions, checks and what else is made of the matrices."""
