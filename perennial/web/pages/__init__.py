"""The pages, a module each: what is asked is read, one function of the desk is called, what it gives is drawn."""
