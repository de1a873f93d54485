"""The compiler: a graph becomes readable PyTorch source, and that text becomes the module that trains.

`source` and `names` import no torch: the window shows the code without it. `build` executes the text.

On the way: `plan` orders the nodes of a body and names their values, `bodies` and `loops` write its statements as a
`draft`, `variants` makes one class of drafts that differ in constants (with `templates`, `parameters` and
`construction`), `classes` does so for every frame and block, and `page` lays the lines out.
"""
