"""The document: nodes, edges, JSON, edits. No Qt, no torch, no layers."""

from designer.graph.errors import GraphError, GraphFileError
from designer.graph.model import INPUT, OUTPUT, Body, Edge, Graph, Node

__all__ = ["INPUT", "OUTPUT", "Body", "Edge", "Graph", "GraphError", "GraphFileError", "Node"]
