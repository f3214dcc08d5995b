"""Data that comes with the demo; README.md beside this file says where it is from."""
