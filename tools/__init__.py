"""Scripts for those who work on the book; `make help` lists the commands."""
