"""The compiler: a graph becomes readable PyTorch source, and that text becomes the module that trains.

`source` and `names` import no torch: the window shows the code without it. `build` executes the text.
"""
