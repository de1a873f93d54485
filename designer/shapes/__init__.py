"""Shape and cost inference over a graph, and what is wrong with it. No Qt, no torch."""

from designer.shapes.analysis import Analysis, NodeFacts, analyze
from designer.shapes.fixes import Fix
from designer.shapes.problems import Problem, problems

__all__ = ["Analysis", "Fix", "NodeFacts", "Problem", "analyze", "problems"]
