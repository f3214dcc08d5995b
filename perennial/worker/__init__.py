"""What runs beside the pages: a job that is asked for, what recurs, work on a run that is shared, messages.

``queue``    asks workers, in the caller's transaction
``tasks``    what a worker does with what it is asked
``process``  a worker: one process, until it is asked to end
"""
