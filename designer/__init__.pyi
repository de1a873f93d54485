from designer.codegen.build import build as build
from designer.codegen.source import source as source
from designer.errors import NetDesignerError as NetDesignerError
from designer.graph.io import load as load
