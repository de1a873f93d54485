"""Data sets: pictures and labels as arrays, from files, folders, the network or our own generator.

`catalogue` and `previewing` serve the window and import neither torch nor numpy; `loading.load` serves the trainer.
"""
