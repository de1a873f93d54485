"""What panels call categories and layers, in the user's language, and the layers' documentation as paragraphs."""

from __future__ import annotations

import re

from designer.app.i18n import tr
from designer.layers.base import Category, Layer
from designer.layers.registry import documentation


def category_title(category: Category) -> str:
    """What the palette calls a category."""
    titles: dict[Category, str] = {
        "io": tr("Input and output"),
        "preprocess": tr("Preprocessing"),
        "convolution": tr("Convolution"),
        "linear": tr("Fully connected"),
        "recurrent": tr("Recurrent"),
        "attention": tr("Attention"),
        "normalization": tr("Normalization"),
        "pooling": tr("Pooling"),
        "activation": tr("Activation"),
        "arithmetic": tr("Arithmetic"),
        "math": tr("Functions"),
        "reduction": tr("Sums and reductions"),
        "logic": tr("Logic and comparison"),
        "shape": tr("Shape"),
        "quantization": tr("Quantization"),
        "regularization": tr("Regularization"),
        "control": tr("Structure"),
        "loss": tr("Loss"),
    }
    return titles[category]


def first_sentence(cls: type[Layer]) -> str:
    """The sentence that says what a layer does."""
    paragraph = documentation_paragraphs(cls)[:1]
    return re.split(r"(?<=[.。])\s", paragraph[0], maxsplit=1)[0] if paragraph else ""


def documentation_paragraphs(cls: type[Layer]) -> list[str]:
    """A layer's documentation, one string per paragraph, without the line breaks of its source."""
    text = tr(documentation(cls))
    text = text.replace("`", "")  # marks of code in the source, noise on the screen
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
