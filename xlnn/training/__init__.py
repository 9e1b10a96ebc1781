"""Runs a recipe for epochs and gives a trace."""
