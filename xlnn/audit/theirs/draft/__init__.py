"""Drafts a map of somebody's workbook from the labels beside its blocks, and from its numbers."""
