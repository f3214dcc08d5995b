"""Moving in and out on the pages: files that people bring, and what workers make of them.

``folder``     the folder of the files: what is brought, what is taken away, and when they go
``models``     a transfer: a file that comes in or goes out
``transfers``  what people ask of one: how it is read, a dry run, to do it, to stop it
``performing`` what a worker does with it
"""
