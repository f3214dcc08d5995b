"""The web application: pages that draw the read models and call the functions that commands call.

``urls``        every address, with the permission that it asks for
``middleware``  who visits, in which language, on which business date
``access``      may they? If not, who may
``answer``      a page whole, or the sections of it that have changed, with what is said of it
``pages``       a module a page
``todo``        what needs a person, row by row; ``presence``: who else is there; ``sheet``: a list as a file
``server``      what ``perennial serve`` starts
"""
