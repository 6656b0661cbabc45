"""The library that the book derives, one small module per idea."""

__version__ = "0.1.0"
