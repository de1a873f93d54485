"""Training: the engine in a process of its own, and the torch-free parts that start it, watch it and describe it.

`events`, `runs`, `outcomes`, `launch`, `optimizers` and `schedules` import no torch and serve the window too.
"""
