"""What was asked: the experiment, and the files it is read from."""
