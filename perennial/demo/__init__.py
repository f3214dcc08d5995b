"""The demo: a music club of invented people, driven by what real customers did."""
