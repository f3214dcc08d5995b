"""What pages, commands and outside programs read: frozen values with dates, amounts and reasons as data."""
